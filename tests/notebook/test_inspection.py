"""`Dense?` and Shift-Tab: the manual of a layer that is no variable of the notebook, in the shell and in a kernel."""

import pytest
from jupyter_client.manager import start_new_kernel

CELL = "%%model net\nInput((8,))\nDense(8)\ncompile('adam')"

# the cell, with | where the cursor is -> what the manual says, and what it does not
ANSWERS = {
    "%%model net\nInput((8,))\nDense(|": ("activation(x @ kernel + bias)", None),
    "%%model net\nInput((8,))\nDense(8, activation='relu'|)": ("activation(x @ kernel + bias)", None),
    "%%model net\nInput((8,))\nDen|se(8)": ("units", None),
    "%%model net\nIn|put((8,))": ("A symbolic tensor", None),
    "%%model net\nInput((8,))\ncompile(|": ("metrics come third", "code object"),
    "%%model net\nInput((8,))\nOutput(|": ("what the model's outputs are", None),
    "%%model net\nInput((8,))\nops.soft|max(_)": ("softmax", None),
    "%%model net\nInput((8,))\nBidirectional(LSTM(|": ("return_sequences", None),
    "layers.Den|se": ("activation(x @ kernel + bias)", None),
    "compile(|": ("code object", "metrics come third"),
    "width|": ("3", None),
}
UNKNOWN = ["%%model net\nDens|", "nonsense|"]


@pytest.mark.parametrize("name", ["Dense", "layers.Dense", "keras.layers.Dense", "concatenate", "ops.softmax"])
def test_question_mark(notebook, name):
    info = notebook.shell._object_find(name)
    assert info.found
    assert info.obj.__name__ == name.rpartition(".")[2]
    assert not {"Dense", "layers", "keras", "concatenate", "ops"} & set(notebook.variables)


def test_the_readers_names_come_first(notebook):
    notebook.variables["Dense"] = int
    assert notebook.shell._object_find("Dense").obj is int


def test_names_in_given_namespaces_are_looked_up_there_alone(notebook):
    assert not notebook.shell._object_find("Dense", [("mine", {})]).found


def test_unload_takes_it_back(notebook):
    notebook.run("%unload_ext nbkeras")
    assert not notebook.shell._object_find("Dense").found
    assert "_ofind" not in vars(notebook.shell)
    notebook.run("%load_ext nbkeras")


@pytest.fixture(scope="module")
def client():
    manager, client = start_new_kernel()
    client.execute_interactive("%load_ext nbkeras\nwidth = 3", timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def inspected(client, marked):
    cursor = marked.index("|")
    return client.inspect(marked.replace("|", ""), cursor, reply=True, timeout=60)["content"]


@pytest.mark.parametrize(("cell", "expected"), ANSWERS.items())
def test_shift_tab_in_a_kernel(client, cell, expected):
    content = inspected(client, cell)
    assert content["found"]
    text = content["data"]["text/plain"]
    assert expected[0] in text
    assert expected[1] is None or expected[1] not in text


@pytest.mark.parametrize("cell", UNKNOWN)
def test_what_nobody_knows_in_a_kernel(client, cell):
    assert not inspected(client, cell)["found"]


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("%%model net\nInput((8,))\nDense(8, activation='so|", "softmax"),
        ("%%model net\nInput((8,))\nDe|\nReLU()", "Dense"),
        ("%%model net\nInput((8,))\nDense(wid|", "width"),
        ("%%model net --back|", "--backend"),
    ],
)
def test_completion_in_a_kernel(client, cell, word):
    cursor = cell.index("|")
    content = client.complete(cell.replace("|", ""), cursor, reply=True, timeout=60)["content"]
    assert word in content["matches"]
