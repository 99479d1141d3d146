"""From a declaration's source to its model."""

from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from nbkeras import config, tree
from nbkeras.layers import InputLayer, Layer
from nbkeras.models import Model, Sequential
from nbkeras.naming import fresh_names
from nbkeras.notation.add_loss import AddLoss
from nbkeras.notation.ancestry import ancestors
from nbkeras.notation.checks import Remark, remarks
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.errors import ModelError
from nbkeras.notation.names import library
from nbkeras.notation.report import reporting
from nbkeras.notation.rewrite import CURRENT, rewrite
from nbkeras.notation.suite import Suite, not_python
from nbkeras.symbolic import KerasTensor
from nbkeras.utils import set_random_seed

__all__ = ["build"]


def build(
    suite: Suite,
    name: str,
    namespace: Mapping[str, Any],
    *,
    seed: int | None = None,
    dtype: str | None = None,
    backend: str | None = None,
) -> tuple[Model, list[Remark]]:
    """Runs a declaration and makes its model.

    Args:
        suite: the source.
        name: of the model.
        namespace: the reader's variables, which the declaration reads and does not write.
        seed: makes the initial weights, and the training that follows, repeatable.
        dtype: of weights and computation; default `config.floatx()`.
        backend: of training, unless the declaration's `compile` names one.

    Returns:
        The model, and remarks on what was probably meant otherwise.

    Raises:
        ModelError: at the line that cannot be run.
    """
    if seed is not None:
        set_random_seed(seed)
    declaration = Declaration()
    scope = {**namespace, **library(), **declaration.scope(), CURRENT: None}
    with fresh_names(), _floatx(dtype):
        run(suite, declaration, scope, name)
        model = assemble(suite, declaration, scope, name)
        if declaration.compiled is not None:
            call = declaration.compiled
            options = {"backend": backend, **call.kwargs} if backend else call.kwargs
            with reporting(suite, declaration, scope, call.line):
                model.compile(*call.args, **options)
    model.labels = declaration.labels
    found = remarks(suite, declaration, model, namespace)
    model.remarks = tuple(map(str, found))
    return model, found


def run(suite: Suite, declaration: Declaration, scope: dict[str, Any], name: str) -> None:
    """Runs the rewritten suite, called `name` in tracebacks, in `scope`; then `scope["_"]` is the last tensor."""
    try:
        code = compile(rewrite(suite.body), suite.filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise not_python(error, suite.lines) from None
    with reporting(suite, declaration, scope):
        exec(code.replace(co_name=name), scope)


def assemble(suite: Suite, declaration: Declaration, scope: Mapping[str, Any], name: str) -> Model:
    """The model of a declaration that has run: a `Sequential` where it is a plain chain without `Output`."""
    line = declaration.result.line if declaration.result else 0
    with reporting(suite, declaration, scope, line):
        if declaration.whole is not None:
            declaration.whole.name = name
            return declaration.whole
        outputs = _outputs(declaration, scope[CURRENT])
        _check_names(suite, declaration, outputs)
        inputs = _reached_inputs(declaration, outputs)
        chain = [] if declaration.result else plain_chain(outputs, inputs)
        if chain:
            return Sequential(chain, name=name)
        return Model(inputs[0] if len(inputs) == 1 else inputs, outputs, name=name)


def _outputs(declaration, current):
    call = declaration.result
    if call is None:
        outputs = current
    elif call.args and call.kwargs:
        raise ValueError("Output takes tensors in order or by name, got both")
    else:
        outputs = call.kwargs or (call.args[0] if len(call.args) == 1 else list(call.args))
    if outputs is None or not tree.flatten(outputs):
        raise ModelError("the declaration has no layers; begin with Input((features,)) and go on with Dense(1)")
    for tensor in tree.flatten(outputs):
        if not isinstance(tensor, KerasTensor):
            raise TypeError(f"Output expects tensors, got {type(tensor).__name__}")
    return _with_losses(declaration, outputs)


def _check_names(suite, declaration, outputs):
    """Raises ModelError at the line of a layer whose name another one has."""
    reached = set(map(id, ancestors(outputs)))
    lines: dict[str, tuple[Any, int]] = {}
    for tensor in declaration.tensors:
        layer, line = tensor.node.operation, declaration.lines[id(tensor)]
        if isinstance(layer, Layer) and id(tensor) in reached:
            other, first = lines.setdefault(layer.name, (layer, line))
            if other is not layer:
                told = f"expects a name of its own, got '{layer.name}', which the layer of line {first} has"
                raise ModelError(f"{told}; give this one another", suite.at(line), suite.lines)


def _with_losses(declaration, outputs):
    """The outputs, of which the first one brings the added losses along."""
    leaves = tree.flatten(outputs)
    for call in declaration.losses:
        leaves[0] = AddLoss(**call.kwargs)(leaves[0], *call.args)
    return tree.pack_sequence_as(outputs, leaves)


def _reached_inputs(declaration, outputs):
    """The inputs that the outputs depend on, in order of appearance."""
    reached = {id(t): t for t in ancestors(outputs) if isinstance(t.node.operation, InputLayer)}
    declared = [t for t in declaration.inputs if id(t) in reached]
    others = [t for t in reached.values() if all(t is not known for known in declared)]
    return declared + others


def plain_chain(outputs: Any, inputs: list[KerasTensor]) -> list[Layer]:
    """The layers from the only input to the only output; none where the graph is more than a row of them."""
    chain: list[Layer] = []
    seen: set[int] = set()
    tensor = outputs
    while isinstance(tensor, KerasTensor):
        layer, node = tensor.node.operation, tensor.node
        is_first = id(layer) not in seen
        chain.append(layer)
        seen.add(id(layer))
        if isinstance(layer, InputLayer):
            return chain[::-1] if len(inputs) == 1 and inputs[0] is tensor else []
        alone = isinstance(node.outputs, KerasTensor) and len(node.args) == 1 and not node.kwargs
        if not (alone and isinstance(layer, Layer) and is_first):
            return []
        tensor = node.args[0]
    return []


@contextmanager
def _floatx(dtype):
    before = config.floatx()
    if dtype is not None:
        config.set_floatx(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)
