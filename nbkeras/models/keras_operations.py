"""How Keras writes an op in a graph: as an object of a class, made with the op's settings and called on its tensors.

Here an op is a function; its settings are the rest of its arguments.
"""

import importlib
import inspect
from functools import cache
from typing import Any

from nbkeras.operators import OPS

__all__ = ["as_tuple", "call_of", "settings_of"]

# By the file of Keras that has them, classes with the arguments of their call and, after the bar, of their constructor.
CLASSES = {
    "core": """
        Cast(x | dtype); SaturateCast(x | dtype); Scatter(indices values | shape);
        ScatterUpdate(inputs indices updates | reduction); Slice(inputs start_indices | shape);
        SliceUpdate(inputs start_indices updates); StopGradient(variable); Unstack(x | num axis)
    """,
    "image": """
        AffineTransform(images transform | interpolation fill_mode fill_value data_format);
        CropImages(images | top_cropping left_cropping bottom_cropping right_cropping target_height target_width
            data_format);
        ElasticTransform(images | alpha sigma interpolation fill_mode fill_value seed data_format);
        ExtractPatches(images | size strides dilation_rate padding data_format);
        GaussianBlur(images | kernel_size sigma data_format); HSVToRGB(images | data_format);
        MapCoordinates(inputs coordinates | order fill_mode fill_value);
        PadImages(images | top_padding left_padding bottom_padding right_padding target_height target_width
            data_format);
        PerspectiveTransform(images start_points end_points | interpolation fill_value data_format);
        RGBToGrayscale(images | data_format); RGBToHSV(images | data_format);
        Resize(images | size interpolation antialias data_format fill_mode fill_value crop_to_aspect_ratio
            pad_to_aspect_ratio);
        SSIM(image1 image2 | max_val filter_size filter_sigma k1 k2 data_format);
        ScaleAndTranslate(images output_shape scale translation | spatial_dims method antialias);
        SobelEdges(images | data_format)
    """,
    "linalg": """
        Cholesky(x | upper); CholeskyInverse(x | upper); Det(x); Eig(x); Eigh(x); Inv(x); Lstsq(a b | rcond);
        MatrixRank(x | tol); Norm(x | ord axis keepdims); Pinv(x | rcond); Qr(x | mode);
        SVD(x | full_matrices compute_uv); Solve(a b); SolveTriangular(a b | lower)
    """,
    "math": """
        CDist(x y); Erf(x); Erfc(x); Erfinv(x); ExtractSequences(x | sequence_length sequence_stride);
        InTopK(targets predictions | k); Logdet(x); Logsumexp(x | axis keepdims); Rsqrt(x);
        SegmentMax(data segment_ids | num_segments sorted); SegmentMin(data segment_ids | num_segments sorted);
        SegmentProd(data segment_ids | num_segments sorted); SegmentSum(data segment_ids | num_segments sorted);
        TopK(x | k sorted)
    """,
    "nn": """
        AdaptiveAveragePool(inputs | output_size data_format); AdaptiveMaxPool(inputs | output_size data_format);
        AveragePool(inputs | pool_size strides padding data_format); BinaryCrossentropy(target output | from_logits);
        CTCLoss(target output target_length output_length | mask_index);
        CategoricalCrossentropy(target output | from_logits axis); Celu(x | alpha);
        Conv(inputs kernel | strides padding data_format dilation_rate);
        ConvTranspose(inputs kernel | strides padding output_padding data_format dilation_rate);
        DepthToSpace(x | block_size data_format);
        DepthwiseConv(inputs kernel | strides padding data_format dilation_rate);
        DotProductAttention(query key value bias mask scale | is_causal flash_attention attn_logits_soft_cap);
        Elu(x | alpha); Gelu(x | approximate); Glu(x | axis); HardShrink(x | threshold); HardSigmoid(x); HardSilu(x);
        HardTanh(x); LeakyRelu(x | negative_slope); LogSigmoid(x); LogSoftmax(x | axis);
        MaxPool(inputs | pool_size strides padding data_format); Moments(x | axes keepdims synchronized);
        MultiHot(inputs | num_classes axis dtype sparse); Normalize(x | axis order epsilon);
        OneHot(x | num_classes axis dtype sparse); PSNR(x1 x2 | max_val); Relu(x); Relu6(x); Selu(x);
        SeparableConv(inputs depthwise_kernel pointwise_kernel | strides padding data_format dilation_rate); Sigmoid(x);
        Silu(x); SoftShrink(x | threshold); Softmax(x | axis); Softplus(x); Softsign(x);
        SpaceToDepth(x | block_size data_format); SparseCategoricalCrossentropy(target output | from_logits axis);
        SparsePlus(x); SparseSigmoid(x); Sparsemax(x | axis); Squareplus(x | b); TanhShrink(x);
        Threshold(x | threshold default_value)
    """,
    "numpy": """
        Absolute(x); Add(x1 x2); All(x | axis keepdims); AllClose(x1 x2 | rtol atol equal_nan); Angle(x);
        Any(x | axis keepdims); Append(x1 x2 | axis); Arange(start stop step | dtype); Arccos(x); Arccosh(x); Arcsin(x);
        Arcsinh(x); Arctan(x); Arctan2(x1 x2); Arctanh(x); Argmax(x | axis keepdims); Argmin(x | axis keepdims);
        Argpartition(x | kth axis); Argsort(x | axis); Array(x | dtype); ArraySplit(x | indices_or_sections axis);
        Average(x weights | axis); Bincount(x | weights minlength sparse); BitwiseAnd(x y); BitwiseNot(x);
        BitwiseOr(x y); BitwiseXor(x y); BroadcastTo(x | shape); Cbrt(x); Ceil(x); Clip(x | x_min x_max);
        Concatenate(xs | axis); Conj(x); Copy(x); Corrcoef(x); Correlate(x1 x2 | mode); Cos(x); Cosh(x);
        CountNonzero(x | axis); Cross(x1 x2 | axisa axisb axisc axis); Cumprod(x | axis dtype); Cumsum(x | axis dtype);
        Deg2rad(x); Diag(x | k); Diagflat(x | k); Diagonal(x | offset axis1 axis2); Diff(a | n axis); Digitize(x bins);
        DivideNoNan(x1 x2); Dot(x1 x2); Dsplit(x | indices_or_sections); Dstack(xs);
        Einsum(operands kwargs | subscripts); EmptyLike(x | dtype); Equal(x1 x2); Exp(x); Exp2(x); ExpandDims(x | axis);
        Expm1(x); Fabs(x); Flip(x | axis); Fliplr(x); Flipud(x); Floor(x); FloorDivide(x1 x2); Fmax(x1 x2); Fmin(x1 x2);
        Fmod(x1 x2); Full(fill_value | shape dtype); FullLike(x fill_value | dtype); Gcd(x1 x2);
        Geomspace(start stop | num endpoint dtype axis); GetItem(x key); Greater(x1 x2); GreaterEqual(x1 x2);
        Heaviside(x1 x2); Histogram(x | bins range); Hsplit(x | indices_or_sections); Hstack(xs); Hypot(x1 x2); Imag(x);
        Inner(x1 x2); IsIn(x1 x2 | assume_unique invert); Isclose(x1 x2 rtol atol | equal_nan); Isfinite(x); Isinf(x);
        Isnan(x); Isneginf(x); Isposinf(x); Isreal(x); Kron(x1 x2); Lcm(x1 x2); Ldexp(x1 x2); LeftShift(x y);
        Less(x1 x2); LessEqual(x1 x2); Linspace(start stop | num endpoint retstep dtype axis); Log(x); Log10(x);
        Log1p(x); Log2(x); Logaddexp(x1 x2); Logaddexp2(x1 x2); LogicalAnd(x1 x2); LogicalNot(x); LogicalOr(x1 x2);
        LogicalXor(x1 x2); Logspace(start stop | num endpoint base dtype axis); Matmul(x1 x2);
        Max(x | axis keepdims initial); Maximum(x1 x2); Mean(x | axis keepdims); Median(x | axis keepdims);
        Meshgrid(x | indexing); Min(x | axis keepdims initial); Minimum(x1 x2); Mod(x1 x2);
        Moveaxis(x | source destination); Multiply(x1 x2); NanToNum(x | nan posinf neginf);
        Nanargmax(x | axis keepdims); Nanargmin(x | axis keepdims); Nancumprod(x | axis dtype);
        Nancumsum(x | axis dtype); Nanmax(x | axis keepdims); Nanmean(x | axis keepdims); Nanmedian(x | axis keepdims);
        Nanmin(x | axis keepdims); Nanpercentile(x q | axis method keepdims); Nanprod(x | axis keepdims);
        Nanquantile(x q | axis method keepdims); Nanstd(x | axis keepdims); Nansum(x | axis keepdims);
        Nanvar(x | axis keepdims); Negative(x); Nextafter(x1 x2); Nonzero(x); NotEqual(x1 x2); OnesLike(x | dtype);
        Outer(x1 x2); Pad(x constant_values | pad_width mode); Percentile(x q | axis method keepdims); Power(x1 x2);
        Prod(x | axis keepdims dtype); Ptp(x | axis keepdims); Quantile(x q | axis method keepdims); Rad2deg(x);
        Ravel(x); Real(x); Reciprocal(x); Repeat(x | repeats axis); Reshape(x | newshape); RightShift(x y);
        Roll(x | shift axis); Rot90(array | k axes); Round(x | decimals); SearchSorted(sorted_sequence values | side);
        Select(condlist choicelist default); Sign(x); Signbit(x); Sin(x); Sinc(x); Sinh(x); Slogdet(x); Sort(x | axis);
        Split(x | indices_or_sections axis); Sqrt(x); Square(x); Squeeze(x | axis); Stack(x | axis);
        Std(x | axis keepdims); Subtract(x1 x2); Sum(x | axis keepdims); Swapaxes(x | axis1 axis2);
        Take(x indices | axis); TakeAlongAxis(x indices | axis); Tan(x); Tanh(x); Tensordot(x1 x2 | axes);
        Tile(x | repeats); Trace(x | offset axis1 axis2); Transpose(x | axes); Trapezoid(y | x dx axis); Tril(x | k);
        Triu(x | k); TrueDivide(x1 x2); Trunc(x);
        Unique(x | sorted return_index return_inverse return_counts axis size fill_value);
        UnravelIndex(indices | shape); Vander(x | N increasing); Var(x | axis keepdims); Vdot(x1 x2);
        Vsplit(x | indices_or_sections); Vstack(xs); Where(condition x1 x2); ZerosLike(x | dtype)
    """,
}


@cache
def _by_op() -> dict[str, tuple[str, str, list[str], list[str]]]:
    """By the name of an op: Keras' file, its class, the arguments of the call, the settings."""
    importlib.import_module("nbkeras.ops.image")  # the ops that come only when asked for
    found = {}
    names = {op.replace("_", ""): op for op in OPS}
    for file, text in CLASSES.items():
        for entry in text.split(";"):
            name, _, arguments = entry.strip().removesuffix(")").partition("(")
            tensors, _, settings = arguments.partition("|")
            if name.lower() in names:
                found[names[name.lower()]] = (f"keras.src.ops.{file}", name, tensors.split(), settings.split())
    return found


@cache
def _by_class() -> dict[str, str]:
    return {name: op for op, (_, name, _, _) in _by_op().items()}


def settings_of(op: str, args: Any, kwargs: Any) -> tuple[str, str, dict[str, Any], list[Any]] | None:
    """Keras' module and class for a call of an op, its settings and its tensors; `None` if it has no such class."""
    if op not in _by_op():
        return None
    module, name, tensors, settings = _by_op()[op]
    bound = inspect.signature(OPS[op]).bind(*args, **kwargs)
    if not bound.arguments.keys() <= {*tensors, *settings}:
        return None
    bound.apply_defaults()
    return module, name, {key: bound.arguments[key] for key in settings}, [bound.arguments[key] for key in tensors]


def call_of(name: str, settings: dict[str, Any], args: Any, kwargs: Any) -> Any:
    """What an op returns that Keras writes as class `name`, called on tensors.

    Raises:
        ValueError: for a class that no op is known for.
    """
    if name not in _by_class():
        raise ValueError(f"unknown op '{name}'")
    op = _by_class()[name]
    _, _, tensors, known = _by_op()[op]
    given = {key: as_tuple(settings[key]) for key in known if key in settings}
    given.update({**dict(zip(tensors, args)), **kwargs})
    if op == "getitem":
        given["key"] = as_tuple(given["key"])
    parameters = list(inspect.signature(OPS[op]).parameters.values())
    last = max(place for place, p in enumerate(parameters) if p.name in tensors and p.name in given)
    by_place = [given.pop(p.name, p.default) for p in parameters[: last + 1]]
    return OPS[op](*by_place, **given)


def as_tuple(value: Any) -> Any:
    """A list as the tuple that it was: JSON has none."""
    return tuple(map(as_tuple, value)) if isinstance(value, list) else value
