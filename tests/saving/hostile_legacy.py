"""Hostile legacy `.h5` files, and weights in shards whose list names what it must not."""

import io
import json
import struct
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from nbkeras.saving.hdf5_format import ATTRIBUTE, GROUP_HEADER, SIGNATURE, SUPERBLOCK, SYMBOL, UNDEFINED
from tests.saving import hostile

CHAIN = Path(__file__).parent / "keras2" / "chain.h5"
CONFIG = "model_config"
LARGEST_ATTRIBUTE = 60_000  # bytes that HDF5 keeps in a header; longer texts lie in a heap


@cache
def good():
    return CHAIN.read_bytes()


def changed(change):
    """The good legacy file, changed with h5py."""
    file = io.BytesIO(good())
    with h5py.File(file, "r+") as opened:
        change(opened)
    return file.getvalue()


def said(text):
    """A change that puts another text in the place of the configuration."""
    content = text.encode("utf-8", "replace")

    def change(file):
        del file.attrs[CONFIG]
        fits = len(content) < LARGEST_ATTRIBUTE
        file.attrs.create(CONFIG, content, dtype=f"S{len(content)}" if fits else h5py.string_dtype())

    return change


def layer(config):
    """A change that puts another layer in the place of the last."""

    def change(file):
        known = json.loads(file.attrs[CONFIG])
        known["config"]["layers"][-1] = config
        said(json.dumps(known))(file)

    return change


def old(name, /, **config):
    return {"class_name": name, "config": config}


def _no_config(file):
    del file.attrs[CONFIG]


def _no_names(file):
    del file["model_weights"].attrs["layer_names"]


def _named(*names):
    def change(file):
        del file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs["layer_names"] = np.array(names, "S")

    return change


def _first(file):
    """The first layer with weights: its group, and the name of an array."""
    for name in file["model_weights"].attrs["layer_names"]:
        group = file["model_weights"][name]
        if len(group.attrs["weight_names"]):
            return group, group.attrs["weight_names"][0]
    raise LookupError("no layer has weights")


def _another_array(**options):
    def change(file):
        group, name = _first(file)
        del group[name]
        group.create_dataset(name, **options)

    return change


def _link(link):
    def change(file):
        group, name = _first(file)
        del group[name]
        group[name] = link

    return change


# --- bombs of HDF5, which no library writes --------------------------------------------------------------------------

ROOT = SUPERBLOCK.size + SYMBOL.size  # where the header of the root begins


def raw(messages, rest=b"", leaf=4, node=16):
    """A file whose root has these messages, with `rest` after them."""
    head = struct.pack("<BxHII4x", 1, 0, 1, len(messages)) + messages
    end = ROOT + len(head) + len(rest)
    first = SUPERBLOCK.pack(SIGNATURE, 0, 0, 0, 0, 8, 8, leaf, node, 0, 0, UNDEFINED, end, UNDEFINED)
    return first + SYMBOL.pack(0, ROOT, 1, bytes(16)) + head + rest


def message(kind, body=b""):
    return struct.pack("<HHB3x", kind, len(body), 0) + body


def _group(tree, names):
    return message(GROUP_HEADER, struct.pack("<QQ", tree, names))


def _small_messages(_):
    return raw(_group(0, 0) + message(0) * 2**21)


def _empty_texts(_):
    """Attributes of 65,536 texts without a letter each."""
    kind, shape = struct.pack("<BB2xI", 0x13, 0, 0), struct.pack("<4B4xQ", 1, 1, 0, 0, 2**16)
    attribute = struct.pack("<BBHHH", 1, 0, 2, len(kind), len(shape)) + b"a".ljust(8, b"\0") + kind + shape
    heap, tree = struct.pack("<4s4xQQQ", b"HEAP", 0, 0, 0), struct.pack("<4sBBHQQ", b"TREE", 0, 0, 0, 0, 0) + bytes(8)
    attributes = message(ATTRIBUTE, attribute) * 1000
    after = ROOT + 16 + 24 + len(attributes)
    return raw(_group(after, after + len(tree)) + attributes, tree + heap)


def _wide_nodes(_):
    return raw(_group(0, 0), node=2**15)


def _chain_of_nodes(_):
    """Each node has 1,024 children, of which the last is the next node."""
    start, size, count = ROOT + 16 + 24 + 32, 32 + 16 * 1024, 300
    heap = struct.pack("<4s4xQQQ", b"HEAP", 0, 0, 0)
    nodes = []
    for number in range(count):
        children = np.arange(2048, dtype="<u8") + 10**6 * number
        children[-2] = start + (number + 1) * size
        nodes.append(struct.pack("<4sBBHQQQ", b"TREE", 0, 1, 1024, 0, 0, 0) + children.tobytes())
    return raw(_group(start, start - 32), heap + b"".join(nodes), node=512)


def _same_layer(file):
    """One layer under 256 names: with slashes before and after it."""
    names = [f"{'/' * before}dense{'/' * after}" for before in range(16) for after in range(16)]
    _named(*names)(file)


LEGACY = {
    "no configuration": (changed, _no_config, "has no model_config"),
    "no JSON": (changed, said("model"), "no JSON"),
    "brackets": (changed, said("[" * 50_000), "levels deep"),
    "a number of 50,000 digits": (changed, said('{"a": ' + "9" * 50_000 + "}"), "digits"),
    "os.system": (changed, layer(old("os.system", command="true")), "unknown class"),
    "eval": (changed, layer(old("eval", source="1")), "unknown class"),
    "a lambda": (
        changed,
        layer(old("Lambda", name="l", function=["4wEAAAAAAAAA\n", None, None], function_type="lambda")),
        "never run",
    ),
    "a function of a module": (
        changed,
        layer(old("Lambda", name="l", function="system", function_type="function", module="os")),
        "could not be made",
    ),
    "a billion units": (changed, layer(old("Dense", units=10**9, name="d")), "has no room for"),
    "no names of layers": (changed, _no_names, "names no layers"),
    "a name that leads out": (changed, _named("../../x"), "got 0"),
    "no such layer": (changed, _named("nowhere"), "got 0"),
    "one layer a thousand times": (changed, _named(*["dense"] * 1000), "got 1"),
    "another shape": (changed, _another_array(data=np.ones((2, 2), "f4")), "expects"),
    "NaN": (changed, _another_array(data=np.full((3, 3, 1, 2), np.nan, "f4")), "holds NaN"),
    "an array without numbers": (changed, _another_array(shape=(10**6, 10**6), dtype="f4", chunks=(1, 1)), "one piece"),
    "an external link": (changed, _link(h5py.ExternalLink("/etc/passwd", "x")), "external link"),
    "a soft link": (changed, _link(h5py.SoftLink("/model_weights")), "soft link"),
    "half of a file": (lambda _: good()[: len(good()) // 2], None, "is cut off"),
    "no HDF5": (lambda _: b"once upon a time", None, "no HDF5"),
    "nothing": (lambda _: b"", None, "empty"),
    "two million parts of a header": (_small_messages, None, "more parts than Keras writes"),
    "65 million texts without a letter": (_empty_texts, None, "texts"),
    "wide nodes": (_wide_nodes, None, "a tree of a kind that Keras does not write"),
    "a chain of nodes": (_chain_of_nodes, None, "that are expected"),
    "one layer under 256 names": (changed, _same_layer, "names a layer twice"),
    "100 MB that nothing points to": (lambda _: changed(_no_config) + bytes(10**8), None, "has no model_config"),
}


def legacy_file(name):
    make, change, _ = LEGACY[name]
    return make(change)


# --- shards ---------------------------------------------------------------------------------------------------------


def _list(folder):
    return json.loads((folder / "net.weights.json").read_text())


def _write(folder, facts):
    (folder / "net.weights.json").write_text(facts if isinstance(facts, str) else json.dumps(facts))


def listing(*names):
    """A change after which the list names other files."""

    def change(folder):
        known = _list(folder)
        known["weight_map"] = {f"/group{number}": name for number, name in enumerate(names)}
        _write(folder, known)

    return change


def text(content):
    return lambda folder: _write(folder, content)


def _missing(folder):
    (folder / "net_00001.weights.h5").unlink()


def _same_twice(folder):
    (folder / "net_00001.weights.h5").write_bytes((folder / "net_00000.weights.h5").read_bytes())


def _large(folder):
    (folder / "net_00001.weights.h5").write_bytes(bytes(2**26))


def _no_hdf5(folder):
    (folder / "net_00001.weights.h5").write_bytes(b"weights")


def _pipe(folder):
    import os

    (folder / "net_00001.weights.h5").unlink()
    os.mkfifo(folder / "net_00001.weights.h5")


SHARDS = {
    "no JSON": (text("shards"), "no JSON"),
    "brackets": (text("[" * 10_000), "levels deep"),
    "a list": (text("[]"), "no weight_map"),
    "an absolute path": (listing("/etc/passwd"), "no shard of its own"),
    "a path that leads out": (listing("../net_00000.weights.h5"), "no shard of its own"),
    "another model's": (listing("other_00000.weights.h5"), "no shard of its own"),
    "itself": (listing("net.weights.json"), "no shard of its own"),
    "a name with a zero": (listing("net_00000.weights.h5\0.txt"), "no shard of its own"),
    "a name of a million letters": (listing("a" * 10**6), "no shard of its own"),
    "no files": (listing(), "has 2 variables, the file 0"),
    "a shard that is missing": (_missing, "is not there"),
    "a shard that is another": (_same_twice, "is in two shards"),
    "a shard of zeros": (_large, "are expected"),
    "a shard that is no HDF5": (_no_hdf5, "no HDF5"),
    "a shard that is a pipe": (_pipe, "is not there"),
}


def write_shards(folder, name=None):
    """Weights in shards, with the change of this name."""
    model = hostile.good_model()
    model.save_weights(folder / "net.weights.json", max_shard_size=64 / 2**30)
    if name is not None:
        SHARDS[name][0](folder)
    return folder / "net.weights.json"
