"""Settings, and what `keras.backend`, `keras.utils` and the package itself offer beside layers and ops."""

import io
import logging
from contextlib import redirect_stdout

import numpy as np
import pytest

import nbkeras
from nbkeras import backend, config, layers, utils


@pytest.fixture(autouse=True)
def usual_settings():
    before = dict(config._settings)
    yield
    config._settings.clear()
    config._settings.update(before)


def fitted(**options):
    model = nbkeras.Sequential([nbkeras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((20, 2), "float32")
    history = model.fit(x, x[:, :1], batch_size=2, **{"verbose": 0, **options})
    return model, history


def test_most_epochs():
    config.set_max_epochs(2)
    assert config.max_epochs() == 2
    with pytest.warns(UserWarning, match="fit runs 2 of 5 epochs, because config.max_epochs"):
        _, history = fitted(epochs=5)
    assert history.epoch == [0, 1]
    assert fitted(epochs=1)[1].epoch == [0]


def test_most_steps(monkeypatch):
    monkeypatch.setenv("KERAS_MAX_STEPS_PER_EPOCH", "3")
    assert config.max_steps_per_epoch() == 3
    model, _ = fitted(epochs=2)
    assert int(model.optimizer.iterations) == 6
    assert len(model.predict(np.ones((20, 2), "float32"), batch_size=2, verbose=0)) == 6
    config.set_max_steps_per_epoch(4)
    assert int(fitted()[0].optimizer.iterations) == 4
    monkeypatch.delenv("KERAS_MAX_STEPS_PER_EPOCH")
    config.set_max_steps_per_epoch(None)
    assert int(fitted()[0].optimizer.iterations) == 10


def test_interactive_logging(caplog):
    assert utils.is_interactive_logging_enabled()
    shown = io.StringIO()
    with redirect_stdout(shown):
        fitted(verbose=2)
    assert "loss" in shown.getvalue()
    utils.disable_interactive_logging()
    silent = io.StringIO()
    with caplog.at_level(logging.INFO, "nbkeras"), redirect_stdout(silent):
        fitted(verbose=2)
    assert silent.getvalue() == ""
    assert "loss" in caplog.text
    utils.enable_interactive_logging()
    assert config.is_interactive_logging_enabled()


def test_switches():
    assert config.is_traceback_filtering_enabled()
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()
    assert config.is_flash_attention_enabled() is None
    config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is True
    config.disable_flash_attention()
    assert config.is_flash_attention_enabled() is False
    assert config.is_nnx_enabled() is False
    with pytest.warns(UserWarning, match="never runs code from a file"):
        config.enable_unsafe_deserialization()


DTYPES = ("bool", "int8", "int16", "int32", "uint8", "uint16", "float16", "bfloat16", "float32", int, float, None)


@pytest.mark.keras
def test_result_types_are_those_of_keras():
    """But for 64 bits, which Keras has not on JAX."""
    import keras

    pairs = [(a, b) for a in DTYPES for b in DTYPES]
    assert [backend.result_type(*p) for p in pairs] == [keras.backend.result_type(*p) for p in pairs]


def test_dtypes():
    assert all(map(backend.is_float_dtype, ("float16", np.float32, "bfloat16")))
    assert not any(map(backend.is_float_dtype, ("int8", "bool")))
    assert [backend.is_int_dtype(d) for d in ("uint8", np.int64, "bool", "float32")] == [True, True, False, False]
    assert [backend.result_type("int32", "float16"), backend.result_type("int64", "int32")] == ["float16", "int64"]
    assert backend.result_type() == "float32"


def test_numbers_by_prefix():
    backend.clear_session()
    assert [backend.get_uid("a"), backend.get_uid("a"), backend.get_uid("b")] == [1, 2, 1]
    backend.clear_session()
    assert backend.get_uid("a") == 1


def test_a_config():
    settings = utils.Config(units=3)
    settings.rate = 0.5
    settings["name"] = "n"
    settings.update({"units": 4}, depth=2)
    assert settings.as_dict() == {"units": 4, "rate": 0.5, "name": "n", "depth": 2}
    assert (settings.pop("depth"), settings.get("depth", 7), "rate" in settings, len(settings)) == (2, 7, True, 3)
    assert list(settings.keys()) == ["units", "rate", "name"]
    assert settings.to_json() == '{"units": 4, "rate": 0.5, "name": "n"}'
    settings.freeze()
    for change in (lambda: setattr(settings, "rate", 1), lambda: settings.pop("rate"), lambda: settings.update(a=1)):
        with pytest.raises(ValueError, match="is frozen"):
            change()
    settings.unfreeze()
    del settings.rate
    with pytest.raises(AttributeError, match="no setting 'rate'; it has units, name"):
        settings.rate


def test_source_inputs():
    a, b, c = (nbkeras.Input((2,), name=name) for name in "abc")
    x = layers.Dense(2)(a) + layers.Dense(2)(b)
    assert utils.get_source_inputs(layers.add([x, a])) == [a, b]
    assert utils.get_source_inputs(c) == [c]


def test_configurations_of_keras_2():
    from nbkeras.legacy import saving
    from nbkeras.utils import legacy

    layer = layers.Dense(3, activation="relu")
    written = legacy.serialize_keras_object(layer)
    assert written["class_name"] == "Dense"
    assert saving.deserialize_keras_object(written).units == 3
    assert legacy.deserialize_keras_object("f", module_objects={"f": len}) is len
    assert legacy.serialize_keras_object(None) is None
    with pytest.raises(ValueError, match="unknown layer 'g'"):
        legacy.deserialize_keras_object("g", {"f": len}, printable_module_name="layer")


def test_scopes_of_names():
    with nbkeras.name_scope("outer"), nbkeras.name_scope("inner"):
        assert nbkeras.Variable([1.0], name="v").path == "outer/inner/v"
    with nbkeras.name_scope("a"), nbkeras.name_scope("b", override_parent="x"):
        assert nbkeras.Variable([1.0], name="v").path == "x/b/v"
    owner = object()
    with nbkeras.name_scope("a", owner), nbkeras.name_scope("a", owner):
        assert nbkeras.Variable([1.0], name="v").path == "a/v"
    with pytest.raises(ValueError, match="without '/'"):
        nbkeras.name_scope("a/b")


def test_stateless_scope():
    v, w = nbkeras.Variable([1.0]), nbkeras.Variable([2.0])
    with nbkeras.StatelessScope([(v, np.float32([5.0]))]) as scope:
        v.assign_add(w)
        scope.add_update((w, [9.0]))
        assert (v.numpy()[0], w.numpy()[0]) == (7.0, 9.0)
    assert (scope.get_current_value(v)[0], v.numpy()[0], w.numpy()[0]) == (7.0, 1.0, 2.0)
    assert scope.get_current_value(nbkeras.Variable([1.0])) is None
    with pytest.raises(ValueError, match="expects a value of shape"):
        nbkeras.StatelessScope([(v, np.ones(2))])


def test_devices_and_rematerialization():
    with nbkeras.device("cpu:0"), nbkeras.RematScope("full"), nbkeras.SymbolicScope():
        assert nbkeras.remat(len)([1, 2]) == 2
    with pytest.raises(ValueError, match="expects 'cpu:0', got 'gpu:0'"):
        nbkeras.device("gpu:0")
    with pytest.raises(ValueError, match="mode to be one of"):
        nbkeras.RematScope("some")


def test_distribution_and_export_say_what_to_use():
    from nbkeras import distribution, export

    assert (distribution.list_devices(), distribution.get_device_count("gpu")) == (["cpu:0"], 0)
    assert distribution.distribution() is None
    for name in ("DataParallel", "DeviceMesh", "LayoutMap", "ModelParallel", "TensorLayout", "initialize"):
        with pytest.raises(NotImplementedError, match=f"distribution.{name} is not there: one machine computes"):
            getattr(distribution, name)()
    with pytest.raises(NotImplementedError, match="one machine computes"):
        distribution.set_distribution(object())
    with pytest.raises(NotImplementedError, match=r"model\.export"):
        export.ExportArchive()


def test_operations_and_functions():
    class Doubled(nbkeras.Operation):
        def call(self, x):
            return x * 2

    x = nbkeras.KerasTensor((None, 3))
    double = Doubled(name="d")
    y = double(x)
    assert (y.shape, double.output is y, double.input is x, repr(double)) == ((None, 3), True, True, "<Doubled name=d>")
    function = nbkeras.Function(x, layers.Dense(2, kernel_initializer="ones")(y + 1))
    np.testing.assert_array_equal(function(np.ones((1, 3), "float32")), [[9.0, 9.0]])
    assert function.compute_output_shape((4, 3)) == (4, 2)
    assert isinstance(layers.Dense(1), nbkeras.Operation)
    with pytest.raises(NotImplementedError, match="has no call"):
        nbkeras.Operation()(1)
    assert nbkeras.version() == nbkeras.__version__
