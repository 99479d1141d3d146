"""Every hostile legacy file and every hostile list of shards is refused, in words, and changes nothing."""

import tracemalloc
from contextlib import contextmanager

import pytest

from nbkeras.saving import FileError, load_model
from tests.saving import hostile, hostile_legacy

LARGEST = 64 * 2**20


@contextmanager
def refused(words):
    """The block must refuse a file: in words that can be shown, within the memory that a refusal may take."""
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as caught:
            yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert words in message
    assert message.isprintable()
    assert len(message) <= 300
    assert peak < LARGEST


@pytest.mark.parametrize("name", hostile_legacy.LEGACY)
def test_a_hostile_legacy_file_is_refused(name, tmp_path):
    path = tmp_path / "net.h5"
    path.write_bytes(hostile_legacy.legacy_file(name))
    with refused(hostile_legacy.LEGACY[name][2]):
        load_model(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.h5"]


@pytest.mark.parametrize("name", hostile_legacy.SHARDS)
def test_hostile_shards_are_refused(name, tmp_path):
    path = hostile_legacy.write_shards(tmp_path, name)
    model = hostile.good_model()
    before = [variable.numpy() for variable in model.variables]
    with refused(hostile_legacy.SHARDS[name][1]):
        model.load_weights(path)
    assert all((a == b.numpy()).all() for a, b in zip(before, model.variables))


def test_good_shards_are_read(tmp_path):
    path = hostile_legacy.write_shards(tmp_path)
    assert len(list(tmp_path.iterdir())) > 2
    hostile.good_model().load_weights(path)
