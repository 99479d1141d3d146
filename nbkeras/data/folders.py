"""Files in folders, a folder a class, as datasets: which files, in which order, with which labels."""

import os
from dataclasses import dataclass, replace

import numpy as np

from nbkeras import random
from nbkeras.data.dataset import Dataset

__all__ = ["Folder"]

SUBSETS = ("training", "validation", "both")


@dataclass(frozen=True)
class Files:
    """Files and their labels.

    Attributes:
        paths: of the files.
        labels: the number of the class of each; `None` without labels.
        class_names: by number; `None` without labels.
    """

    paths: list
    labels: np.ndarray | None
    class_names: list | None

    def part(self, rows):
        """Those of a slice."""
        return replace(self, paths=self.paths[rows], labels=None if self.labels is None else self.labels[rows])


@dataclass(frozen=True)
class Folder:
    """What the functions that read folders have in common: their arguments, see `image_dataset_from_directory`."""

    directory: str
    labels: object = "inferred"
    label_mode: str | None = "int"
    class_names: list | None = None
    batch_size: int | None = 32
    shuffle: bool = True
    seed: int | None = None
    validation_split: float | None = None
    subset: str | None = None
    follow_links: bool = False
    verbose: bool = True
    padded: bool = False  # whether batches fill up short elements

    def datasets(self, endings, load):
        """The dataset, or for `subset="both"` a list of two.

        Args:
            endings: those of the files that count.
            load: from a path, what is in the file.
        """
        seed = int(random.host_generator().integers(10**6)) if self.seed is None else self.seed
        files = self._found(endings, seed)
        if self.label_mode == "binary" and len(files.class_names) != 2:
            raise ValueError(f"label_mode='binary' is for two classes, got {files.class_names}")
        if self.subset == "both":
            parts = [self._subset(files, which) for which in SUBSETS[:2]]
            return [self._dataset(part, load, seed, place == 0) for place, part in enumerate(parts)]
        return self._dataset(self._subset(files, self.subset), load, seed, True)

    def __post_init__(self):
        labels = self.labels
        if not (labels is None or isinstance(labels, (list, tuple)) or labels == "inferred"):
            raise ValueError(f"labels expects 'inferred', None or a list with a label for each file, got {labels!r}")
        if self.class_names is not None and labels != "inferred":
            raise ValueError(f"class_names goes with labels='inferred', not {labels!r}")
        if self.label_mode not in ("int", "categorical", "binary", None):
            raise ValueError(f"label_mode must be 'int', 'categorical', 'binary' or None, got {self.label_mode!r}")
        if labels is None or self.label_mode is None:
            object.__setattr__(self, "labels", None)
            object.__setattr__(self, "label_mode", None)
        self._check_split()

    def _check_split(self):
        split = self.validation_split
        if split and not 0 < split < 1:
            raise ValueError(f"validation_split expects a share of the files between 0 and 1, got {split}")
        if bool(split) != (self.subset is not None):
            raise ValueError(f"validation_split and subset go together, got {split!r} and {self.subset!r}")
        if self.subset not in (*SUBSETS, None):
            raise ValueError(f"subset must be 'training', 'validation' or 'both', got {self.subset!r}")
        if split and self.shuffle and self.seed is None:
            raise ValueError("validation_split of shuffled files needs a seed, so that no file is in both subsets")

    def _found(self, endings, seed):
        """All files in the order of folders and names; or, as in Keras, in one that the seed decides."""
        files = self._labelled(endings)
        if self.verbose:
            classes = "" if files.labels is None else f" belonging to {len(files.class_names)} classes"
            print(f"Found {len(files.paths)} files{classes}.")
        if not files.paths:
            raise ValueError(f"there are no files ending in {', '.join(endings)} in '{self.directory}'")
        if not self.shuffle:
            return files
        order = np.arange(len(files.paths))
        np.random.RandomState(seed).shuffle(order)  # the stream of Keras
        labels = None if files.labels is None else files.labels[order]
        return replace(files, paths=[files.paths[place] for place in order], labels=labels)

    def _labelled(self, endings):
        root = os.fspath(self.directory)
        if self.labels != "inferred":
            paths = list(_files_in(root, endings, self.follow_links))
            if self.labels is None:
                return Files(paths, None, None)
            if len(self.labels) != len(paths):
                raise ValueError(
                    f"labels expects one for each of {len(paths)} files in '{root}', got {len(self.labels)}"
                )
            return Files(paths, np.asarray(self.labels, "int32"), [str(label) for label in sorted(set(self.labels))])
        names = self._classes(root)
        found = [list(_files_in(os.path.join(root, name), endings, self.follow_links)) for name in names]
        labels = np.repeat(np.arange(len(names), dtype="int32"), [len(paths) for paths in found])
        return Files([path for paths in found for path in paths], labels, names)

    def _classes(self, root):
        names = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
        if self.class_names is None:
            return names
        unknown = [name for name in self.class_names if name not in names]
        if unknown:
            raise ValueError(f"class_names has {unknown}, and the folders in '{root}' are {names}")
        return list(self.class_names)

    def _subset(self, files, which):
        if which is None:
            return files
        held_out = int(self.validation_split * len(files.paths))
        first = len(files.paths) - held_out
        part = files.part(slice(first)) if which == "training" else files.part(slice(first, None))
        if self.verbose:
            print(f"Using {len(part.paths)} files for {which}.")
        if not part.paths:
            raise ValueError(
                f"validation_split={self.validation_split} of {len(files.paths)} files leaves none for {which}"
            )
        return part

    def _dataset(self, files, load, seed, shuffled):
        places = Dataset.range(len(files.paths))
        if self.shuffle and shuffled:
            places = places.shuffle(len(files.paths), seed=seed)
        labels = self._encoded(files)

        def element(place):
            content = load(files.paths[place])
            return content if labels is None else (content, labels[place])

        dataset = places.map(element)
        if self.batch_size is not None:
            batches = dataset.padded_batch if self.padded else dataset.batch
            dataset = batches(self.batch_size)
        dataset.class_names = files.class_names
        dataset.file_paths = files.paths
        return dataset

    def _encoded(self, files):
        if self.label_mode == "categorical":
            return np.eye(len(files.class_names), dtype="float32")[files.labels]
        if self.label_mode == "binary":
            return files.labels.astype("float32")[:, None]
        return files.labels


def _files_in(folder, endings, follow_links):
    """The paths of the files in a folder and those within it, in the order of folders and names."""
    walk = os.walk(folder, followlinks=follow_links)
    for root, _, names in sorted(walk, key=lambda entry: entry[0]):
        for name in sorted(names):
            if name.lower().endswith(endings):
                yield os.path.join(root, name)
