"""Quantizers: integers, scales and, where floats go through, gradients."""

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import given, integers, normal, uniform


def of(name, *args, **options):
    """The function of that name, of arrays, with further arguments."""
    return lambda k: (
        lambda *arrays: getattr(k.quantizers, name)(
            *[k.ops.convert_to_tensor(array) for array in arrays], *args, **options
        )
    )


def case(label, name, inputs, *args, **options):
    return Case(f"{name} {label}".strip(), of(name, *args, **options), inputs, gradients=False)


def fake(label, inputs, **options):
    return Case(f"fake_quant {label}", of("fake_quant_with_min_max_vars", **options), inputs, smooth=False)


GROUPED = "abs_max_quantize_grouped_with_zero_point"
ENDS = [given(-1.0), given(1.3)]
CHANNELS = [uniform(5, low=-2.0, high=-0.5), uniform(5, low=0.5, high=2.0)]
INT4 = given([[1, -8, 7], [0, -1, 3], [-5, 2, 6]], "int8")

CASES = [
    case("last axis", "abs_max_quantize", [(7, 5)], -1),
    case("all axes", "abs_max_quantize", [(7, 5)], (0, 1), value_range=(-7, 7), epsilon=1e-3),
    *(case(f"{size} rows", GROUPED, [(7, 5)], size) for size in (3, 7, 8)),
    case("flat block", GROUPED, [given([[1.0, 2.0], [1.0, 3.0]])], 2),
    *(case(f"axis {axis}", "pack_int4", [INT4], axis) for axis in (0, 1, -1)),
    case("unsigned", "pack_int4", [integers(5, 4, high=16, dtype="uint8")], dtype="uint8"),
    case("", "unpack_int4", [integers(3, 4, high=100, dtype="int8")], 5),
    case("axis 1", "unpack_int4", [integers(3, 4, high=100, dtype="int8")], 8, 1),
    case("unsigned", "unpack_int4", [integers(3, 4, high=255, dtype="uint8")], 6, dtype="uint8"),
    fake("", [(7, 5), *ENDS]),
    fake("4 bits", [(7, 5), *ENDS], num_bits=4),
    fake("narrow", [(7, 5), *ENDS], narrow_range=True),
    fake("by channel", [(7, 5), *CHANNELS], axis=1),
    case("", "compute_float8_amax_history", [(7, 5), normal(4)]),
    *(
        case(str(value), "compute_float8_scale", [given(value), given(0.5)], 448.0, margin=1)
        for value in (2.0, 0.0, float("inf"))
    ),
    case("e4m3", "quantize_and_dequantize", [(7, 5), given(0.01)], "float8_e4m3fn", "float32"),
    case("e5m2", "quantize_and_dequantize", [(7, 5), given(0.01)], "float8_e5m2", "float32"),
    Case(
        "AbsMaxQuantizer",
        lambda k: k.quantizers.AbsMaxQuantizer(axis=0, value_range=(-7, 7)),
        [(7, 5)],
        gradients=False,
        config=True,
    ),
]
