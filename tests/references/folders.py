"""Datasets of files, of real Keras or of nbkeras, measured by one function.

Real Keras needs TensorFlow for them: `KERAS_BACKEND=tensorflow python -m tests.references.folders` stores what it
answers. Pillow writes the images.
"""

import tempfile
from pathlib import Path

import numpy as np

from tests.cases.folders import fill
from tests.references import store, tables
from tests.references.libraries import flatten


def measure_folder(utils, root, case):
    """The elements of each dataset of a case, its classes, and the order of its files."""
    made = case.make(utils, root)
    return [facts_of(dataset, root, case) for dataset in (made if isinstance(made, (list, tuple)) else [made])]


def facts_of(dataset, root, case):
    elements = [[_array(leaf) for leaf in flatten(element)] for element in dataset]
    facts = {"length": len(elements), "classes": getattr(dataset, "class_names", None)}
    if hasattr(dataset, "file_paths"):
        facts["files"] = [Path(path).relative_to(root).as_posix() for path in dataset.file_paths]
    if not case.files:
        facts["elements"] = elements
    if not case.files and case.dtypes:
        facts["dtypes"] = [_dtype(leaf) for leaf in elements[0]]
    return facts


def _array(leaf):
    array = np.asarray(leaf)
    if array.dtype.kind in "OSU":
        return [item.decode() if isinstance(item, bytes) else item for item in array.ravel().tolist()]
    return array


def _dtype(leaf):
    return "string" if isinstance(leaf, list) else leaf.dtype.name


def main():
    import keras

    with tempfile.TemporaryDirectory() as root:
        fill(root)
        results = {case.name: measure_folder(keras.utils, Path(root), case) for case in tables.rows("folders")}
    store.save("folders", keras.__version__, results)
    print(f"folders: {len(results)} cases")


if __name__ == "__main__":
    main()
