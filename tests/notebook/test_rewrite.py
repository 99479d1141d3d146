"""What the rewriter makes of each form of the grammar, and what it leaves alone."""

import ast

import pytest

from nbkeras.notation.rewrite import rewrite

# source -> the same, rewritten
FORMS = {
    "a step": ("Dense(8)", "_ = __step__(_, Dense(8), 1)"),
    "a bare name": ("words", "_ = __step__(_, words, 1)"),
    "a formula": ("_ + skip", "_ = __step__(_, _ + skip, 1)"),
    "a label": ("h: Dense(4)", "_ = h = __step__(_, Dense(4), 1, 'h', True)"),
    "a label for what has a name": ("h: Dense(4, name='x')", "_ = h = __step__(_, Dense(4, name='x'), 1, 'h', False)"),
    "a label for a named layer's tensor": (
        "h: LSTM(4, name='x')(a)",
        "_ = h = __step__(_, LSTM(4, name='x')(a), 1, 'h', False)",
    ),
    "another name for a tensor": ("h: words", "_ = h = __step__(_, words, 1, 'h', False)"),
    "another model's tensor": ("h: net['h']", "_ = h = __step__(_, net['h'], 1, 'h', False)"),
    "a part of a tensor": ("h: words[:, 0]", "_ = h = __step__(_, words[:, 0], 1, 'h', True)"),
    "an assignment": ("h = Dense(4)", "h = __bound__(Dense(4), 'h', 1)"),
    "a loop": ("for n in (8, 4):\n    Dense(n)", "for n in (8, 4):\n    _ = __step__(_, Dense(n), 2)"),
    "a loop that counts": (
        "for _ in range(3):\n    Dense(4)",
        "for __unused__ in range(3):\n    _ = __step__(_, Dense(4), 2)",
    ),
    "a loop over pairs": ("for _, n in z:\n    Dense(n)", "for __unused__, n in z:\n    _ = __step__(_, Dense(n), 2)"),
    "if": (
        "if deep:\n    Dense(8)\nelse:\n    Dense(4)",
        "if deep:\n    _ = __step__(_, Dense(8), 2)\nelse:\n    _ = __step__(_, Dense(4), 4)",
    ),
    "with": ("with scope() as s:\n    Dense(4)", "with scope() as s:\n    _ = __step__(_, Dense(4), 2)"),
    "try": (
        "try:\n    Dense(4)\nexcept ValueError:\n    Dense(2)",
        "try:\n    _ = __step__(_, Dense(4), 2)\nexcept ValueError:\n    _ = __step__(_, Dense(2), 4)",
    ),
    "a block": (
        "def block(n, rate=0.1):\n    Dense(n)",
        "@__block__\ndef block(_, /, n, rate=0.1):\n    _ = __step__(_, Dense(n), 2)\n    return _",
    ),
    "a block that ends early": (
        "def block(n):\n    if n:\n        return\n    Dense(n)",
        "@__block__\ndef block(_, /, n):\n    if n:\n        return _\n    _ = __step__(_, Dense(n), 4)\n    return _",
    ),
    "a block in a block": (
        "def outer():\n    def inner():\n        Dense(4)\n    inner()",
        "@__block__\ndef outer(_, /):\n\n    @__block__\n    def inner(_, /):\n        _ = __step__(_, Dense(4), 3)\n"
        "        return _\n    _ = __step__(_, inner(), 4)\n    return _",
    ),
    "a block with an ordinary function": (
        "def outer():\n    def size():\n        return 4\n    Dense(size())",
        "@__block__\ndef outer(_, /):\n\n    def size():\n        return 4\n"
        "    _ = __step__(_, Dense(size()), 4)\n    return _",
    ),
}

UNTOUCHED = [
    "'a docstring'",
    "x: int = 3",
    "a, b = pair",
    "x += 1",
    "net.label: Dense(4)",
    "def size(n):\n    print(n)\n    return 2 * n",
    "def numbers():\n    yield 1",
    "class Scale(Layer):\n    factor\n\n    def call(self, x):\n        x",
    "f = g = lambda x: Dense(4)",
    "net.layers = [Dense(n) for n in sizes]",
    "import math",
    "async def f():\n    Dense(4)",
]


def rewritten(source):
    return ast.unparse(rewrite(ast.parse(source).body))


@pytest.mark.parametrize(("source", "expected"), FORMS.values(), ids=FORMS)
def test_form(source, expected):
    assert rewritten(source) == ast.unparse(ast.parse(expected))  # each version of Python writes as it likes


@pytest.mark.parametrize("source", UNTOUCHED)
def test_ordinary_python_stays(source):
    assert rewritten(source) == ast.unparse(ast.parse(source))


@pytest.mark.parametrize("source", [form[0] for form in FORMS.values()] + UNTOUCHED)
def test_lines_stay_and_it_compiles(source):
    tree = rewrite(ast.parse(source).body)
    compile(tree, "<cell>", "exec")
    steps = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "__step__"]
    assert all(step.lineno == step.args[2].value for step in steps)


def test_the_source_is_not_changed():
    body = ast.parse("for _ in x:\n    Dense(4)").body
    rewrite(body)
    assert ast.unparse(body) == "for _ in x:\n    Dense(4)"
