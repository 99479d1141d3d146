"""Texts as lists of the ranks of their words: what of them is kept, and which numbers stand for what is not a word."""

import json
from collections.abc import Iterable
from typing import Any

from nbkeras.datasets.sources import fetched

__all__ = ["choose_words", "shift", "shorter_than", "word_index"]

Texts = list[list[int]]


def shift(texts: Iterable[Iterable[int]], start_char: int | None, index_from: int) -> Texts:
    """Texts with each rank raised by `index_from`, and `start_char`, where it is not None, before the first.

    Without a start, an `index_from` of None is 0.
    """
    if start_char is not None:
        return [[start_char, *(word + index_from for word in text)] for text in texts]
    return [[word + index_from for word in text] for text in texts] if index_from else [list(text) for text in texts]


def shorter_than(maxlen: int, texts: Texts, labels: Iterable[Any]) -> tuple[Texts, list[Any]]:
    """The texts of fewer than `maxlen` numbers, with their labels.

    Raises:
        ValueError: where there are none.
    """
    kept = [(text, label) for text, label in zip(texts, labels) if len(text) < maxlen]
    if not kept:
        raise ValueError(f"maxlen={maxlen} keeps no text: the shortest has {min(map(len, texts))} numbers; increase it")
    return [text for text, _ in kept], [label for _, label in kept]


def choose_words(texts: Texts, num_words: int | None, skip_top: int, oov_char: int | None) -> Texts:
    """Texts with `oov_char` for each number below `skip_top`, and from `num_words` on; without them where that is None.

    Without `num_words` it is the largest number there is, which is then left out, too: so it is in Keras.
    """
    most = num_words or max(map(max, texts))
    if oov_char is None:
        return [[word for word in text if skip_top <= word < most] for text in texts]
    return [[word if skip_top <= word < most else oov_char for word in text] for text in texts]


def word_index(name: str, path: str) -> dict[str, int]:
    """The rank of each word, from a file in the cache."""
    with open(fetched(name, path), encoding="utf-8") as file:
        return json.load(file)
