"""What image layers do with given transformations, to images, labels, boxes and masks; and functions of boxes."""

import numpy as np

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import given, integers, one_hot, uniform

SHAPE = (2, 8, 8, 3)
photos = uniform(*SHAPE, high=255.0)
masks = integers(2, 8, 8, 1, high=5)
boxes = given([[[1.0, 2.0, 4.0, 5.0], [3.0, 0.0, 7.5, 3.0]], [[0.5, 4.5, 2.0, 7.0], [5.0, 5.0, 6.0, 6.5]]])
labels = given([[1, 2], [3, 4]], "int32")
flags = [True, False]


def column(*values):
    return np.float32(values).reshape(-1, 1, 1, 1)


def images(name, build, transformation):
    """A row: `transform_images` of what `build(k)` makes."""
    return Case(name, lambda k: lambda x: build(k).transform_images(x, _fresh(k, transformation)), [photos])


def called(name, build, inputs=photos):
    """A row: a call in training of a layer whose range of chance is a point."""
    return Case(f"{name} called", lambda k: lambda x: build(k)(x, training=True), [inputs])


def moved_masks(name, build, transformation):
    def function(k):
        return lambda x: build(k).transform_segmentation_masks(x, _fresh(k, transformation))

    return Case(f"{name} of masks", function, [masks], gradients=False)


def moved_boxes(name, build, transformation, these=boxes):
    def function(k):
        return lambda x, y: build(k).transform_bounding_boxes({"boxes": x, "labels": y}, _fresh(k, transformation))

    return Case(f"{name} of boxes", function, [these, labels], gradients=False)


def all_parts(name, build, transformation):
    return [part(name, build, transformation) for part in (images, moved_masks, moved_boxes)]


def _fresh(k, transformation):
    """The transformation with its arrays as tensors."""
    if isinstance(transformation, dict):
        return {key: _fresh(k, value) for key, value in transformation.items()}
    return k.ops.convert_to_tensor(transformation) if isinstance(transformation, np.ndarray) else transformation


FLIPS = {"flips": np.array(flags).reshape(-1, 1, 1, 1), "input_shape": SHAPE}
SHIFTS = {"translations": np.float32([[1.3, -2.2], [-0.6, 1.7]]), "input_shape": SHAPE}
ZOOMS = {
    "height_zoom": np.float32([[0.7], [1.2]]),
    "width_zoom": np.float32([[0.8], [1.45]]),
    "input_shape": SHAPE,
}
corner_points = np.float32([[[0, 0], [7, 0], [0, 7], [7, 7]]] * 2)
SEEN = {
    "apply_perspective": np.array([True, True]),
    "start_points": corner_points,
    "end_points": corner_points + np.float32([[[0.5, 0.3], [-0.4, 0.6], [0.2, -0.7], [-0.3, -0.4]]] * 2),
    "input_shape": SHAPE,
}
CUT = {
    "permutation_order": np.array([1, 0], "int32"),
    "batch_masks": np.broadcast_to((np.arange(8) < 5).reshape(1, 8, 1, 1), SHAPE).copy(),
    "mix_weight": column(0.375, 0.375),
}
MIXED = {"permutation_order": np.array([1, 0], "int32"), "mix_weight": np.float32([0.3, 0.8])}
SLANT_X = {"shear_factor": np.float32([[0.2, 0.0], [-0.3, 0.0]]), "input_shape": SHAPE}
SLANT = {"shear_factor": np.float32([[0.2, 0.1], [-0.3, 0.15]]), "input_shape": SHAPE}

first = uniform(2, 3, 6, 5, high=255.0)
shares = uniform(2, 6, 5, 3)
CALLED = [
    called("resizing crop", lambda k: k.layers.Resizing(4, 4, crop_to_aspect_ratio=True, antialias=True)),
    called("center crop of less", lambda k: k.layers.CenterCrop(10, 5)),
    called("auto contrast", lambda k: k.layers.AutoContrast()),
    called("equalization", lambda k: k.layers.Equalization(), uniform(1, 6, 5, 3, high=255.0)),
    called(
        "equalization options",
        lambda k: k.layers.Equalization(value_range=(0, 1), bins=16, data_format="channels_first"),
        uniform(1, 2, 6, 5),
    ),
    called(
        "clahe",
        lambda k: k.layers.ContrastLimitedAdaptiveHistogramEqualization(clip_limit=2.0, tile_grid_size=(2, 3)),
        uniform(2, 9, 11, 2, high=255.0),
    ),
    called("brightness", lambda k: k.layers.RandomBrightness((-0.3, -0.3))),
    called("contrast", lambda k: k.layers.RandomContrast((0.0, 0.0))),
    called("degeneration", lambda k: k.layers.RandomColorDegeneration((0.3, 0.3))),
    called("grayscale", lambda k: k.layers.RandomGrayscale(1.0, data_format="channels_first"), first),
    called("saturation", lambda k: k.layers.RandomSaturation((0.4, 0.4))),
    called("saturation of shares", lambda k: k.layers.RandomSaturation((0.7, 0.7), value_range=(0, 1)), shares),
    called(
        "color jitter",
        lambda k: k.layers.RandomColorJitter(brightness_factor=(0.1, 0.1), saturation_factor=(0.3, 0.3)),
    ),
    called("invert", lambda k: k.layers.RandomInvert((1.0, 1.0))),
    called("posterization", lambda k: k.layers.RandomPosterization((3, 3))),
    called("solarization", lambda k: k.layers.Solarization()),
    called("sharpness", lambda k: k.layers.RandomSharpness((0.9, 0.9))),
    called("blur", lambda k: k.layers.RandomGaussianBlur((1.0, 1.0), kernel_size=(3, 5), sigma=(0.7, 0.7))),
    called(
        "rotation",
        lambda k: k.layers.RandomRotation((-0.2, -0.2), "constant", fill_value=7.0, data_format="channels_first"),
        first,
    ),
    called("translation", lambda k: k.layers.RandomTranslation((0.21, 0.21), (-0.33, -0.33))),
    called("translation wrapped", lambda k: k.layers.RandomTranslation((0.21, 0.21), (0.4, 0.4), "wrap")),
    called("zoom", lambda k: k.layers.RandomZoom((0.23, 0.23))),
    called("zoom of each side", lambda k: k.layers.RandomZoom((-0.3, -0.3), (0.17, 0.17), "nearest")),
    called("perspective", lambda k: k.layers.RandomPerspective(scale=0.0)),
    called("erasing", lambda k: k.layers.RandomErasing((1.0, 1.0), (1.0, 1.0), fill_value=20)),
]
LAYERS = [
    images("brightness", lambda k: k.layers.RandomBrightness(0.5), {"rgb_delta": column(-30, 41)}),
    images("contrast", lambda k: k.layers.RandomContrast(0.5), {"contrast_factor": column(0.6, 1.4)}),
    images("degeneration", lambda k: k.layers.RandomColorDegeneration(0.5), {"factor": column(0.2, 0.9)}),
    images("grayscale", lambda k: k.layers.RandomGrayscale(), np.array(flags).reshape(-1, 1, 1, 1)),
    images("hue", lambda k: k.layers.RandomHue(0.5), {"factor": np.float32([0.13, -0.42])}),
    images("invert", lambda k: k.layers.RandomInvert(), {"apply_inversion": np.array(flags)}),
    images("posterization", lambda k: k.layers.RandomPosterization(3), {"shift_factor": np.array([3, 6], "uint8")}),
    images("saturation", lambda k: k.layers.RandomSaturation(0.5), {"factor": np.float32([0.3, 0.8])}),
    images("sharpness", lambda k: k.layers.RandomSharpness(0.5), {"factor": np.float32([0.1, 0.8])}),
    images(
        "solarization",
        lambda k: k.layers.Solarization(0.5, 0.5),
        {"additions": column(11, 3), "thresholds": column(150, 50)},
    ),
    images(
        "blur",
        lambda k: k.layers.RandomGaussianBlur(kernel_size=5),
        {"should_apply_blur": np.array(flags), "blur_factor": np.float32([0.6, 0.9])},
    ),
    images(
        "erasing",
        lambda k: k.layers.RandomErasing(),
        {"apply_erasing": np.array(flags), "batch_masks": CUT["batch_masks"], "fill_value": column(9, 8)},
    ),
    *all_parts("flip", lambda k: k.layers.RandomFlip("horizontal", bounding_box_format="xyxy"), FLIPS),
    *all_parts("flip both", lambda k: k.layers.RandomFlip(bounding_box_format="rel_xywh"), FLIPS)[:2],
    moved_boxes("flip vertical", lambda k: k.layers.RandomFlip("vertical", bounding_box_format="yxyx"), FLIPS),
    *all_parts("translation", lambda k: k.layers.RandomTranslation(0.5, 0.5, bounding_box_format="xyxy"), SHIFTS),
    *all_parts("zoom", lambda k: k.layers.RandomZoom(0.5, bounding_box_format="yxyx"), ZOOMS),
    images("shear", lambda k: k.layers.RandomShear(0.5, 0.5), SLANT),
    moved_masks("shear", lambda k: k.layers.RandomShear(0.5, 0.5), SLANT),
    moved_boxes("shear", lambda k: k.layers.RandomShear(0.5, 0.5, bounding_box_format="xyxy"), SLANT_X),
    images("perspective", lambda k: k.layers.RandomPerspective(), SEEN),
    moved_boxes("perspective", lambda k: k.layers.RandomPerspective(bounding_box_format="xyxy"), SEEN),
    images("cut mix", lambda k: k.layers.CutMix(), CUT),
    images("mix up", lambda k: k.layers.MixUp(), MIXED),
    *[
        Case(
            f"{name} of labels",
            lambda k, layer=layer, t=t: lambda x: getattr(k.layers, layer)().transform_labels(x, _fresh(k, t)),
            [one_hot(2, 4)],
        )
        for name, layer, t in (("cut mix", "CutMix", CUT), ("mix up", "MixUp", MIXED))
    ],
    moved_boxes("resizing", lambda k: k.layers.Resizing(16, 4, bounding_box_format="xywh"), SHAPE[1:3]),
    moved_boxes(
        "resizing pad",
        lambda k: k.layers.Resizing(8, 16, pad_to_aspect_ratio=True, bounding_box_format="center_xywh"),
        SHAPE[1:3],
    ),
    moved_boxes(
        "resizing crop",
        lambda k: k.layers.Resizing(4, 8, crop_to_aspect_ratio=True, bounding_box_format="xyxy"),
        SHAPE[1:3],
    ),
    moved_boxes("center crop", lambda k: k.layers.CenterCrop(4, 6, bounding_box_format="xyxy"), {"input_shape": SHAPE}),
    moved_boxes(
        "center crop of less", lambda k: k.layers.CenterCrop(6, 12, bounding_box_format="xyxy"), {"input_shape": SHAPE}
    ),
    *[
        moved_boxes(f"max num {n}", lambda k, n=n: k.layers.MaxNumBoundingBoxes(n, bounding_box_format="xyxy"), None)
        for n in (1, 4)
    ],
]


def utility(name, call, *inputs, gradients=True):
    return Case(name, lambda k: lambda *arrays: call(k.utils.bounding_boxes, *arrays), list(inputs), gradients)


FORMATS = "xyxy yxyx xywh center_xywh center_yxhw rel_xyxy rel_yxyx rel_xywh rel_center_xywh".split()
anchors = given([[0.0, 1.0, 3.0, 6.0], [2.0, 2.0, 7.0, 5.0]])
angles = given([20.0, -70.0])
numbers = [given(v) for v in ([0.1, -0.2], [0.05, 0.3], [1.2, 0.8], [10.0, -5.0], [3.0, 8.0])]
BOXES = [
    *[utility(f"to {f}", lambda u, b, f=f: u.convert_format(b, "xyxy", f, 6, 9), boxes) for f in FORMATS],
    *[utility(f"from {f}", lambda u, b, f=f: u.convert_format(b, f, "xyxy", 6, 9), boxes) for f in FORMATS],
    utility("rel to rel", lambda u, b: u.convert_format(b, "rel_xyxy", "rel_center_xywh", 6, 9), boxes),
    utility("iou", lambda u, a, b: u.compute_iou(a, b, "xyxy"), anchors, boxes),
    utility("iou of batches", lambda u, a, b: u.compute_iou(a, b, "xywh"), uniform(2, 3, 4, high=5.0), boxes),
    utility(
        "iou masked",
        lambda u, a, b: u.compute_iou(a, b, "xyxy", use_masking=True, mask_val=-2),
        given([[0.0, 1.0, 3.0, 6.0], [-1.0, -1.0, -1.0, -1.0]]),
        anchors,
    ),
    utility("iou relative", lambda u, a, b: u.compute_iou(a, b, "rel_xyxy", image_shape=(8, 9, 3)), anchors, anchors),
    utility("ciou", lambda u, a, b: u.compute_ciou(a, b, "xyxy"), anchors, uniform(2, 4, high=5.0)),
    utility(
        "clip",
        lambda u, b, n: u.clip_to_image_size({"boxes": b, "labels": n}, 5, 4),
        boxes,
        labels,
        gradients=False,
    ),
    utility(
        "clip relative",
        lambda u, b, n: u.clip_to_image_size({"boxes": b, "labels": n}, bounding_box_format="rel_xyxy"),
        given([[-0.5, 0.2, 0.7, 1.4], [1.1, 0.2, 1.4, 0.5]]),
        given([3, 4], "int32"),
        gradients=False,
    ),
    utility("affine", lambda u, b, a, *rest: u.affine_transform(b, a, *rest, 8, 9), boxes, angles, *numbers),
    utility("crop", lambda u, b: u.crop(b, 1.1, 2.3, 4.2, 3.1), boxes),
    utility("pad", lambda u, b: u.pad(b, 1, 2), boxes),
    utility("encode", lambda u, a, b: u.encode_box_to_deltas(a, b, "xyxy", "xyxy"), anchors, boxes),
    utility(
        "encode options",
        lambda u, a, b: u.encode_box_to_deltas(
            a, b, "rel_xyxy", "xywh", "center_xywh", [0.1, 0.1, 0.2, 0.2], (8, 9, 3)
        ),
        anchors,
        boxes,
    ),
    utility(
        "decode",
        lambda u, a, d: u.decode_deltas_to_boxes(a, d, "xyxy", "xywh", variance=[0.1, 0.1, 0.2, 0.2]),
        anchors,
        uniform(2, 2, 4, low=-1.0),
    ),
]
CASES = [*CALLED, *LAYERS, *BOXES]
