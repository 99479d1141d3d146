"""Axes named, reordered, split and joined by a pattern."""

import math
import re

from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_tensor
from nbkeras.ops.shaping import reshape, transpose
from nbkeras.symbolic import shown

__all__ = ["rearrange"]


@op
def rearrange(tensor, pattern, **axes_lengths):
    """The axes of `tensor` as `pattern` says, in the notation of einops (Rogozhnikov, 2022).

    Args:
        pattern: `"b h w c -> b (h w) c"`: a name for each axis, parentheses around those that are one axis.
        **axes_lengths: the lengths of axes that a joined one is split into; one of each group may be left out.

    Raises:
        ValueError: if the pattern does not fit the tensor.

    Example:
        >>> rearrange(np.zeros((2, 6, 4, 3)), "b (h k) w c -> b h w (k c)", k=2).shape
        (2, 3, 4, 6)
    """
    x = as_tensor(tensor)
    before, after = _groups(pattern)
    lengths = _lengths(before, x.shape, axes_lengths, pattern)
    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise ValueError(f"rearrange expects the same names, each once, on both sides of {pattern!r}")
    x = reshape(x, [lengths[name] for name in names])
    x = transpose(x, [names.index(name) for name in wanted])
    return reshape(x, [math.prod(lengths[name] for name in group) for group in after])


def _groups(pattern):
    """The two sides of a pattern as lists of axes, each the list of its parts."""
    sides = [side.strip() for side in pattern.split("->")]
    token = r"\w+|\([\w\s]*\)"
    if len(sides) != 2 or not all(re.fullmatch(rf"({token}|\s)*", side) for side in sides):
        raise ValueError(f"rearrange expects a pattern like 'b h w c -> b (h w) c', got {pattern!r}")
    return [[part.strip("()").split() for part in re.findall(token, side)] for side in sides]


def _lengths(groups, shape, given, pattern):
    """The length of each name; the one that is not given in a group follows from the others."""
    if len(groups) != len(shape):
        raise ValueError(f"rearrange: {pattern!r} names {len(groups)} axes, got a tensor of shape {shown(shape)}")
    lengths = dict(given)
    for group, size in zip(groups, shape):
        unknown = [name for name in group if name not in lengths]
        known = math.prod(lengths[name] for name in group if name in lengths)
        open_size = shown((size,))[0] is None
        if len(unknown) > 1 or not (open_size or (size % max(known, 1) == 0 if unknown else known == size)):
            raise ValueError(
                f"rearrange: the axis ({' '.join(group)}) of {pattern!r} is {size} long, which the given "
                f"lengths {given} do not make up"
            )
        lengths.update(dict.fromkeys(unknown, size // known))
    return lengths
