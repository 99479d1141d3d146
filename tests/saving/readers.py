"""Everything that reads a file of unknown origin, to be called with any bytes, and what must hold of it then.

Whatever the bytes: a reader returns or raises `FileError` in words that can be shown, starts nothing, imports nothing
strange, and opens nothing but the file.
"""

import io
import os
import pickle
import pickletools
import sys
import warnings
import zipfile
from contextlib import suppress
from functools import cache

import h5py
import numpy as np

from nbkeras.datasets import pickles
from nbkeras.saving import FileError, load_model
from nbkeras.saving.archive import Archive
from nbkeras.saving.errors import refusing
from nbkeras.utils import archives
from tests.saving import fuzz_json, hostile, hostile_legacy

LONGEST = 2**16  # bytes of an input
STRANGE = ("os.", "socket.", "subprocess.", "shutil.", "ctypes.")
HARMLESS = {"os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.rmtree"}
CODE = (".py", ".pyc")  # of what is imported at the first use
KNOWN = {*sys.stdlib_module_names, "nbkeras", "numpy", "tests", "jax", "ml_dtypes"}


class Watch:
    """What Python's audit hooks see while an input is read; a process has one, since a hook stays."""

    def __init__(self):
        self.folder = None
        self.events = []
        sys.addaudithook(self)

    def __call__(self, event, args):
        if self.folder is None:
            return
        strange = event.startswith(STRANGE) and event not in HARMLESS
        if event == "import":
            strange = args[0].partition(".")[0] not in KNOWN
        elif event == "open":
            strange = isinstance(args[0], str) and not self.may_open(args[0], mode=args[1])
        if strange:
            self.events.append(f"{event} {args}"[:200])

    def may_open(self, path, mode):
        """A file in the folder, code, and whatever `shutil.rmtree` opens by its name in a folder that it has open."""
        return path.startswith(self.folder) or path.endswith(CODE) or mode is None and not os.path.isabs(path)


watch = cache(Watch)


def check(read, data, folder):
    """Calls a reader with the bytes, and asserts all that must hold of it."""
    watching = watch()
    watching.events, watching.folder = [], str(folder)
    try:
        read(data, folder)
    except FileError as error:
        refusal = error
    else:
        refusal = None
    finally:
        watching.folder = None
    assert not watching.events, watching.events
    if refusal is not None:
        message = str(refusal)
        assert message.isprintable(), message
        assert len(message) <= 300, message
        assert not isinstance(refusal.__cause__, (MemoryError, RuntimeWarning)), message


# --- the readers ----------------------------------------------------------------------------------------------------


def read_config(data, folder):
    """As the configuration of a model, beside weights of another."""
    path = folder / "net.keras"
    path.write_bytes(hostile.with_members(config=data))
    load_model(path)


def read_archive(data, folder):
    """As a `.keras` file; what is in it is read, too."""
    with refusing("net.keras"):
        archive = Archive(io.BytesIO(data), ("config.json",))
        for name in archive._members:
            archive.read(name, 2**20)


def read_model(data, folder):
    path = folder / "net.keras"
    path.write_bytes(data)
    load_model(path)


def read_weights(data, folder):
    path = folder / "net.weights.h5"
    path.write_bytes(data)
    model = to_fill()
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy().tobytes() for variable in variables]
    try:
        model.load_weights(path)
    except FileError:
        assert before == [variable.numpy().tobytes() for variable in variables], "a failed load changed something"
        raise


to_fill = cache(hostile.good_model)


def prepare():
    """Makes what is made once, before anybody looks on."""
    hostile.members(), hostile_legacy.good(), to_fill()


def read_legacy(data, folder):
    """As a whole model of Keras 2."""
    path = folder / "net.h5"
    path.write_bytes(data)
    load_model(path)


def read_legacy_config(data, folder):
    """As the configuration in such a file, beside weights of another."""
    text = data.replace(b"\0", b" ").decode("utf-8", "replace") or " "
    read_legacy(hostile_legacy.changed(hostile_legacy.said(text)), folder)


def read_pickle(data, folder):
    """Unless it names a place in the memory that Python before 3.15 makes, however large it is."""
    if b"r" in data and _largest_place(data) > len(data):
        return
    pickles.load_pickle(io.BytesIO(data), encoding="bytes")


def _largest_place(data):
    largest = 0
    with warnings.catch_warnings(), suppress(Exception):  # what it cannot read, the reader does not read either
        warnings.simplefilter("ignore")
        for opcode, place, _ in pickletools.genops(data):
            largest = max(largest, place) if opcode.name == "LONG_BINPUT" else largest
    return largest


def unpack(data, folder):
    """As an archive of data."""
    path, target = folder / "x.tgz", folder / "data"
    path.write_bytes(data)
    try:
        archives.unpack(path, target)
    finally:
        names = sorted(entry.name for entry in folder.iterdir())
        assert names in (["x.tgz"], ["data", "x.tgz"]), names
        archives.shutil.rmtree(target, ignore_errors=True)


def config_seeds():
    yield from (hostile.members(make)[hostile.CONFIG] for make in (hostile.good_model, hostile.graph_model))
    yield from (text for text, _ in hostile.TEXTS.values() if len(text) < LONGEST)


def archive_seeds():
    parts = [(hostile.CONFIG, b"{}"), ("assets/x.txt", b"a b c")]
    yield from (hostile.zipped(parts, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


def model_seeds():
    yield hostile.zipped(hostile.members().items(), zipfile.ZIP_DEFLATED)


def weight_seeds():
    yield hostile.members()[hostile.WEIGHTS]
    yield from hostile.weight_files().values()


def legacy_seeds():
    yield hostile_legacy.good()
    yield from map(hostile_legacy.legacy_file, hostile_legacy.LEGACY)


def legacy_config_seeds():
    for path in hostile_legacy.CHAIN.parent.glob("*.h5"):
        with h5py.File(path) as file:
            yield file.attrs[hostile_legacy.CONFIG].encode()


def pickle_seeds():
    array = np.arange(6.0).reshape(2, 3)
    texts = np.empty(2, object)
    texts[0], texts[1] = [1, 2], [3]
    yield from (pickle.dumps(value, protocol) for value in (array, texts, {b"data": array}) for protocol in (0, 2, 4))


def unpack_seeds():
    from tests import test_get_file

    yield from test_get_file.GOOD.values()
    yield from (content for content, _ in test_get_file.HOSTILE.values() if len(content) < LONGEST)


# By name: the reader, the files to begin with, and how to change them so that they stay what they are.
TARGETS = {
    "config": (read_config, config_seeds, fuzz_json.mutated),
    "archive": (read_archive, archive_seeds, None),
    "model": (read_model, model_seeds, None),
    "weights": (read_weights, weight_seeds, None),
    "legacy": (read_legacy, legacy_seeds, None),
    "legacy_config": (read_legacy_config, legacy_config_seeds, fuzz_json.mutated),
    "pickle": (read_pickle, pickle_seeds, None),
    "unpack": (unpack, unpack_seeds, None),
}
