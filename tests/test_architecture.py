"""The house: which room may import which, what stays outside, and how long a function may be."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nbkeras"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: a room imports from lines above its own, and on its own line from rooms to its left.
ROOMS = """
    warning tree naming operators png text layout unavailable autodiff
    backends
    config
    variables masks symbolic scopes
    ops backend
    gradients random
    bounding_boxes
    serialization dtype_policies quantizers
    activations initializers regularizers constraints losses metrics optimizers mixed_precision
    layers
    data
    callbacks training
    saving
    models distillation wrappers
    inspection
    explain
    utils preprocessing datasets applications visualization legacy distribution export
    notation
    aliases
    nbkeras
    notebook
    pytest_plugin
""".split()
FLOOR = {room: height for height, room in enumerate(ROOMS)}

# What reaches up, inside a function: (file, room it reaches) -> why it must.
UPWARD = {
    ("ops/image/warping.py", "random"): "elastic_transform is an op that draws",
    ("config.py", "dtype_policies"): "the policy is a setting like the others, which is read through its class",
    ("callbacks/backup.py", "saving"): "a callback keeps the training in a file, the model as it is saved",
    ("callbacks/csv_logger.py", "saving"): "a table of logs is a file, which is written whole or not at all",
    ("callbacks/tensorboard/embeddings.py", "saving"): "so are the tables that the projector reads",
    ("variables.py", "initializers"): "a variable may name its initializer, as a layer does",
    ("__init__.py", "notebook"): "%load_ext nbkeras asks the package for its extension",
    ("models/model.py", "notation"): "a model writes itself as the source that the notation reads",
    ("models/model.py", "notebook"): "a notebook asks an object that it displays for its picture",
}

# Third parties, the only places that may import them, and whether only inside functions.
CONFINED = {
    "IPython": ("notebook/", False),
    "anywidget": ("notebook/", True),
    "ipywidgets": ("notebook/", False),
    "traitlets": ("notebook/", False),
    "matplotlib": ("", True),
    "jax": ("backends/jax.py", False),
    "torch": ("backends/torch.py", False),
    "tensorflow": ("backends/tensorflow.py", False),
    "h5py": (None, True),
    "PIL": ("", True),
    "soundfile": ("data/sound.py", True),
    "onnx": ("saving/onnx/", True),
    "keras": (None, True),
    "scipy": (None, True),
    "shap": ("explain/", True),
    "sklearn": ("wrappers/", False),
    "nbclient": ("pytest_plugin/", False),
    "nbformat": ("pytest_plugin/", False),
    "pytest": ("pytest_plugin/", False),
}
MAX_FUNCTION_LINES = 60


def relative(path):
    return path.relative_to(PACKAGE).as_posix()


def room_of(name):
    """`layers/core.py` and `nbkeras.layers.core` are in room `layers`; `nbkeras.Sequential` is in `nbkeras` itself."""
    first = name.removesuffix(".py").replace("/", ".").removeprefix("nbkeras.").split(".")[0]
    is_file = first != "__init__" and (PACKAGE / f"{first}.py").is_file()
    return first if first in FLOOR or is_file or (PACKAGE / first).is_dir() else "nbkeras"


def imports(path):
    """Every import of a file as `(absolute name, line, is it inside a function)`; those for type checkers left out."""
    package = ["nbkeras", *path.relative_to(PACKAGE).parent.parts]

    def walk(node, lazy):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, child.lineno, lazy) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) + 1 - child.level] if child.level else []
                module = ".".join([*base, *([child.module] if child.module else [])])
                yield from ((f"{module}.{alias.name}", child.lineno, lazy) for alias in child.names)
            elif not is_type_checking(child):
                inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from walk(child, lazy or inside)

    return list(walk(ast.parse(path.read_text(encoding="utf-8")), False))


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def test_every_room_has_its_floor():
    unknown = {room_of(relative(path)) for path in FILES} - {*ROOMS}
    assert not unknown, f"give {sorted(unknown)} a place in ROOMS"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_point_down(path):
    floor = FLOOR[room_of(relative(path))]
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for name, line, lazy in imports(path)
        if name.split(".")[0] == "nbkeras" and FLOOR[room_of(name)] > floor
        if not (lazy and (relative(path), room_of(name)) in UPWARD)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_third_parties_stay_in_their_room(path):
    wrong = []
    for name, line, lazy in imports(path):
        home, only_lazy = CONFINED.get(name.split(".")[0], ("", False))
        if home is None or not relative(path).startswith(home) or (only_lazy and not lazy):
            wrong.append(f"{relative(path)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_exceptions_are_still_needed():
    used = {(relative(path), room_of(name)) for path in FILES for name, _, lazy in imports(path) if lazy}
    assert UPWARD.keys() <= used


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_functions_are_short(path):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, functions)]
    long = {node.name: size for node in nodes if (size := node.end_lineno - node.lineno + 1) > MAX_FUNCTION_LINES}
    assert not long, f"{relative(path)}: {long}"


def test_no_file_is_a_drawer():
    assert not [relative(path) for path in FILES if path.stem in ("utils", "helpers", "misc", "common")]


def test_a_script_needs_no_notebook(tmp_path):
    """Without `notebook/`, a plain script still declares, trains and evaluates."""
    shutil.copytree(PACKAGE, tmp_path / "nbkeras", ignore=shutil.ignore_patterns("notebook", "__pycache__"))
    script = (
        "import numpy, nbkeras\n"
        "x = numpy.zeros((8, 3), 'float32')\n"
        "net = nbkeras.Sequential([nbkeras.layers.Dense(1)])\n"
        "net.compile('sgd', 'mse')\n"
        "net.fit(x, x[:, :1], epochs=1, verbose=0)\n"
        "print(nbkeras.__file__, float(net.evaluate(x, x[:, :1], verbose=0)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{tmp_path / 'nbkeras' / '__init__.py'} 0.0\n"
