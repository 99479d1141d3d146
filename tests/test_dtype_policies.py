"""Dtype policies: names, maps, mixed precision in layers, models and training."""

import numpy as np
import pytest

import nbkeras
from nbkeras import config, dtype_policies, layers, mixed_precision, ops, optimizers
from nbkeras.backends import use_backend


@pytest.fixture(autouse=True)
def usual_policy():
    yield
    mixed_precision.set_global_policy("float32")


def data():
    x = np.random.RandomState(0).uniform(-1, 1, (32, 6)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


@pytest.fixture
def bfloat16_by_default():
    config.set_floatx("bfloat16")
    yield
    config.set_floatx("float32")


def test_numpy_computes_bfloat16_in_float32(bfloat16_by_default):
    layer = layers.Dense(2)
    outputs = layer(layers.Input((3,)))
    found = [outputs, layer.kernel, layer(np.ones((1, 3))), ops.ones(2), ops.cast(np.ones(2), "bfloat16")]
    assert {str(x.dtype) for x in found} == {"float32"}


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
def test_a_policy_by_name(name, compute, variable):
    policy = dtype_policies.get(name)
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
    assert repr(policy) == f'<DTypePolicy "{name}">'
    assert policy.quantization_mode is None
    twin = dtype_policies.deserialize(dtype_policies.serialize(policy))
    assert twin == policy == dtype_policies.FloatDTypePolicy(name)
    assert hash(twin) == hash(policy)
    assert dtype_policies.get(policy) is policy
    assert dtype_policies.get(dtype_policies.serialize(policy)) == policy


def test_the_policy_of_all_layers():
    assert config.dtype_policy().name == "float32"
    config.set_dtype_policy("mixed_float16")
    assert mixed_precision.global_policy() == mixed_precision.Policy("mixed_float16") == nbkeras.DTypePolicy()
    layer, other = layers.Dense(2), layers.Dense(2, dtype="float32")
    assert layer.dtype_policy.name == "mixed_float16"
    assert (layer.compute_dtype, layer.variable_dtype) == ("float16", "float32")
    plain = other.compute_dtype, nbkeras.losses.MeanSquaredError().dtype, nbkeras.metrics.Mean().dtype
    assert plain == ("float32",) * 3
    assert layer.get_config()["dtype"]["config"] == {"name": "mixed_float16"}
    assert layers.Dense.from_config(layer.get_config()).dtype_policy == layer.dtype_policy


def test_inputs_are_converted():
    policy = dtype_policies.DTypePolicy("mixed_float16")
    assert policy.convert_input(np.ones(2, "float32"), True, "float16").dtype == np.float16
    assert policy.convert_input(np.ones(2, "float32"), False, "float16").dtype == np.float32
    assert policy.convert_input(np.ones(2, "int32"), True, "float16").dtype == np.int32
    assert policy.convert_input("text", True, "float16") == "text"


def test_a_layer_computes_in_float16_and_keeps_float32():
    layer = layers.Dense(3, dtype="mixed_float16", activation="relu")
    x = data()[0]
    y = layer(x)
    assert (y.dtype, layer.kernel.dtype, layer.kernel.numpy().dtype) == (np.float16, "float32", np.float32)
    expected = np.maximum(x.astype("float16") @ layer.kernel.numpy().astype("float16"), 0)
    np.testing.assert_allclose(y, expected, rtol=2e-3, atol=1e-3)


def test_a_float32_layer_within_reads_its_weights_in_full():
    class Pair(layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_float16")
            self.inner = layers.Dense(2, dtype="float32", use_bias=False)

        def call(self, x):
            return self.inner(x)

    layer = Pair()
    x = np.float32([[1.0, 1.0]])
    layer(x)
    layer.inner.kernel.assign(np.float32([[1.0001, 1e-7], [0.0, 0.0]]))  # neither is a float16
    np.testing.assert_array_equal(layer(x), np.float32([[1.0001, 1e-7]]))


def test_moving_averages_stay_in_float32():
    layer = layers.BatchNormalization(dtype="mixed_float16")
    y = layer(1000 * data()[0], training=True)
    assert (y.dtype, layer.moving_variance.dtype) == (np.float16, "float32")
    plain = layers.BatchNormalization()
    plain(1000 * data()[0].astype("float16").astype("float32"), training=True)
    np.testing.assert_allclose(layer.moving_variance.numpy(), plain.moving_variance.numpy(), rtol=1e-2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("backend", ["numpy", pytest.param("jax", marks=pytest.mark.jax)])
def test_training(policy, backend):
    config.set_dtype_policy(policy)
    nbkeras.set_seed(1)
    with use_backend(backend):
        head = layers.Dense(1), layers.Activation("linear", dtype="float32")
        model = nbkeras.Sequential([nbkeras.Input((6,)), layers.Dense(8, activation="tanh"), *head])
        model.compile(optimizers.Adam(0.03), "mse")
        history = model.fit(*data(), epochs=15, verbose=0).history["loss"]
    assert type(model.optimizer) is (optimizers.LossScaleOptimizer if policy == "mixed_float16" else optimizers.Adam)
    assert history[-1] < 0.2 * history[0]
    assert model.predict(data()[0], verbose=0).dtype == np.float32
    assert {w.dtype for w in model.weights} == {"float32"}


def test_loss_scaling_can_be_left_out():
    config.set_dtype_policy("mixed_float16")
    model = nbkeras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert type(model.optimizer) is optimizers.SGD


def test_a_saved_model_keeps_its_policies(tmp_path):
    model = nbkeras.Sequential([nbkeras.Input((6,)), layers.Dense(2, dtype="mixed_float16"), layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    again = nbkeras.models.load_model(tmp_path / "m.keras")
    assert [layer.dtype_policy.name for layer in again.layers] == ["mixed_float16", "float32"]
    np.testing.assert_array_equal(again.predict(data()[0], verbose=0), model.predict(data()[0], verbose=0))


def test_a_map_of_policies():
    policies = dtype_policies.DTypePolicyMap(policy_map={"outer/.*": "mixed_float16"})
    policies["head"] = dtype_policies.DTypePolicy("float64")
    found = [policies[path].name for path in ("outer/dense", "head", "else")]
    assert found == ["mixed_float16", "float64", "float32"]
    assert (policies.name, policies.compute_dtype, len(policies)) == ("map_float32", "float32", 2)
    assert "head" in policies
    twin = dtype_policies.get(dtype_policies.serialize(policies))
    assert dict(twin.items()) == dict(policies.items())
    layer = layers.Dense(1, dtype=policies, name="head")
    assert layer(np.ones((1, 2))).dtype == np.float64
    policies["out.*"] = "float32"
    with pytest.raises(ValueError, match="one pattern that matches 'outer/dense'"):
        policies["outer/dense"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dtype_policies.DTypePolicy("mixed_float8"), ValueError, "unknown dtype 'mixed_float8'; did you mean"),
        (lambda: dtype_policies.DTypePolicy(3), TypeError, "such as 'mixed_float16', got 3"),
        (lambda: layers.Dense(1, dtype="int8_from_float32"), NotImplementedError, "layers compute with floats only"),
        (lambda: dtype_policies.QuantizedDTypePolicy("int8"), NotImplementedError, "layers compute with floats only"),
        (lambda: layers.Dense(1).quantize("int8"), NotImplementedError, "cannot be quantized to 'int8'"),
        (lambda: dtype_policies.DTypePolicyMap(policy_map=[1]), TypeError, "to be a dictionary, got [1]"),
        (lambda: dtype_policies.DTypePolicyMap(policy_map={"a": "b"}), ValueError, "a policy or its name, got 'b'"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_gradients_reach_the_float32_weights():
    layer = layers.Dense(1, dtype="mixed_float16", use_bias=False)
    x = data()[0]
    layer(x)
    _, (gradient,) = nbkeras.value_and_grad(lambda: ops.sum(ops.cast(layer(x), "float32")), [layer.kernel])()
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient[:, 0], x.sum(axis=0), rtol=1e-2, atol=1e-2)
