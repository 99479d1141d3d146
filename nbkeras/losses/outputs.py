"""Which loss, metric, target or weight belongs to which output of a model.

Outputs may be one tensor, a list, a dictionary or a nest of these. What belongs to them may be given in the same
structure, as a list in order, or as a dictionary by names of outputs.
"""

from nbkeras import tree
from nbkeras.serialization import did_you_mean

__all__ = ["Output", "Outputs"]


class Output:
    """One output of a model.

    Attributes:
        path: keys that lead to it: `("x", 0)` for `y_pred["x"][0]`.
        name: how metrics call it: its key in a plain dictionary, else the name of the layer that makes it.
        label: how losses call it: its path, with the layer's name in place of a last number.

    Both are `None` without a name.
    """

    def __init__(self, path, layer_name, in_nest):
        key = path[-1] if path and isinstance(path[-1], str) else None
        last = layer_name if key is None else key
        self.path = path
        self.name = layer_name if in_nest and layer_name is not None else last
        self.label = None if last is None else "/".join(map(str, (*path[:-1], last)))


class Outputs:
    """The outputs of a model, in the order of `tree.flatten`.

    Args:
        y_pred: what the model returned.
        names: names of the outputs in that order, if there are any.
    """

    def __init__(self, y_pred, names=None):
        self.structure = tree.map_structure(lambda _: None, y_pred)
        paths = list(_paths(y_pred))
        names = names if names is not None and len(names) == len(paths) else [None] * len(paths)
        in_nest = any(len(path) > 1 for path in paths)
        self.all = [Output(path, name, in_nest) for path, name in zip(paths, names)]
        self._by_path = {output.path: output for output in self.all}

    def __len__(self):
        return len(self.all)

    def spread(self, given, what, shared=False):
        """Pairs `(output, thing)`, in the order of `given`; without outputs whose thing is `None`.

        Args:
            given: a structure of things like that of the outputs, a flat list of them, or a dictionary by names.
            what: what `given` is called, for messages.
            shared: one thing alone belongs to every output.

        Raises:
            ValueError: if `given` does not fit the outputs.
        """
        flat = isinstance(given, (list, tuple)) and len(given) == len(self) and not any(map(tree.is_nested, given))
        pairs = zip(self.all, given) if flat else self._spread(given, self.structure, (), what, shared)
        return [(output, thing) for output, thing in pairs if thing is not None]

    def leaves(self, given, what, needed):
        """The leaf of `given` (targets, weights) for each output, `None` where there is none.

        Args:
            needed: the outputs that must have one. A list of just so many leaves is meant for them.
        """
        leaves = tree.flatten(given)
        if len(self) == len(leaves) == 1:
            return leaves
        if isinstance(given, (list, tuple)) and len(leaves) == len(given) == len(needed):
            found = {output.path: leaf for output, leaf in zip(needed, leaves)}
        else:
            found = {output.path: leaf for output, leaf in self.spread(given, what)}
        for output in needed:
            if output.path not in found:
                called = output.label or f"number {self.all.index(output)}"
                raise ValueError(f"{what} has nothing for the output {called}{self._cure(what)}")
        return [found.get(output.path) for output in self.all]

    def _spread(self, given, structure, path, what, shared):
        if not tree.is_nested(structure):
            yield self._by_path[path], given
        elif tree.is_nested(given):
            for key, thing in self._items(given, structure, path, what):
                yield from self._spread(thing, structure[key], (*path, key), what, shared)
        elif shared or given is None:
            yield from ((self._by_path[(*path, *inner)], given) for inner in _paths(structure))
        else:
            raise ValueError(f"{what} is for one output and the model has {len(self)}{self._cure(what)}")

    def _items(self, given, structure, path, what):
        """Pairs of a key of `structure` and what `given` has for it."""
        keys = sorted(structure) if isinstance(structure, dict) else list(range(len(structure)))
        if not isinstance(given, dict):
            if len(given) != len(keys):
                raise ValueError(f"{what} has length {len(given)} for {len(keys)} outputs{self._cure(what)}")
            return list(zip(keys, given))
        called = {key: key if isinstance(key, str) else self._name((*path, key)) for key in keys}
        keys_of = {name: key for key, name in called.items()}
        for name in given:
            if name not in keys_of:
                hint = did_you_mean(name, [known for known in keys_of if known is not None])
                raise ValueError(f"{what} names {name!r}, which is no output of the model{hint or self._cure(what)}")
        ordered = given if isinstance(structure, dict) else [called[key] for key in keys if called[key] in given]
        return [(keys_of[name], given[name]) for name in ordered]

    def _name(self, path):
        output = self._by_path.get(path)
        return None if output is None else output.name

    def _cure(self, what):
        labels = [output.label for output in self.all]
        if None in labels:
            return f"; give {what} as a list of {len(self)}, one for each output"
        return f"; give {what} for the outputs {', '.join(map(repr, labels))}"


def _paths(structure, path=()):
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from _paths(structure[key], (*path, key))
    elif isinstance(structure, (list, tuple)):
        for position, item in enumerate(structure):
            yield from _paths(item, (*path, position))
    else:
        yield path
