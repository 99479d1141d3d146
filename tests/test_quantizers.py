"""Quantizers against real Keras, and what they refuse."""

import numpy as np
import pytest

from nbkeras import quantizers
from tests.closeness import assert_close
from tests.references.measure import measure_function
from tests.references.rows import expected, ours, rows  # noqa: F401  (fixture)


@rows("quantizers")
def test_equals_keras(table, case, ours):  # noqa: F811
    facts, result = expected(table, case), measure_function(ours, case)
    assert result.keys() == facts.keys()
    for name in result:
        assert_close(result[name], facts[name], name) if name != "config" else assert_configs(result[name], facts[name])


def assert_configs(ours, keras):  # noqa: F811
    assert ours == keras


def test_round_trips():
    for quantizer in (quantizers.AbsMaxQuantizer(axis=(0, 1), epsilon=1e-3), quantizers.Quantizer("int4")):
        twin = quantizers.deserialize(quantizers.serialize(quantizer))
        assert twin.get_config() == quantizer.get_config()
    assert isinstance(quantizers.get("AbsMaxQuantizer", axis=0), quantizers.AbsMaxQuantizer)
    assert quantizers.get(None) is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: quantizers.pack_int4(np.int8([1]), dtype="int4"), ValueError, "'int8' or 'uint8', got dtype='int4'"),
        (lambda: quantizers.pack_int4(np.int32([1])), TypeError, "expects an array of int8, got one of int32"),
        (lambda: quantizers.unpack_int4(np.int32([1]), 2), TypeError, "int8 or uint8, got one of int32"),
        (
            lambda: quantizers.quantize_and_dequantize(np.ones(2), 1.0, "float8", "float32"),
            ValueError,
            "quantized_dtype is one of 'float8_e4m3fn', 'float8_e5m2', not 'float8'",
        ),
        (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 200)), ValueError, "within [-128, 127]"),
        (lambda: quantizers.get("AbsMaxQuantiser"), ValueError, "did you mean 'AbsMaxQuantizer'?"),
        (lambda: quantizers.get(3), ValueError, "expects a name, a configuration or a callable, got 3"),
        (lambda: quantizers.Int8QuantizationConfig(), NotImplementedError, "quantizers.abs_max_quantize"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
