"""News of Reuters of 1987 and their topics: texts as lists of the ranks of their words."""

from typing import Any

import numpy as np

from nbkeras.datasets.pickles import load_npz
from nbkeras.datasets.sequences import choose_words, shift, shorter_than, word_index
from nbkeras.datasets.shuffling import generator_of, shuffled
from nbkeras.datasets.sources import fetched

__all__ = ["get_label_names", "get_word_index", "load_data"]

TOPICS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude
    nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel
    rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
""".split()


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Any:
    """11,228 news on 46 topics, each a list of numbers.

    A number is the rank of a word by how often it occurs, raised by `index_from`; 0 stands for no word, to pad with.
    Source: the collection Reuters-21578, 2 MB.

    Args:
        path: the name of the file in the cache.
        num_words: numbers from this one on are replaced by `oov_char`; default the largest one.
        skip_top: numbers below this one are replaced, too.
        maxlen: news of as many numbers or more are left out.
        test_split: the part to test with.
        seed: of the order.
        start_char: the number that begins each text; None for none.
        oov_char: the number in place of a word that is left out; None leaves it out without a trace.
        index_from: the number that is added to each rank, so that lower ones are free for other meanings.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and of int64 labels from 0 to 45.

    Raises:
        ValueError: if `maxlen` leaves no text.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(num_words=10_000)
    """
    arrays = load_npz(fetched("reuters.npz", path))
    texts, labels = shuffled(generator_of(seed), arrays["x"], arrays["y"])
    texts = shift(texts, start_char, index_from)
    if maxlen:
        texts, labels = shorter_than(maxlen, texts, labels)
    texts, labels = choose_words(texts, num_words, skip_top, oov_char), np.array(labels)
    first = int(len(texts) * (1 - test_split))
    x_train, x_test = np.array(texts[:first], object), np.array(texts[first:], object)
    return (x_train, labels[:first].copy()), (x_test, labels[first:].copy())


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The rank of each word in the news; that in `load_data` is larger by its `index_from`.

    Args:
        path: the name of the file in the cache.

    Example:
        >>> words = {rank + 3: word for word, rank in get_word_index().items()}
    """
    return word_index("reuters_word_index.json", path)


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 topics, in the order of the labels.

    Example:
        >>> get_label_names()[3]
        'earn'
    """
    return tuple(TOPICS)
