"""No integer of a configuration makes the loader take much memory: each is set to a large one in turn."""

import copy
import json
import tracemalloc
import zipfile
import zlib
from contextlib import suppress

import pytest

from nbkeras.saving import FileError, load_model
from tests.cases.case import is_plain
from tests.references.measure import built_layer, symbolic_inputs
from tests.references.rows import ours, rows  # noqa: F401  (fixture)
from tests.references.tables import LAYERS
from tests.saving.hostile import CONFIG, zipped

LARGEST = 64 * 2**20
NO_SIZES = ("keras_history", "seed")


def sampled(case):
    plain = all(is_plain(value) for value in case.keywords.values())
    return case.models and case.config and plain and zlib.crc32(case.name.encode()) % 6 == 0


def integers(value, place=()):
    """The places of the integers in a configuration."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in NO_SIZES:
                yield from integers(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from integers(inner, (*place, index))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place


def replaced(config, place, value):
    config = copy.deepcopy(config)
    inner = config
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return config


@rows(*(f"layers/{family}" for family in LAYERS), where=sampled)
def test_a_large_number_takes_little_memory(table, case, ours, tmp_path):  # noqa: F811
    path = tmp_path / "net.keras"
    layer = built_layer(ours, case)
    inputs = symbolic_inputs(ours, case)
    ours.k.Model(inputs, case.call(layer, inputs, **case.keywords)).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members[CONFIG])
    for place in integers(config):
        for value in (10**5, 10**9, 2**62):
            changed = json.dumps(replaced(config, place, value)).encode()
            path.write_bytes(zipped({**members, CONFIG: changed}.items()))
            tracemalloc.start()
            with suppress(FileError):
                load_model(path)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < LARGEST, (place, value)


@pytest.mark.parametrize("shape", [[None, 2**24], [None, 2**15, 2**15], [2**40]])
def test_an_input_has_a_largest_size(shape, tmp_path):
    from tests.saving import hostile

    config = hostile.good_config()
    config["config"]["layers"][0]["config"]["batch_shape"] = shape
    path = tmp_path / "net.keras"
    path.write_bytes(hostile.with_members(config=json.dumps(config).encode()))
    with pytest.raises(FileError, match="larger than is read from a file"):
        load_model(path)
