"""The rewriter: in a declaration a bare expression is a step. Everything else stays ordinary Python.

    Dense(8)                  _ = __step__(_, Dense(8), 2)
    words: LSTM(16)           _ = words = __step__(_, LSTM(16), 3, "words", True)
    def block(n):             @__block__
        Dense(n)              def block(_, /, n):
                                  _ = __step__(_, Dense(n), 5)
                                  return _
    h = Dense(4)              h = __bound__(Dense(4), "h", 6)

`Declaration` gives the three helpers their meaning. `_` is the current tensor, as in IPython it is the last result.
"""

import ast
import copy
from collections.abc import Sequence

__all__ = ["BLOCK", "BOUND", "CURRENT", "STEP", "rewrite"]

CURRENT = "_"
STEP, BLOCK, BOUND = "__step__", "__block__", "__bound__"


def rewrite(body: Sequence[ast.stmt]) -> ast.Module:
    """A module that runs the suite `body` as a declaration; line numbers stay."""
    module = ast.Module(body=copy.deepcopy(list(body)), type_ignores=[])
    return ast.fix_missing_locations(_Rewriter().visit(module))


class _Rewriter(ast.NodeTransformer):
    def visit_Expr(self, node):
        if _is_string(node.value) or isinstance(node.value, (ast.Yield, ast.YieldFrom, ast.Await)):
            return node
        return ast.copy_location(ast.Assign([_store(CURRENT)], _step(node.value, node.lineno)), node)

    def visit_AnnAssign(self, node):
        if node.value is not None or not isinstance(node.target, ast.Name):
            return node
        value = node.annotation
        label = node.target.id
        targets = [_store(CURRENT), _store(label)]
        step = _step(value, node.lineno, label, _is_fresh(value))
        return ast.copy_location(ast.Assign(targets, step), node)

    def visit_Assign(self, node):
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            node.value = _call(BOUND, node.value, ast.Constant(node.targets[0].id), ast.Constant(node.lineno))
        return node

    def visit_For(self, node):
        node.target = _Rename().visit(node.target)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        if _gives_value(node.body):
            return node
        node.args.posonlyargs.insert(0, ast.arg(CURRENT))
        node.decorator_list.append(_load(BLOCK))
        node.body = [self.visit(statement) for statement in node.body]
        node.body.append(ast.Return(_load(CURRENT)))
        return node

    def visit_Return(self, node):
        """A bare `return` ends a block early, with what it has so far."""
        return ast.copy_location(ast.Return(_load(CURRENT)), node)

    def _as_it_stands(self, node):
        return node

    visit_ClassDef = visit_AsyncFunctionDef = _as_it_stands


class _Rename(ast.NodeTransformer):
    """`for _ in …` counts without touching the current tensor."""

    def visit_Name(self, node):
        return ast.copy_location(_store("__unused__"), node) if node.id == CURRENT else node


def _gives_value(body):
    """Whether a function body returns or yields something itself, and so is an ordinary function."""
    for node in body:
        if isinstance(node, ast.Return) and node.value is not None or isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        inner = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
        if not inner and _gives_value(ast.iter_child_nodes(node)):
            return True
    return False


def _is_fresh(node):
    """Whether an expression makes a layer or tensor without giving it a name."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return isinstance(node, ast.Subscript) and not _is_string(node.slice)
    while isinstance(node, ast.Call):
        if any(keyword.arg == "name" for keyword in node.keywords):
            return False
        node = node.func
    return True


def _is_string(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _step(value, *constants):
    return _call(STEP, _load(CURRENT), value, *map(ast.Constant, constants))


def _call(function, *args):
    return ast.Call(_load(function), list(args), [])


def _load(name):
    return ast.Name(name, ast.Load())


def _store(name):
    return ast.Name(name, ast.Store())
