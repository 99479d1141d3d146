"""`pytest --nbkeras`: notebooks with outputs stored by hand, run by a pytest inside this one."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from nbkeras.pytest_plugin.comparison import Tolerance, differences
from nbkeras.pytest_plugin.outputs import shown
from nbkeras.pytest_plugin.rules import rules_of

pytest_plugins = ["pytester"]

TOLERANCE = Tolerance(0.01, 1e-8)


def display(**data):
    """A stored display; `text_plain` is the mime type text/plain."""
    return new_output("display_data", data={mime.replace("_", "/", 1): value for mime, value in data.items()})


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def raised(name, message):
    return new_output("error", ename=name, evalue=message, traceback=["as it was on another day"])


def cell(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


@pytest.fixture
def run(pytester):
    """Runs pytest with the plugin on one notebook of these cells: `(result, path of the notebook)`."""

    def run(*cells, options=("--nbkeras",)):
        path = pytester.path / "cells.ipynb"
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path.write_text(nbformat.writes(new_notebook(cells=cells, metadata=kernel)), encoding="utf-8")
        return pytester.runpytest("-p", "pytest_nbkeras", *options), path

    return run


# --- whole notebooks ---


def test_what_agrees_passes(run):
    result, _ = run(
        cell("from IPython.display import clear_output, display"),
        cell("print('accuracy', 0.871)", printed("accuracy 0.870\n")),
        cell("print(1e-17)", printed("3e-18\n")),
        # the last state of a display is what is stored, as Jupyter stores it
        cell(
            "handle = display('epoch 1', display_id=True)\nfor n in (2, 3):\n    handle.update(f'epoch {n}')",
            display(text_plain="'epoch 3'"),
        ),
        cell("later = display('here', display_id=True)", display(text_plain="'there'")),
        cell("later.update('there')"),
        cell("print('before')\nclear_output()\nprint('after')", printed("after\n")),
        cell("print('a', end='')\nprint('b')", printed("a"), printed("b\n")),
        cell(
            "display({'text/html': '<b>x</b><!--nbkeras:live-->1<!--/nbkeras:live-->', 'image/png': 'AA'}, raw=True)",
            display(text_html="<b>x</b><!--nbkeras:live-->2<!--/nbkeras:live-->", image_png="BB"),
        ),
        cell("# NBVAL_IGNORE_OUTPUT\nprint('now')", printed("then\n")),
        cell("print('now')", printed("then\n"), tags=["nbval-ignore-output"]),
        cell("# NBVAL_SKIP\n1 / 0", printed("as it was\n")),
        cell("1 / 0", raised("ZeroDivisionError", "division by zero"), tags=["raises-exception"]),
        cell("# NBKERAS_RTOL = 0.5\nprint(0.5)", printed("0.7\n")),
        cell("object()", new_output("execute_result", data={"text/plain": "<object at 0x7fdf0c0d5ea0>"})),
    )
    result.assert_outcomes(passed=1)


def test_every_cell_that_differs_is_shown_with_its_source(run):
    result, _ = run(
        cell("x = 1", printed("gone\n")),
        cell("# accuracy\nprint('accuracy', 0.9)\nprint('same')", printed("accuracy 0.5\nsame\n")),
        cell("print('new')"),
        cell("7", new_output("execute_result", data={"text/plain": "7"})),
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cell [[]1] shows something else than is stored",
            "  │ x = 1",
            "stdout is missing",
            "  - gone",
            "cell [[]2] shows something else than is stored",
            "  │ # accuracy",
            "  │ print('accuracy', 0.9)",
            "stdout differs (- stored, + new)",
            "  - accuracy 0.5",
            "  + accuracy 0.9",
            "  0.5 is stored, 0.9 is new: 44.4 % apart, 1 % allowed",
            "cell [[]3] shows something else than is stored",
            "stdout is not stored",
            "  + new",
        ]
    )
    result.stdout.no_fnmatch_line("*cell [[]4]*")


def test_a_cell_that_raises_ends_the_run_and_shows_its_traceback(run):
    result, path = run(
        cell("def half(x):\n    return x / 0"),
        cell("half(3)"),
        cell("print('not reached')", printed("as it was\n")),
        options=("--nb-update",),
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cell [[]2] raised ZeroDivisionError",
            "  │ half(3)",
            "*return x / 0",
            "ZeroDivisionError: division by zero",
            "nothing is stored, since the notebook did not run to its end",
        ]
    )
    assert nbformat.read(path, as_version=4).cells[2].outputs[0].text == "as it was\n"
    assert [file.name for file in path.parent.iterdir() if file.suffix == ".ipynb"] == ["cells.ipynb"]


def test_a_cell_that_takes_too_long(run):
    result, _ = run(cell("import time\ntime.sleep(60)"), options=("--nbkeras", "--nb-timeout", "1"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cell [[]1] took longer than 1 s; --nb-timeout SECONDS allows more"])


def test_a_kernel_that_dies(run):
    result, _ = run(cell("import os\nos._exit(1)"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cell [[]1] ended its kernel"])


def test_an_unknown_kernel(run):
    result, _ = run(cell("1"), options=("--nbkeras", "--nb-kernel", "fortran"))
    result.stdout.fnmatch_lines(["there is no kernel 'fortran' here; --nb-kernel python3 takes another"])


def test_update_stores_what_is_shown_and_nothing_else(run, pytester):
    result, path = run(
        cell("print('new')\nprint(0.2)", printed("old\n")),
        cell("7", new_output("execute_result", data={"text/plain": "8"}), tags=["mine"]),
        options=("--nb-update",),
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["nbkeras: stored the new outputs in cells.ipynb"])
    first, second = nbformat.read(path, as_version=4).cells
    assert [dict(output) for output in first.outputs] == [dict(printed("new\n0.2\n"))]
    assert (second.outputs[0].data, second.outputs[0].execution_count) == ({"text/plain": "7"}, 2)
    assert (second.metadata.tags, second.execution_count) == (["mine"], 2)
    before = path.read_bytes()
    again = pytester.runpytest("-p", "pytest_nbkeras", "--nb-update")
    again.assert_outcomes(passed=1)
    assert "stored the new outputs" not in again.stdout.str()
    assert path.read_bytes() == before


# --- only where it is asked for ---


def test_nothing_is_collected_unasked(run):
    result, _ = run(cell("1 / 0"), options=())
    result.assert_outcomes()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_one_of_nbval_and_nbkeras(run):
    result, _ = run(cell("1"), options=("--nbkeras", "--nbval"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--nbkeras and --nbval would both run every notebook: ask for one of them"])


def test_without_nbclient(run, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("nbkeras.pytest_plugin.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nbclient", None)
    result, _ = run(cell("1"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--nbkeras needs nbclient, which is not installed: pip install 'nbkeras[[]test]'"])


def test_a_session_that_does_not_ask_pays_nothing():
    script = "import sys, pytest_nbkeras; print(*sorted({'nbkeras', 'numpy', 'pytest', 'nbclient'} & {*sys.modules}))"
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


# --- comparison ---

# new, stored, what is said of it
TEXTS = {
    "same": ("a 0.5", "a 0.5", []),
    "within the tolerance": ("a 0.501 b 1,002.5", "a 0.503 b 1,000.1", []),
    "alignment": ("a   9.99\nb     10", "a  10.0\nb    10", []),
    "a share": ("93.5%", "93.6%", []),
    "an array": ("[1.   0.999]", "[1. 1.]", []),
    "beyond": ("a 0.5", "a 0.6", ["- a 0.6", "+ a 0.5", "0.6 is stored, 0.5 is new: 16.7 % apart, 1 % allowed"]),
    "sign": ("-0.5", "0.5", ["- 0.5", "+ -0.5", "0.5 is stored, -0.5 is new: 200 % apart, 1 % allowed"]),
    "whole": ("1000", "1001", ["- 1001", "+ 1000", "1001 is stored, 1000 is new: whole numbers must be equal"]),
    "end of a sentence": (
        "in 3.",
        "in 4.",
        ["- in 4.", "+ in 3.", "4. is stored, 3. is new: whole numbers must be equal"],
    ),
    "part of a name": ("conv2d_1", "conv2d_2", ["- conv2d_2", "+ conv2d_1"]),
    "version": ("1.2.3", "1.2.4", ["- 1.2.4", "+ 1.2.3"]),
    "size": ("640x480", "641x480", ["- 641x480", "+ 640x480"]),
    "no number": ("nan", "0.5", ["- 0.5", "+ nan"]),
    "a word": ("loss 0.5", "mse 0.5", ["- mse 0.5", "+ loss 0.5"]),
    "a training": ("≈ loss  0.55  #", "≈ loss  0.5  #", []),
    "another training": (
        "≈ loss  0.56  #",
        "≈ loss  0.5  #",
        ["- ≈ loss  0.5  #", "+ ≈ loss  0.56  #", "0.5 is stored, 0.56 is new: 10.7 % apart, 10 % allowed"],
    ),
    "a line more": ("a 0.500\nb 1.5\nc", "a 0.501\nc", ["  a 0.501", "+ b 1.5", "  c"]),
}  # fmt: skip


@pytest.mark.parametrize(("new", "stored", "said"), TEXTS.values(), ids=TEXTS)
def test_texts(new, stored, said):
    head = ["stdout differs (- stored, + new)"] if said else []
    assert differences({"stdout": new}, {"stdout": stored}, TOLERANCE) == head + [f"  {line}" for line in said]


TABLE = "net: 2 epochs\n      first   last   best  in epoch\nloss  0.900  0.500  0.500         {}\n"

VARYING = "net: 2 epochs\n≈       first   last   best  in epoch\n≈ loss  0.900  0.500  0.500         #"

# outputs of a cell, what is compared of them
OUTPUTS = {
    "streams are joined": ([printed("a"), printed("!", "stderr"), printed("b")], {"stdout": "ab", "stderr": "!"}),
    "a bar that was written over": ([printed("1/2\r2/2\n")], {"stdout": "2/2"}),
    "colours": ([printed("\x1b[31mred\x1b[0m")], {"stdout": "red"}),
    "files of cells": ([printed("/tmp/ipykernel_12/34.py:1: Warning", "stderr")], {"stderr": "<cell>:1: Warning"}),
    "pictures": ([display(image_svg_xml="x")], {"output 1, image/svg_xml": ""}),
    "pictures in HTML": (
        [display(text_html='<p><img alt="a" src="data:image/png;base64,AA+/="></p>')],
        {"output 1, text/html": '<p>\n<img alt="a" src="data:image/png;base64,…">\n</p>'},
    ),
    "data": (
        [display(application_json={"b": 1, "a": [2]})],
        {"output 1, application/json": '{\n "a": [\n  2\n ],\n "b": 1\n}'},
    ),
    "an error": ([raised("ValueError", "no")], {"error": "ValueError: no"}),
    "an evaluation": (
        [printed("classification of 9 rows into 2 classes\n5 rows right\nloss  0.5")],
        {"stdout": "classification of 9 rows into 2 classes\n≈ # rows right\n≈ loss  0.5"},
    ),
    "the best epoch": ([printed(TABLE.format(7))], {"stdout": VARYING}),
}  # fmt: skip


@pytest.mark.parametrize(("outputs", "texts"), OUTPUTS.values(), ids=OUTPUTS)
def test_outputs(outputs, texts):
    assert shown(outputs) == texts


@pytest.mark.parametrize(
    ("source", "tags", "rules"),
    [
        ("x", [], (True, True, False, TOLERANCE)),
        ("", [], (False, False, False, TOLERANCE)),
        ("  # NBVAL_SKIP\nx", [], (False, True, False, TOLERANCE)),
        ("x", ["skip-execution"], (False, True, False, TOLERANCE)),
        ("# PYTEST_VALIDATE_IGNORE_OUTPUT\nx", [], (True, False, False, TOLERANCE)),
        ("# NBVAL_RAISES_EXCEPTION\nx", [], (True, True, True, TOLERANCE)),
        ("x  # NBVAL_SKIP", ["other"], (True, True, False, TOLERANCE)),
        ("# NBKERAS_ATOL: 0.5\nx", ["nbkeras-rtol=1e-3"], (True, True, False, Tolerance(1e-3, 0.5))),
    ],
)
def test_rules(source, tags, rules):
    found = rules_of(cell(source, tags=tags), TOLERANCE)
    assert (found.runs, found.compares, found.may_raise, found.tolerance) == rules


def test_a_tolerance_that_is_no_number(run):
    result, _ = run(cell("# NBKERAS_RTOL = 1%\n1"))
    result.stdout.fnmatch_lines(["cell [[] ] states the tolerance '1%', which is no number"])
