"""Declarations in tests: a cell's body, built as `%%model` builds it."""

from nbkeras.notation import Suite, build

HEAD = "%%model net\n"


def declare(body, namespace=None, name="net", **options):
    """The model that a cell declares, without its remarks."""
    return declare_with_remarks(body, namespace, name, **options)[0]


def declare_with_remarks(body, namespace=None, name="net", **options):
    """The model that a cell declares, and the remarks on it as text."""
    model, remarks = build(Suite.of_cell(HEAD, body, "<cell>"), name, namespace or {}, **options)
    return model, list(map(str, remarks))


def declare_cell(cell):
    """The model of a whole cell, named as its first line says."""
    head, _, body = cell.partition("\n")
    return declare(body, name=head.split()[1])


def names(model):
    """The names of a model's layers, its inputs left out."""
    return [layer.name for layer in model.layers if type(layer).__name__ != "InputLayer"]
