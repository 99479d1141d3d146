"""Files that a loader must refuse: each made from a good one by one change, with words that the refusal must say.

`python -m tests.saving.hostile FOLDER` writes them all to a folder, to be tried on another loader.
"""

import copy
import io
import json
import struct
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np

import nbkeras as keras
from nbkeras import layers
from nbkeras.saving.training_files import NEEDED, save_training

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@dataclass(frozen=True)
class Row:
    name: str
    words: str
    make: Callable[[], bytes]


ROWS: list[Row] = []


def row(name, words):
    """Adds the file that a function makes to the table."""

    def add(make):
        ROWS.append(Row(name, words, make))
        return make

    return add


# --- the good file --------------------------------------------------------------------------------------------------


def good_model():
    keras.utils.set_random_seed(1)
    net = [layers.Input((4,), name="x"), layers.Dense(3, activation="relu", name="body"), layers.Dense(1, name="head")]
    model = keras.Sequential(net, name="net")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"), verbose=0)
    return model


def graph_model():
    x = layers.Input((4,), name="x")
    return keras.Model(x, layers.Dense(2, name="body")(layers.Dense(3, name="first")(x)), name="net")


@cache
def members(make=good_model):
    """The content of a good file by member."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.keras")
        make().save(path)
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts, method=zipfile.ZIP_STORED):
    """An archive of pairs (name or ZipInfo, content)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return file.getvalue()


def with_members(method=zipfile.ZIP_STORED, **changed):
    """The good file with some members replaced; without a digest where the weights are."""
    names = {"config": CONFIG, "metadata": METADATA, "weights": WEIGHTS}
    parts = {**members(), **{names[key]: content for key, content in changed.items()}}
    if "weights" in changed:
        parts[METADATA] = b"{}"
    return zipped(parts.items(), method)


# --- the archive ----------------------------------------------------------------------------------------------------


@row("nothing", "no .keras file")
def _():
    return b""


@row("a text", "no .keras file")
def _():
    return b"once upon a time"


@row("a pickle", "no .keras file")
def _():
    return b"\x80\x04cos\nsystem\n(S'true'\ntR."


@row("half of a file", "no .keras file")
def _():
    content = with_members()
    return content[: len(content) // 2]


@row("no configuration", "config.json': is not there")
def _():
    return zipped((name, content) for name, content in members().items() if name != CONFIG)


@row("no weights", "model.weights.h5': is not there")
def _():
    return zipped((name, content) for name, content in members().items() if name != WEIGHTS)


@row("an empty archive", "is not there")
def _():
    return zipped([])


@row("two configurations", "config.json': is there twice")
def _():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zipped([*members().items(), (CONFIG, b"{}")])


for _name in ("../outside.txt", "/etc/passwd", "a/../../b", "C:\\windows\\x", "a\\..\\b", "..", "file:x"):

    @row(f"a member {_name}", "leads out of the archive")
    def _(name=_name):
        return zipped([*members().items(), (name, b"x")])


@row("a name that turns the reading direction", "cannot be shown")
def _():
    return zipped([*members().items(), ("assets/\u202etxt.exe", b"x")])


@row("a name with a zero", "cannot be shown")
def _():
    return zipped([*members().items(), ("aXb", b"x")]).replace(b"aXb", b"a\0b")


@row("a link as configuration", "is a link")
def _():
    info = zipfile.ZipInfo(CONFIG)
    info.external_attr = 0o120777 << 16
    return zipped([(info, b"/etc/passwd"), (WEIGHTS, members()[WEIGHTS])])


@row("a link beside the rest", "is a link")
def _():
    info = zipfile.ZipInfo("assets/x")
    info.external_attr = 0o120777 << 16
    return zipped([*members().items(), (info, b"/etc/passwd")])


@row("an encrypted member", "is encrypted")
def _():
    content = bytearray(with_members())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


for _method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):

    @row(f"compressed by method {_method}", "only deflated members")
    def _(method=_method):
        return with_members(method)


@row("a bomb as configuration", "are expected")
def _():
    return with_members(zipfile.ZIP_DEFLATED, config=b" " * 2**26)


@row("a bomb as weights", "are expected")
def _():
    return with_members(zipfile.ZIP_DEFLATED, weights=members()[WEIGHTS] + bytes(2**26))


@row("a bomb beside the rest", "as a bomb does")
def _():
    return zipped([*members().items(), ("assets/x", bytes(2**26))], zipfile.ZIP_DEFLATED)


@row("a bomb as metadata", "as a bomb does")
def _():
    return with_members(zipfile.ZIP_DEFLATED, metadata=b" " * 2**26)


@row("30,000 members", "list of members")
def _():
    return zipped([*members().items(), *((f"assets/{i:030}", b"") for i in range(30_000))])


@row("a configuration that is said to be larger", "bytes that the archive says")
def _():
    return _central(CONFIG, 24, len(members()[CONFIG]) + 50)


@row("a configuration with another checksum", "is damaged")
def _():
    return _central(CONFIG, 16, 1)


@row("a member at the place of another", "damaged")
def _():
    return _central(CONFIG, 42, 10**6)


def _central(name, offset, value):
    """The good file with one number of a member's entry in the list of members replaced."""
    content = bytearray(with_members())
    place = content.index(b"PK\x01\x02")
    while content[place + 46 : place + 46 + len(name)] != name.encode():
        place = content.index(b"PK\x01\x02", place + 1)
    struct.pack_into("<I", content, place + offset, value)
    return bytes(content)


@row("weights that were changed later", "was changed after it was written")
def _():
    weights = bytearray(members()[WEIGHTS])
    weights[100] ^= 1
    return zipped({**members(), WEIGHTS: bytes(weights)}.items())


# --- what layers keep beside their weights --------------------------------------------------------------------------

VOCABULARY = "assets/layers/string_lookup/vocabulary.txt"


def lookup_model():
    lookup = layers.StringLookup(name="words")
    lookup.adapt(["a", "b", "b"])
    return keras.Sequential([layers.Input((1,), dtype="string", name="x"), lookup], name="net")


def _vocabulary_link():
    info = zipfile.ZipInfo(VOCABULARY)
    info.external_attr = 0o120777 << 16
    return info


ASSETS = {
    "that is missing": ([], "is not there, and StringLookup 'words' needs it"),
    "in another folder": ([("assets/vocabulary.txt", b"[UNK]\nb")], "is not there"),
    "that is a link": ([(_vocabulary_link(), b"/etc/passwd")], "is a link"),
    "that leads out": ([("assets/layers/../../x", b"b")], "leads out of the archive"),
    "that is a bomb": ([(VOCABULARY, b"a" * 2**26)], "as a bomb does"),
    "of another encoding": ([(VOCABULARY, b"[UNK]\n\xff\xfe")], "utf-8"),
    "with a word twice": ([(VOCABULARY, b"[UNK]\nb\nb")], "got twice"),
    "twice": ([(VOCABULARY, b"b"), (VOCABULARY, b"c")], "is there twice"),
}
for _name, (_parts, _words) in ASSETS.items():

    @row(f"a vocabulary {_name}", _words)
    def _(parts=_parts):
        good = [(name, content) for name, content in members(lookup_model).items() if name != VOCABULARY]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a member twice
            return zipped([*good, *parts], zipfile.ZIP_DEFLATED)


# --- the text of the configuration ----------------------------------------------------------------------------------

TEXTS = {
    "no JSON": (b"model", "no JSON"),
    "another encoding": ('{"class_name": "Ä"}'.encode("latin-1"), "no JSON"),
    "100,000 brackets": (b"[" * 100_000, "levels deep"),
    "100,000 brackets, all closed": (b"[" * 100_000 + b"]" * 100_000, "levels deep"),
    "300 objects in objects": (b'{"a":' * 300 + b"1" + b"}" * 300, "levels deep"),
    "a key twice": (b'{"class_name": "Sequential", "class_name": "Model", "config": {}}', "'class_name' twice"),
    "a number of 100,000 digits": (b'{"a": ' + b"9" * 100_000 + b"}", "100000 digits"),
    "a long list": (b"[" + b"0," * 4_000_000 + b"0]", "MiB of memory"),
    "many objects": (b"[" + b'{"a":1},' * 1_000_000 + b"0]", "MiB of memory"),
    "a list": (b"[]", "no configuration of a model"),
    "null": (b"null", "no configuration of a model"),
    "a class that is a number": (b'{"class_name": 3, "config": {}}', "no configuration of a model"),
    "a class without configuration": (b'{"class_name": "Sequential"}', "not a model"),
}
for _name, (_text, _words) in TEXTS.items():

    @row(_name, _words)
    def _(text=_text):
        return with_members(config=text)


@row("a text that is cut off", "cut off")
def _():
    return with_members(config=members()[CONFIG][:200])


# --- what the configuration says ------------------------------------------------------------------------------------


def good_config(make=good_model):
    return json.loads(members(make)[CONFIG])


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def thing(module, name, /, **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def code():
    return {"class_name": "__lambda__", "config": {"value": {"code": "4wEA", "defaults": None, "closure": None}}}


LAMBDA = {
    "of Keras 3": {"function": code()},
    "of Keras 2": {"function": ["4wEAAAAAAAAA\n", None, None], "function_type": "lambda", "module": "__main__"},
    "as output shape": {"function": function("builtins", "relu"), "output_shape": code()},
}
# What stands in the place of the first Dense layer, or in one of its arguments: name -> (change, words).
LAYERS = {
    "a class of nobody": (lambda: thing("keras.layers", "Nowhere"), "unknown class 'Nowhere'"),
    "os.system": (lambda: thing("os", "system", command="true"), "unknown class 'system'"),
    "posix.system as a function": (lambda: function("posix", "system"), "unknown function 'system'"),
    "builtins.eval": (lambda: function("builtins", "eval"), "unknown function 'eval'"),
    "builtins.exec as a class": (lambda: thing("builtins", "exec"), "unknown class 'exec'"),
    "subprocess.Popen": (lambda: thing("subprocess", "Popen", args=["true"]), "unknown class 'Popen'"),
    "Keras' download": (lambda: function("keras.utils", "get_file"), "unknown function 'get_file'"),
    "Keras' reader of code": (
        lambda: function("keras.src.utils.python_utils", "func_load"),
        "unknown function 'func_load'",
    ),
    "Keras' loader": (lambda: function("keras.models", "load_model"), "unknown function 'load_model'"),
    "a module of ours": (lambda: thing("nbkeras.saving.atomic", "replacing", path="x"), "unknown class 'replacing'"),
    "a name with dots": (lambda: thing("keras.layers", "Dense.__init__.__globals__"), "unknown class"),
    "an object's class": (lambda: thing("builtins", "object"), "unknown class 'object'"),
    "a registered name with a path": (
        lambda: {**thing("os", "system"), "registered_name": "os>system"},
        "unknown class 'system'",
    ),
    "a vocabulary from a file": (
        lambda: thing("keras.layers", "TextVectorization", vocabulary="/etc/passwd"),
        "is read only where a program names it",
    ),
    "numbers of words from a file": (
        lambda: thing("keras.layers", "IntegerLookup", vocabulary="/etc/passwd", output_mode="int"),
        "is read only where a program names it",
    ),
    "a vocabulary in a wrapper": (
        lambda: thing(
            "keras.layers", "TimeDistributed", layer=thing("keras.layers", "StringLookup", vocabulary="/etc/passwd")
        ),
        "is read only where a program names it",
    ),
    "a model as a text": (lambda: "Dense", "expects a layer"),
    "a number": (lambda: 3, "expects a layer"),
    "a list": (lambda: [1, 2], "expects a layer"),
    "no configuration": (lambda: {"class_name": "Dense", "module": "keras.layers"}, "expects a layer"),
    "an unknown argument": (lambda: dense(kernel="x"), "no argument 'kernel'"),
    "an argument of Python": (lambda: dense(__class__="x"), "no argument '__class__'"),
    "units below 0": (lambda: dense(units=-3), "units"),
    "units as a text": (lambda: dense(units="3"), "units"),
    "units as a list": (lambda: dense(units=[3]), "units"),
    "a billion units": (lambda: dense(units=10**9), "has no room for"),
    "2**62 units": (lambda: dense(units=2**62), "has no room for"),
    "a name with a zero": (lambda: dense(name="a\0b"), "cannot be shown"),
    "a name that turns the reading direction": (lambda: dense(name="a\u202eb"), "cannot be shown"),
    "a name of a million letters": (lambda: dense(name="a" * 10**6), "too many of them"),
    "an activation that is eval": (lambda: dense(activation=function("builtins", "eval")), "unknown function 'eval'"),
    "an activation that is code": (lambda: dense(activation=code()), "never run"),
    "an activation with dots": (lambda: dense(activation="os.system"), "unknown activation 'os.system'"),
    "an initializer that is a module's": (
        lambda: dense(kernel_initializer=thing("os", "popen", cmd="true")),
        "unknown class 'popen'",
    ),
    "a regularizer that is code": (lambda: dense(kernel_regularizer=code()), "never run"),
    "a dtype of objects": (lambda: dense(dtype="object"), "dtype"),
    "an array of objects": (
        lambda: dense(kernel_initializer=thing("keras.initializers", "Constant", value=array([1], "object"))),
        "dtype",
    ),
    "an array of long texts": (
        lambda: dense(kernel_initializer=thing("keras.initializers", "Constant", value=array(["a"], "S999999999"))),
        "dtype",
    ),
    "an array that is none": (
        lambda: dense(kernel_initializer=thing("keras.initializers", "Constant", value=array([[1], [1, 2]], "int32"))),
        "config.json",
    ),
    "a Fourier transform of a billion numbers": (
        lambda: thing("keras.layers", "MelSpectrogram", fft_length=10**9),
        "at most 16,384",
    ),
    "a billion windows": (
        lambda: thing("keras.layers", "AdaptiveMaxPooling1D", output_size=10**9),
        "at most 1,000",
    ),
    "a large picture": (
        lambda: thing("keras.layers", "UpSampling2D", size=10**6, interpolation="bilinear"),
        "at most 1,000",
    ),
}


def dense(**changed):
    return thing("keras.layers", "Dense", **{"units": 3, "name": "body", "trainable": True, **changed})


def array(value, dtype):
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": dtype}}


for _name, (_change, _words) in LAYERS.items():

    @row(f"as a layer: {_name}", _words)
    def _(change=_change):
        config = good_config()
        config["config"]["layers"][1] = change()
        return with_members(config=json.dumps(config).encode())


for _name, _config in LAMBDA.items():

    @row(f"a lambda {_name}", "never run")
    def _(given=_config):
        config = good_config()
        config["config"]["layers"][1] = thing("keras.layers", "Lambda", name="l", **given)
        return with_members(config=json.dumps(config).encode())


COMPILED = {
    "a loss that is code": ({"loss": code()}, "never run"),
    "a loss that is a module's": ({"loss": function("os", "abort")}, "unknown function 'abort'"),
    "a metric of a million classes": (
        {"metrics": [thing("keras.metrics", "MeanIoU", num_classes=10**6)]},
        "at most 2,000",
    ),
    "a metric of a billion thresholds": (
        {"metrics": [thing("keras.metrics", "AUC", num_thresholds=10**9)]},
        "at most 100,000",
    ),
    "an optimizer of nobody": ({"optimizer": thing("keras.optimizers", "Nowhere")}, "unknown class 'Nowhere'"),
    "an optimizer that is a layer": ({"optimizer": dense()}, "optimizer must be"),
    "an optimizer that was not saved": ({"optimizer": thing("keras.optimizers", "SGD")}, "does not fit"),
    "an argument of nobody": ({"hook": "x"}, "no argument 'hook'"),
    "a list of optimizers": ({"optimizer": ["adam"]}, "optimizer must be"),
}
for _name, (_changed, _words) in COMPILED.items():

    @row(f"as compiled: {_name}", _words)
    def _(changed=_changed):
        config = good_config()
        config["compile_config"].update(changed)
        return with_members(config=json.dumps(config).encode())


@row("a layer instead of a model", "has no such layer")
def _():
    return with_members(config=json.dumps(dense()).encode())


@row("a function instead of a model", "not a model")
def _():
    return with_members(config=json.dumps(function("builtins", "relu")).encode())


@row("models in models", "levels deep")
def _():
    config = good_config()
    for _ in range(90):
        config = {**config, "config": {"name": "m", "layers": [config]}}
    return with_members(config=json.dumps(config).encode())


def graph(change):
    """The good graph with its list of layers changed."""
    config = copy.deepcopy(good_config(graph_model))
    change(config["config"], config["config"]["layers"])
    return zipped({**members(graph_model), CONFIG: json.dumps(config).encode()}.items())


def taken(name, index=0, output=0):
    """An argument of a call: what another call gave."""
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, index, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def calling(op, *args, **kwargs):
    """A change that puts an op in the place of the first layer."""

    def change(config, entries):
        node = {"args": list(args), "kwargs": kwargs}
        entries[1] = {**thing("keras.ops", op.title(), name="first", op=op), "name": "first", "inbound_nodes": [node]}

    return change


def _swap(config, entries):
    entries[1]["inbound_nodes"][0]["args"] = [taken("body")]


def _elsewhere(config, entries):
    entries[1]["inbound_nodes"][0]["args"] = [taken("nowhere")]


def _no_such_output(config, entries):
    entries[1]["inbound_nodes"][0]["args"] = [taken("x", 0, 7)]


def _no_such_call(config, entries):
    config["output_layers"] = [["body", 9, 0]]


def _no_inputs(config, entries):
    config["input_layers"] = []


def _no_layers(config, entries):
    config["layers"] = {}


def _shape_of_texts(config, entries):
    entries[0]["config"]["batch_shape"] = [None, "x"]


def _twice(config, entries):
    entries.append(copy.deepcopy(entries[1]))


GRAPHS = {
    "a circle": (_swap, "nothing computes"),
    "a tensor of nobody": (_elsewhere, "nothing computes"),
    "an output that a layer has not": (_no_such_output, "IndexError"),
    "a call that was not made": (_no_such_call, "KeyError"),
    "no inputs": (_no_inputs, "is not among the model's inputs"),
    "layers that are no list": (_no_layers, "KeyError"),
    "a shape of texts": (_shape_of_texts, "expects sizes that are positive integers"),
    "an op of nobody": (calling("eval", taken("x")), "unknown op 'eval'"),
    "a loop that does not end": (
        calling("while_loop", function("builtins", "relu"), function("builtins", "relu"), [1.0]),
        "runs a function",
    ),
    "a large array": (calling("zeros", [10**6, 10**6]), "computes nothing from the inputs"),
}
for _name, (_change, _words) in GRAPHS.items():

    @row(f"as a graph: {_name}", _words)
    def _(change=_change):
        return graph(change)


# --- the weights ----------------------------------------------------------------------------------------------------


def hdf5(change, content=None, **options):
    """The good weights, changed with h5py."""
    file = io.BytesIO(members()[WEIGHTS] if content is None else content)
    with h5py.File(file, "w" if content == b"" else "r+", **options) as opened:
        change(opened)
    return file.getvalue()


KERNEL = "layers/dense/vars/0"


def replaced(data=None, **options):
    """A change that puts another array in the place of the first kernel."""

    def change(file):
        del file[KERNEL]
        file.create_dataset(KERNEL, data=data, **options)

    return change


def _external_link(file):
    del file[KERNEL]
    file[KERNEL] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/layers/dense_1/vars/0")


def _link_to_group(file):
    file["layers/again"] = h5py.SoftLink("/layers")


def _hard_link(file):
    del file["layers/dense/vars/1"]
    file["layers/dense/vars/1"] = file["layers/dense/vars/0"]


def _circle(file):
    file["layers/dense/layers"] = file["layers"]


def _virtual(file):
    del file[KERNEL]
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4, 3))
    file.create_virtual_dataset(KERNEL, layout)


def _external(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (4, 3), "f4", external=[("/etc/passwd", 0, 48)])


def _missing(file):
    del file[KERNEL]


def _missing_layer(file):
    del file["layers/dense_1"]


def _empty(file):
    for name in list(file):
        del file[name]


def _superfluous(file):
    file["layers/dense/vars/2"] = np.zeros(3, "float32")


def _other_layer(file):
    file["layers/dense_2/vars/0"] = np.zeros(3, "float32")


def _group_for_array(file):
    del file[KERNEL]
    file.create_group(KERNEL)


def _array_for_group(file):
    del file["layers/dense"]
    file["layers/dense"] = np.zeros(3, "float32")


def _many(file):
    for number in range(5000):
        file.create_group(f"x{number}")


def _long_header(file):
    for number in range(60):
        file["layers"].attrs[f"a{number}"] = np.zeros(60_000, "u1")


def _slots(file):
    del file["optimizer/vars/5"]


ONE = np.ones((4, 3), "float32")
WEIGHT_FILES = {
    "a soft link": (_soft_link, "soft link"),
    "a soft link to a group": (_link_to_group, "soft link"),
    "an external link": (_external_link, "external link"),
    "one array under two names": (_hard_link, "is there twice"),
    "a group in itself": (_circle, "is there twice"),
    "a virtual array": (_virtual, "virtual"),
    "an array in another file": (_external, "lies in another file"),
    "a compressed array": (replaced(ONE, compression="gzip"), "compressed by an HDF5 filter"),
    "an array in pieces": (replaced(ONE, chunks=(1, 3)), "not in one piece"),
    "an array without numbers": (replaced(shape=(4, 3), dtype="f4"), "not in the file"),
    "an array of 10**15 numbers": (replaced(shape=(10**9, 10**6), dtype="f4", chunks=(1, 1)), "not in one piece"),
    "texts": (replaced(["a", "b"]), "none of floats"),
    "texts of one length": (replaced(np.array([b"a"] * 12).reshape(4, 3)), "none of floats"),
    "complex numbers": (replaced(ONE.astype("complex64")), "none of floats"),
    "records": (replaced(np.zeros((4, 3), [("a", "f4")])), "none of floats"),
    "opaque bytes": (replaced(np.zeros((4, 3), "V4")), "none of floats"),
    "a null": (replaced(h5py.Empty("f4")), "a shape that is none"),
    "another shape": (replaced(ONE.T), "expects 'kernel' of shape (4, 3), got (3, 4)"),
    "a scalar": (replaced(np.float32(1)), "expects 'kernel' of shape (4, 3), got ()"),
    "integers": (replaced(ONE.astype("int32")), "is of dtype int32"),
    "booleans": (replaced(ONE.astype("bool")), "is of dtype bool"),
    "numbers that are too large": (replaced(np.full((4, 3), 1e300)), "too large"),
    "NaN": (replaced(ONE * np.nan), "holds NaN"),
    "an infinite number": (replaced(ONE * np.inf), "holds an infinite number"),
    "a missing array": (_missing, "has 2 variables, the file 1"),
    "a missing layer": (_missing_layer, "has 2 variables, the file 0"),
    "nothing at all": (_empty, "the file 0"),
    "an array too many": (_superfluous, "has 2 variables, the file 3"),
    "a layer too many": (_other_layer, "has no such layer"),
    "a group for an array": (_group_for_array, "has 2 variables, the file 1"),
    "an array for a group": (_array_for_group, "has 2 variables, the file 0"),
    "5,000 groups too many": (_many, "that are expected"),
    "long headers": (_long_header, "longer than Keras writes"),
    "a missing slot of the optimizer": (_slots, "does not fit"),
}


@cache
def weight_files():
    """Bytes of every hostile file of weights, by name."""
    good = members()[WEIGHTS]
    files = {name: hdf5(change) for name, (change, _) in WEIGHT_FILES.items()}
    files["no HDF5"] = b"weights"
    files["nothing"] = b""
    files["a zip archive"] = with_members()
    files["half"] = good[: len(good) // 2]
    files["a format of later"] = hdf5(lambda file: file.create_group("layers"), b"", libver="latest")
    files["another beginning"] = hdf5(lambda file: None, b"", userblock_size=512)
    files["a root elsewhere"] = _patched(good, 64, 2**40)
    files["a root in itself"] = _patched(good, 64, 0)
    files["a tree elsewhere"] = _node(good, 32, 2**50)
    files["a tree that is its own leaf"] = _own_leaf(good)
    files["names elsewhere"] = _heap(good)
    return files


WORDS = {
    **{name: words for name, (_, words) in WEIGHT_FILES.items()},
    "no HDF5": "no HDF5 file",
    "nothing": "no HDF5 file",
    "a zip archive": "no HDF5 file",
    "half": "is cut off",
    "a format of later": "HDF5's format",
    "another beginning": "no HDF5 file",
    "a root elsewhere": "points outside of itself",
    "a root in itself": "does not write",
    "a tree elsewhere": "points outside of itself",
    "a tree that is its own leaf": "is there twice",
    "names elsewhere": "points outside of itself",
}


def _patched(content, place, value):
    changed = bytearray(content)
    struct.pack_into("<Q", changed, place, value)
    return bytes(changed)


def _node(content, offset, value):
    return _patched(content, content.rindex(b"TREE") + offset, value)


def _own_leaf(content):
    place = content.rindex(b"TREE")
    changed = bytearray(_patched(content, place + 32, place))
    changed[place + 5] = 1
    return bytes(changed)


def _heap(content):
    return _patched(content, content.rindex(b"HEAP") + 24, 2**40)


for _name, _words in WORDS.items():

    @row(f"as weights: {_name}", _words)
    def _(name=_name):
        return with_members(weights=weight_files()[name])


# --- a training to go on with ---------------------------------------------------------------------------------------

STATE, ARRAY, VARIABLE = "resume/state", "resume/arrays/0", "resume/variables/0"


@cache
def training():
    """The bytes of a good file of a training."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.weights.h5")
        state = {**dict.fromkeys(NEEDED, 0), "order": np.arange(4)}
        save_training(good_model(), path, state)
        return path.read_bytes()


def said(state):
    """A change that puts another text in the place of the state."""
    text = state if isinstance(state, bytes) else json.dumps(state).encode()

    def change(file):
        del file[STATE]
        file[STATE] = np.frombuffer(text, "uint8")

    return change


def _large_array(file):
    del file[ARRAY]
    file[ARRAY] = np.zeros(2**20)
    said({**dict.fromkeys(NEEDED, 0), "order": [{"array": 0}] * 1000})(file)


def _other_variable(file):
    del file[VARIABLE]
    file[VARIABLE] = np.zeros((2, 2), "float32")


def _no_variables(file):
    del file["resume/variables"]


def _no_state(file):
    del file[STATE]


TRAININGS = {
    "no JSON": (said(b"state"), "no JSON"),
    "brackets": (said(b"[" * 10_000), "levels deep"),
    "a list": (said([1]), "can go on with"),
    "nothing": (said({}), "can go on with"),
    "an array that is not there": (said({"order": {"array": 7}}), "is not there, or twice"),
    "an array by another name": (said({"order": {"array": "../state"}}), "is not there, or twice"),
    "an array a thousand times": (_large_array, "is not there, or twice"),
    "a variable of another shape": (_other_variable, "does not fit"),
    "no variables": (_no_variables, "is of a model with 0"),
    "no state": (_no_state, "no training to go on with"),
    "a soft link": (_soft_link, "soft link"),
}


def write_all(folder):
    """Writes every file of the table to `folder`, under its number; returns the paths by the row's name."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for number, entry in enumerate(ROWS):
        paths[entry.name] = folder / f"{number:03}.keras"
        paths[entry.name].write_bytes(entry.make())
    return paths


if __name__ == "__main__":
    for name, path in write_all(sys.argv[1]).items():
        print(path, name)
