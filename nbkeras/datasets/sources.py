"""Where each file of a data set comes from, and by what it is known: facts of Keras."""

from typing import NamedTuple

from nbkeras.utils.file_cache import get_file

__all__ = ["SOURCES", "fetched"]

GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"


class Source(NamedTuple):
    """The address of a file, and its hash: sha256, md5 where Keras has no other, None where it has none."""

    origin: str
    file_hash: str | None = None


SOURCES = {
    "mnist.npz": Source(
        f"{GOOGLE}mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
    "train-labels-idx1-ubyte.gz": Source(f"{GOOGLE}train-labels-idx1-ubyte.gz"),
    "train-images-idx3-ubyte.gz": Source(f"{GOOGLE}train-images-idx3-ubyte.gz"),
    "t10k-labels-idx1-ubyte.gz": Source(f"{GOOGLE}t10k-labels-idx1-ubyte.gz"),
    "t10k-images-idx3-ubyte.gz": Source(f"{GOOGLE}t10k-images-idx3-ubyte.gz"),
    "cifar-10-batches-py-target": Source(
        f"{TORONTO}cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ),
    "cifar-100-python-target": Source(
        f"{TORONTO}cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    ),
    "imdb.npz": Source(
        f"{GOOGLE}imdb.npz",
        "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    ),
    "imdb_word_index.json": Source(f"{GOOGLE}imdb_word_index.json", "bfafd718b763782e994055a2d397834f"),
    "reuters.npz": Source(
        f"{GOOGLE}reuters.npz",
        "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    ),
    "reuters_word_index.json": Source(f"{GOOGLE}reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921"),
    "california_housing.npz": Source(
        f"{GOOGLE}california_housing.npz",
        "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
    ),
    "boston_housing.npz": Source(
        f"{GOOGLE}boston_housing.npz",
        "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
    ),
}


def fetched(name: str, path: str = "", subdir: str = "datasets", extract: bool = False) -> str:
    """The path of a file in the cache, downloaded and verified.

    Args:
        name: its key in `SOURCES`, and its name in the cache.
        path: another name in the cache.
        subdir: the folder in the cache.
        extract: whether it is an archive to unpack; then the path is that of the folder.
    """
    source = SOURCES[name]
    return get_file(path or name, source.origin, file_hash=source.file_hash, cache_subdir=subdir, extract=extract)
