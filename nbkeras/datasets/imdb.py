"""Reviews of films and whether they are positive (Maas et al., 2011): texts as lists of the ranks of their words."""

from typing import Any

import numpy as np

from nbkeras.datasets.pickles import load_npz
from nbkeras.datasets.sequences import choose_words, shift, shorter_than, word_index
from nbkeras.datasets.shuffling import generator_of, shuffled
from nbkeras.datasets.sources import fetched

__all__ = ["get_word_index", "load_data"]


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> Any:
    """25,000 reviews to train with and 25,000 to test with, each a list of numbers.

    A number is the rank of a word by how often it occurs, raised by `index_from`; 0 stands for no word, to pad with.
    Source: https://ai.stanford.edu/~amaas/data/sentiment/, 17 MB.

    Args:
        path: the name of the file in the cache.
        num_words: numbers from this one on are replaced by `oov_char`; default the largest one.
        skip_top: numbers below this one are replaced, too.
        maxlen: reviews of as many numbers or more are left out.
        seed: of the order.
        start_char: the number that begins each review; None for none.
        oov_char: the number in place of a word that is left out; None leaves it out without a trace.
        index_from: the number that is added to each rank, so that lower ones are free for other meanings.
        **kwargs: none is known.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and of int64 labels, 1 for positive and 0 for negative.

    Raises:
        ValueError: if `maxlen` leaves no review.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(num_words=10_000)
    """
    if kwargs:
        raise TypeError(f"imdb.load_data has no argument '{next(iter(kwargs))}'; it has num_words, skip_top, maxlen, …")
    arrays = load_npz(fetched("imdb.npz", path))
    parts, generator = [], generator_of(seed)
    for part in ("train", "test"):
        texts, labels = shuffled(generator, arrays[f"x_{part}"], arrays[f"y_{part}"])
        texts = shift(texts, start_char, index_from)
        parts.append(shorter_than(maxlen, texts, labels) if maxlen else (texts, labels))
    (train, y_train), (test, y_test) = parts
    texts = choose_words(train + test, num_words, skip_top, oov_char)
    labels, first = np.concatenate([y_train, y_test]), len(train)
    x_train, x_test = np.array(texts[:first], object), np.array(texts[first:], object)
    return (x_train, labels[:first]), (x_test, labels[first:])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The rank of each word in the reviews; that in `load_data` is larger by its `index_from`.

    Args:
        path: the name of the file in the cache.

    Example:
        >>> words = {rank + 3: word for word, rank in get_word_index().items()}
    """
    return word_index("imdb_word_index.json", path)
