"""Calls as generated Python: one line for each, every name bound beforehand."""

__all__ = ["Source"]


class Source:
    """The lines of a function, and the names of what they use."""

    def __init__(self):
        self._names = {}

    def name(self, value):
        """How a line refers to `value`."""
        if value is None or (type(value) in (bool, int) and abs(value) < 2**31):
            return repr(value)
        return self._names.setdefault(id(value), (f"v{len(self._names)}", value))[0]

    def line(self, call, local=()):
        """That of a `Call`; `local` has expressions for some of its arguments, by their ids."""
        named = [local[id(a)] if id(a) in local else self.name(a) for a in call.args]
        named += [f"{key}={local[id(a)] if id(a) in local else self.name(a)}" for key, a in call.kwargs.items()]
        return self.line_of(call.function, *named)

    def line_of(self, function, *expressions):
        """A call of `function` with these arguments."""
        return f"{self.name(function)}({', '.join(expressions)})"

    def function(self, parameters, lines):
        """The function of `parameters` with these lines; what they use are locals, which are faster than globals."""
        bound = dict(self._names.values())
        head = f"def step({', '.join([*parameters, *(f'{name}={name}' for name in bound)])}):"
        exec(compile("\n    ".join([head, *(lines or ["pass"])]), "<recorded step>", "exec"), bound)
        return bound["step"]
