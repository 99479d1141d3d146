"""Layers and specifications as configurations, and layers that belong to other frameworks."""

import pytest

from nbkeras import InputSpec, layers


def test_serialize_and_deserialize():
    layer = layers.Conv2D(4, 3, name="first")
    twin = layers.deserialize(layers.serialize(layer))
    assert type(twin) is layers.Conv2D
    assert twin.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="the configuration of a layer"):
        layers.deserialize({"class_name": "Adam", "config": {}, "module": "keras.optimizers"})


def test_deserialize_takes_custom_objects():
    class Scale(layers.Layer):
        pass

    config = {"class_name": "Renamed", "config": {"name": "scale"}}
    assert type(layers.deserialize(config, {"Renamed": Scale})) is Scale


def test_input_spec_round_trip():
    spec = InputSpec(min_ndim=2, axes={-1: 4}, optional=True)
    assert spec.get_config() == {
        "dtype": None, "shape": None, "ndim": None, "max_ndim": None, "min_ndim": 2, "axes": {-1: 4}, "optional": True,
    }  # fmt: skip
    assert InputSpec.from_config(spec.get_config()).get_config() == spec.get_config()


@pytest.mark.parametrize(
    ("make", "framework"),
    [
        (lambda: layers.TFSMLayer("folder"), "TensorFlow"),
        (lambda: layers.TorchModuleWrapper(None), "PyTorch"),
        (lambda: layers.JaxLayer(lambda params, inputs: inputs), "JAX"),
        (lambda: layers.FlaxLayer(None), "Flax"),
    ],
)
def test_layers_of_other_frameworks_say_what_to_do(make, framework):
    with pytest.raises(NotImplementedError, match=f"runs a model of {framework}, which nbkeras does not bring; "):
        make()
