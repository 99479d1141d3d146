"""Event files as TensorBoard itself reads them."""

import resource
import struct
import zlib

import numpy as np
import pytest

import nbkeras
from nbkeras import callbacks, layers, optimizers
from nbkeras.callbacks.tensorboard import TensorBoard
from nbkeras.callbacks.tensorboard.checksum import crc32c
from nbkeras.callbacks.tensorboard.event_file import EventFile
from nbkeras.callbacks.tensorboard.summaries import histogram, images, scalar

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what TensorBoard imports
    pytest.mark.filterwarnings("ignore::UserWarning:pkg_resources"),
]

X = np.linspace(-1, 1, 20 * 4, dtype="f4").reshape(20, 4)
Y = X.sum(axis=1, keepdims=True)


def net(*hidden):
    model = nbkeras.Sequential([layers.Input((4,)), *(hidden or [layers.Dense(3)]), layers.Dense(1)], name="net")
    model.compile(optimizers.SGD(0.01), "mse", metrics=["mae"])
    return model


def fit(folder, model=None, evaluate=False, **options):
    board = TensorBoard(folder, **options)
    model = model or net()
    history = model.fit(X, Y, batch_size=5, epochs=3, validation_split=0.5, verbose=0, callbacks=[board])
    return history.history


def read(folder):
    """What TensorBoard finds in a folder: `{tag: [(step, array)]}`, and the plugin of each tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    tags = events.Tags()["tensors"]
    values = {tag: [(event.step, make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)] for tag in tags}
    return values, {tag: events.SummaryMetadata(tag) for tag in tags}


def points(values, tag):
    return [(step, float(value)) for step, value in values[tag]]


def test_curves(tmp_path):
    history = fit(tmp_path)
    train, metadata = read(tmp_path / "train")
    held_out, _ = read(tmp_path / "validation")
    assert set(train) == {"keras", "epoch_loss", "epoch_mae", "epoch_learning_rate"}
    evaluated = {"evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"}
    assert set(held_out) == {"epoch_loss", "epoch_mae", *evaluated}
    for name in ("loss", "mae"):
        assert points(train, f"epoch_{name}") == [(e, np.float32(v)) for e, v in enumerate(history[name])]
        of_epochs = [np.float32(v) for v in history[f"val_{name}"]]
        assert points(held_out, f"epoch_{name}") == list(enumerate(of_epochs))
        assert points(held_out, f"evaluation_{name}_vs_iterations") == list(zip([2, 4, 6], of_epochs))
    assert points(train, "epoch_learning_rate") == [(epoch, np.float32(0.01)) for epoch in range(3)]
    assert {m.plugin_data.plugin_name for tag, m in metadata.items() if tag != "keras"} == {"scalars"}


def test_tags_are_those_of_keras(tmp_path):
    """What Keras 3.15 on TensorFlow 2.21 writes for the same training, compared by reading both on 2026-11-24."""
    model = net(layers.Dense(3), layers.Dense(2))
    fit(tmp_path, model, histogram_freq=2, write_images=True, update_freq=2, write_steps_per_second=True)
    logged = {"loss", "mae", "steps_per_second"}
    expected = {f"{kind}_{name}" for kind in ("batch", "epoch") for name in logged} | {"epoch_learning_rate", "keras"}
    expected |= {f"{weight.path}/histogram" for weight in model.weights}
    expected |= {f"{weight.path}/image" for weight in model.weights[:-1]}  # the last one is a single number
    assert set(read(tmp_path / "train")[0]) == expected


@pytest.mark.parametrize(("frequency", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (4, [4])])
def test_curves_within_epochs(tmp_path, frequency, steps):
    seen = []
    note = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(np.float32(logs["loss"])))
    board = TensorBoard(tmp_path, update_freq=frequency, write_steps_per_second=True, write_graph=False)
    net().fit(X, Y, batch_size=10, epochs=3, verbose=0, callbacks=[board, note])
    train, _ = read(tmp_path / "train")
    assert points(train, "batch_loss") == [(step, seen[step - 1]) for step in steps]
    assert [step for step, speed in points(train, "batch_steps_per_second") if speed > 0] == steps
    assert [step for step, speed in points(train, "epoch_steps_per_second") if speed > 0] == [0, 1, 2]


def test_histograms_and_images_of_weights(tmp_path):
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.util.tensor_util import make_ndarray

    model = net(layers.Dense(30))
    fit(tmp_path, model, histogram_freq=2, write_images=True)
    train, metadata = read(tmp_path / "train")
    for weight in model.weights:
        steps, found = zip(*train[f"{weight.path}/histogram"])
        expected = make_ndarray(histogram_pb("", weight.numpy()).value[0].tensor)
        assert steps == (0, 2)
        np.testing.assert_allclose(found[1][:, :2], expected[:, :2], rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(found[1][:, 2], expected[:, 2])
        assert metadata[f"{weight.path}/histogram"].plugin_data.plugin_name == "histograms"
        if weight.size == 1:
            assert f"{weight.path}/image" not in train  # as in Keras
            continue
        width, height, *pictures = train[f"{weight.path}/image"][0][1]
        assert all(picture.startswith(b"\x89PNG") for picture in pictures)
        assert sorted((int(width), int(height))) == sorted([*weight.shape, 1][:2])


@pytest.mark.parametrize("values", [np.zeros(7), np.zeros((0, 3)), np.array([2.0]), np.arange(12.0) ** 3])
def test_histograms_of_few_values(values):
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.util.tensor_util import make_ndarray

    ours = make_ndarray(Summary.Value.FromString(histogram("h", values)).tensor)
    np.testing.assert_allclose(ours, make_ndarray(histogram_pb("h", values).value[0].tensor), atol=1e-9)


def test_messages_are_those_that_tensorboard_writes():
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.image.metadata import create_summary_metadata
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    assert Summary.Value.FromString(scalar("loss", 0.25)).metadata == scalar_pb("loss", 0.25).value[0].metadata
    ours = Summary.Value.FromString(images("w", np.ones((4, 2, 3, 1)))).metadata
    theirs = create_summary_metadata("", "")
    assert ours.plugin_data == theirs.plugin_data


def test_the_graph(tmp_path):
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    model = net(layers.Dense(3, name="hidden"), layers.Dropout(0.5, name="drop"))
    fit(tmp_path, model)
    train, metadata = read(tmp_path / "train")
    [(step, json)] = train["keras"]
    assert (step, json.item().decode()) == (0, model.to_json())
    assert metadata["keras"].plugin_data.plugin_name == "graph_keras_model"
    assert metadata["keras"].plugin_data.content == b"1"
    nodes = {node.name.rpartition("/")[2] for node in keras_model_to_graph_def(nbkeras_json(json)).node}
    assert {"hidden", "drop"} <= nodes


def nbkeras_json(array):
    import json

    return json.loads(array.item())


def test_embeddings(tmp_path):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    words = layers.Embedding(5, 2, name='wo"rds')
    model = nbkeras.Sequential([layers.Input((3,)), words, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={'wo"rds': "labels.tsv"}, write_graph=False)
    model.fit(np.zeros((4, 3)), np.ones((4, 1)), verbose=0, callbacks=[board])
    [entry] = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    assert (entry.tensor_name, entry.metadata_path) == ('wo"rds', "labels.tsv")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / entry.tensor_path, dtype="f4"), words.embeddings.numpy())
    with pytest.raises(ValueError, match="to name Embedding layers, got \\['flat'\\]"):
        model.evaluate(
            np.zeros((4, 3)),
            np.ones((4, 1)),
            verbose=0,
            callbacks=[TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"flat": "x"})],
        )


def test_it_goes_on_where_it_was(tmp_path):
    def train(epochs):
        board = TensorBoard(tmp_path / "logs", update_freq=1)
        backup = callbacks.BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
        net().fit(X, Y, batch_size=10, epochs=epochs, verbose=0, callbacks=[board, backup])

    train(1)
    train(2)
    values, _ = read(tmp_path / "logs" / "train")
    assert [step for step, _ in values["batch_loss"]] == [1, 2, 3, 4]
    assert [step for step, _ in values["epoch_loss"]] == [0, 1]


def test_checksums():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_records_are_whole_or_not_there(tmp_path):
    file = EventFile(tmp_path)
    file.add(1, scalar("loss", 0.5))

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.path.stat().st_size + 7, limit[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            file.add(2, scalar("loss", 0.4))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    file.add(3, scalar("loss", 0.3))
    file.sync()
    values, _ = read(tmp_path)
    assert [step for step, _ in values["loss"]] == [1, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"profile_batch": 2}, "has no profiler"), ({"update_freq": 0}, "a number, got 0"), ({"update_freq": "x"}, "'x'")],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        TensorBoard(**options)


def test_pictures_are_the_weights(tmp_path):
    from tensorboard.compat.proto.summary_pb2 import Summary

    value = Summary.Value.FromString(images("w", np.array([[0.0, 0.5, 1.0, 7.0]]).reshape(1, 1, 4, 1)))
    width, height, picture = value.tensor.string_val
    chunk = picture[picture.index(b"IDAT") - 4 :]
    size = struct.unpack(">I", chunk[:4])[0]
    assert (width, height) == (b"4", b"1")
    assert list(zlib.decompress(chunk[8 : 8 + size]))[1:] == [0, 127, 255, 255]
