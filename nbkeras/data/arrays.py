"""Whatever users hold as arrays that training can slice: of one float type, checked, with errors that name the column.

Pandas, PyTorch and SciPy are never imported: their objects are known by what they can do.
"""

import numpy as np

from nbkeras import config, tree
from nbkeras.text import as_text, is_text
from nbkeras.warning import warn

__all__ = [
    "check_finite", "check_lengths", "is_array_like", "is_usual", "of_usual_type", "structure_of_arrays", "to_array",
]  # fmt: skip

_FLOATS = {name: np.dtype(name) for name in ("float16", "float32", "float64")}
_NUMBERS = (bool, int, float, complex, np.generic)


def is_array_like(x):
    """Whether `x` is one array (not a structure of them, not a stream)."""
    if isinstance(x, (dict, str, bytes)) or x is None:
        return False
    if isinstance(x, (list, tuple)):
        return _is_list_of_numbers(x)
    return hasattr(x, "__array__") or _is_frame(x) or hasattr(x, "tocsr")


def structure_of_arrays(x, name, text=False):
    """`x`, an array or a structure of arrays, with each of them as `to_array` makes it.

    Args:
        text: whether there may be text, which `as_text` makes arrays of.

    Raises:
        ValueError: for what is no array, naming it as `name["key"]`.
    """
    if x is None:
        return None
    if is_array_like(x) or not tree.is_nested(x):
        return as_text(_plain(x), title=name) if text and _holds_text(x) else to_array(x, name)
    if isinstance(x, dict):
        return {key: structure_of_arrays(item, f"{name}[{key!r}]", text) for key, item in x.items()}
    return type(x)(structure_of_arrays(item, f"{name}[{place}]", text) for place, item in enumerate(x))


def _holds_text(x):
    """Whether an array, a column or a list begins with a text."""
    x = _plain(x)
    if isinstance(x, np.ndarray):
        return is_text(x.dtype) and x.size > 0 and isinstance(x.flat[0], (str, bytes))
    while isinstance(x, (list, tuple)) and len(x):
        x = x[0]
    return isinstance(x, (str, bytes))


def _plain(x):
    """What may hold text as an array of NumPy, a column of a frame or a tensor of TensorFlow, say; lists stay."""
    if _is_frame(x):
        return x.to_numpy()
    return np.asarray(x) if hasattr(x, "__array__") and not hasattr(x, "detach") else x  # PyTorch knows no text


def to_array(x, name):
    """`x` as an array with rows: floats as `floatx()`, 64-bit integers as 32-bit ones where they fit.

    Args:
        x: an array, a list of numbers, a DataFrame, a Series (one column), a tensor, or a sparse matrix.
        name: for messages.

    Raises:
        ValueError: for text, objects, rows of several lengths, a scalar.
    """
    if _is_frame(x):
        array = _from_frame(x, name)
    elif hasattr(x, "tocsr"):
        array = x.toarray()
    elif hasattr(x, "detach"):
        array = x.detach().cpu().numpy()
    else:
        array = _as_ndarray(x, name)
    if array.dtype.kind in "OUS":
        array = _from_objects(array, name)
    if array.dtype.kind == "c":
        raise ValueError(
            f"{name} expects real numbers, got {array.dtype}; make columns of its parts: numpy.real, numpy.imag"
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} expects numbers, got {array.dtype}; convert it first, e.g. dates to days as floats")
    if array.ndim == 0:
        raise ValueError(f"{name} expects an array whose first axis is the rows, got the scalar {array}")
    return of_usual_type(array)


def is_usual(dtype):
    """Whether arrays of this dtype are taken as they are, whatever they hold."""
    return dtype.kind in "iub" and dtype.itemsize < 8 or dtype is _FLOATS.get(config.floatx())


def of_usual_type(array):
    """`array` with floats as `floatx()` and 64-bit integers as 32-bit ones where they fit."""
    if is_usual(array.dtype):
        return array
    if array.dtype.kind == "f" and array.dtype.name != config.floatx():
        return _cast(array, config.floatx())
    if array.dtype == np.int64 and (array.size == 0 or _fits_int32(array)):
        return _cast(array, "int32")
    return array


def check_lengths(**structures):
    """Raises ValueError unless all arrays have as many rows; `x=…, y=…`."""
    lengths = {}
    for name, structure in structures.items():
        for label, array in _labelled(structure, name):
            lengths[label] = len(array)
    if len(set(lengths.values())) > 1:
        cure = _cure_of_rows(structures.get("x"), structures.get("y"))
        raise ValueError(f"every array needs as many rows as the others, but {_told(lengths)}{cure}")


def _told(lengths):
    """The rows of each array in words, of five at most and the last one."""
    told = [f"{label} has {rows}" for label, rows in lengths.items()]
    return ", ".join(told if len(told) < 7 else [*told[:5], "…", told[-1]])


def _cure_of_rows(x, y):
    """For a list of rows, which means several inputs; `""` for any other `x`."""
    if not isinstance(x, (list, tuple)) or y is None or tree.is_nested(y) or len(x) != len(y):
        return ""
    alike = len({getattr(row, "shape", None) for row in x}) == 1
    made = "numpy.stack(x)" if alike else "pad_sequences(x)"
    return f"; a list means several inputs, {made} makes one of its {len(x)} rows"


def check_finite(structure, name):
    """Raises ValueError for NaN, and warns of infinities: both make every weight NaN in one step."""
    for label, array in _labelled(structure, name):
        if isinstance(array, np.memmap) or array.dtype.kind != "f" or _sums_to_a_number(array):
            continue
        bad = np.isnan(array)
        if bad.any():
            raise ValueError(
                f"{_first(label, bad)} is NaN{_and_more(bad)}; drop those rows or fill them in, e.g. with "
                "numpy.nan_to_num or DataFrame.fillna"
            )
        bad = np.isinf(array)
        if bad.any():
            warn(
                f"{_first(label, bad)} is infinite{_and_more(bad)}, and makes every weight NaN; bound such values, "
                "e.g. with numpy.clip"
            )


def _first(label, bad):
    """The first cell of those that are `bad`, as Python names it: `x[3, 1]`."""
    return f"{label}[{', '.join(map(str, np.argwhere(bad)[0]))}]"


def _and_more(bad):
    return f", as {bad.sum() - 1} more are" if bad.sum() > 1 else ""


def _labelled(structure, name):
    """Pairs of a name and an array, for each array of the structure."""
    if structure is None:
        return
    if isinstance(structure, dict):
        for key, item in structure.items():
            yield from _labelled(item, f"{name}[{key!r}]")
    elif isinstance(structure, (list, tuple)):
        for place, item in enumerate(structure):
            yield from _labelled(item, f"{name}[{place}]")
    else:
        yield name, structure


def _where(index):
    """`(3, 1)` in words."""
    row, *inner = (int(i) for i in index) if len(index) else (0,)
    if not inner:
        return f"row {row}"
    return f"row {row}, column {inner[0]}" if len(inner) == 1 else f"row {row}, at {tuple(inner)}"


def _sums_to_a_number(array):
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()))  # one pass; it may overflow, and then the slow look decides


def _is_frame(x):
    return hasattr(x, "iloc") and hasattr(x, "to_numpy")


def _is_list_of_numbers(x):
    while isinstance(x, (list, tuple)) and len(x):
        x = x[0]
    return isinstance(x, (*_NUMBERS, str))


def _as_ndarray(x, name):
    if isinstance(x, np.memmap):
        return x  # NumPy would make an ordinary array of it, which nobody knows to be on disk
    try:
        return np.asarray(x)
    except ValueError:
        raise _uneven(name) from None


def _uneven(name):
    return ValueError(f"{name} expects rows of one length, got rows of several; pad them, e.g. with pad_sequences")


def _from_frame(frame, name):
    if frame.ndim == 1:
        frame = frame.to_frame()
    for place, (column, dtype) in enumerate(zip(frame.columns, frame.dtypes)):
        if getattr(dtype, "kind", "O") not in "fiub":
            held = frame.iloc[0, place] if len(frame) else dtype
            raise ValueError(f"{name} expects numbers, but its column {column!r} holds {_shown(held)}; {_cure(held)}")
    kinds = {dtype.kind if isinstance(dtype, np.dtype) else "nullable" for dtype in frame.dtypes}
    if kinds <= {"i", "u"} or kinds == {"b"}:
        return frame.to_numpy()
    return frame.to_numpy(dtype=config.floatx(), na_value=np.nan)


def _from_objects(array, name):
    """Python numbers in an array of objects as floats; anything else is an error that says where it is."""
    for index, item in np.ndenumerate(array):
        if isinstance(item, (list, tuple, np.ndarray)):
            raise _uneven(name)
        if isinstance(item, (str, bytes)) or not (item is None or isinstance(item, _NUMBERS)):
            raise ValueError(f"{name} expects numbers, got {_shown(item)} in {_where(index)}; {_cure(item)}")
    return array.astype(config.floatx())


def _shown(item):
    return repr(str(item)) if isinstance(item, str) else f"a {type(item).__name__}"


def _cure(item):
    if isinstance(item, str) and _is_number(item):
        return "it is text: convert it first, e.g. x.astype('float32')"
    if isinstance(item, str):
        return "turn text into numbers first, e.g. with pandas.get_dummies or numpy.unique(…, return_inverse=True)"
    return "convert it to numbers first"


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cast(array, dtype):
    return array if isinstance(array, np.memmap) else array.astype(dtype)  # a memory map stays on disk


def _fits_int32(array):
    limits = np.iinfo(np.int32)
    return isinstance(array, np.memmap) or (array.min() >= limits.min and array.max() <= limits.max)
