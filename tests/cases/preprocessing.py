"""Layers for text, categories and tables: what they learn of some data, and what they make of other data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LETTERS = [["b", "a", "c"], ["c", "?", "b"], ["a", "a", "d"]]
COLUMN = [["b"], ["a"], ["z"], [""]]
MANY = [[f"token {n}", f"{n * 7919}"] for n in range(20)]
SEEN = ["c", "b", "a", "c", "b", "c", "d", "e"]
DOCUMENTS = [["a", "b", "b"], ["b", "c", "d"], ["b", "a", "a"]]
VOCABULARY = ["a", "b", "c"]
IDF = [0.5, 0.25, 1.5]
NUMBERS = [[12, 7, 1138], [36, -5, 42], [7, 7, 0]]
TEXTS = [
    "The quick brown fox, jumped!",
    "  over\tthe lazy\n dog's back ",
    "",
    "ÉCOLE École\u00a0ecole - the end.",
    "the",
]
WORDS = ["the", "fox", "dogs", "école", "over the"]
SPREAD = np.random.RandomState(3).standard_normal(700).astype("float32").reshape(100, 7)


@dataclass(frozen=True)
class PreparationCase:
    """A preprocessing layer, the data that it is adapted to, and its inputs, as nested lists."""

    name: str
    build: Callable
    inputs: Any
    adapt: Any = None  # an array or a list; a tuple stands for batches
    several: bool = False  # a list of inputs
    keywords: tuple = ()  # further arguments of the call


Case = PreparationCase

CASES = [
    Case("string lookup", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY), LETTERS),
    Case("string lookup of a vector", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY), LETTERS[0]),
    Case("string lookup of one text", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY), "c"),
    Case("string lookup masked", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, mask_token=""), COLUMN),
    Case(
        "string lookup with special tokens",
        lambda k: k.layers.StringLookup(vocabulary=["", "[UNK]", *VOCABULARY], mask_token=""),
        COLUMN,
    ),
    Case("string lookup in bins", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=5), MANY),
    Case(
        "string lookup in salted bins",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=7, salt=[3, 5], mask_token="token 3"),
        MANY,
    ),
    Case(
        "string lookup in one hot",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, output_mode="one_hot"),
        COLUMN,
    ),
    Case(
        "string lookup one hot of rows",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, output_mode="one_hot"),
        LETTERS[0],
    ),
    Case(
        "string lookup multi hot",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, output_mode="multi_hot", mask_token="?"),
        LETTERS,
    ),
    Case(
        "string lookup multi hot of a vector",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, output_mode="multi_hot"),
        LETTERS[0],
    ),
    Case(
        "string lookup counts padded",
        lambda k: k.layers.StringLookup(
            vocabulary=VOCABULARY, output_mode="count", max_tokens=7, pad_to_max_tokens=True, num_oov_indices=2
        ),
        LETTERS,
    ),
    Case(
        "string lookup weighted",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=IDF),
        LETTERS,
    ),
    Case(
        "string lookup weighted padded",
        lambda k: k.layers.StringLookup(
            vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=IDF, max_tokens=6, pad_to_max_tokens=True
        ),
        LETTERS,
    ),
    Case("string lookup adapted", lambda k: k.layers.StringLookup(), LETTERS, adapt=SEEN),
    Case("string lookup adapted to few", lambda k: k.layers.StringLookup(max_tokens=3), LETTERS, adapt=SEEN),
    Case(
        "string lookup adapted to batches",
        lambda k: k.layers.StringLookup(mask_token="e", output_mode="count"),
        LETTERS,
        adapt=(SEEN[:3], SEEN[3:]),
    ),
    Case(
        "string lookup adapted to documents",
        lambda k: k.layers.StringLookup(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True),
        LETTERS,
        adapt=DOCUMENTS,
    ),
    Case(
        "string lookup adapted to batches of documents",
        lambda k: k.layers.StringLookup(output_mode="tf_idf"),
        LETTERS,
        adapt=(DOCUMENTS[:1], DOCUMENTS[1:]),
    ),
    Case(
        "string lookup inverted", lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, invert=True), [[1, 0], [3, 9]]
    ),
    Case(
        "string lookup inverted with mask",
        lambda k: k.layers.StringLookup(vocabulary=VOCABULARY, invert=True, mask_token="", oov_token="?"),
        [[1, 0], [2, 9]],
    ),
    Case("integer lookup", lambda k: k.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42]), NUMBERS),
    Case("integer lookup masked", lambda k: k.layers.IntegerLookup(vocabulary=[12, 36, 7], mask_token=0), NUMBERS),
    Case("integer lookup in bins", lambda k: k.layers.IntegerLookup(vocabulary=[12], num_oov_indices=4), NUMBERS),
    Case(
        "integer lookup in hashed bins",
        lambda k: k.layers.IntegerLookup(vocabulary=[12], num_oov_indices=4, oov_method="farmhash"),
        NUMBERS,
    ),
    Case(
        "integer lookup in salted bins",
        lambda k: k.layers.IntegerLookup(vocabulary=[12], num_oov_indices=4, oov_method="farmhash", salt=9),
        NUMBERS,
    ),
    Case("integer lookup adapted", lambda k: k.layers.IntegerLookup(), NUMBERS, adapt=[7, 7, 12, 12, 42, -5]),
    Case(
        "integer lookup counts",
        lambda k: k.layers.IntegerLookup(output_mode="count"),
        NUMBERS,
        adapt=np.array([[7, 7], [12, 42]]),
    ),
    Case(
        "integer lookup inverted",
        lambda k: k.layers.IntegerLookup(vocabulary=[12, 36], invert=True, mask_token=0),
        [[0, 1], [2, 3]],
    ),
    Case("text", lambda k: k.layers.TextVectorization(vocabulary=WORDS), TEXTS),
    Case("text in a column", lambda k: k.layers.TextVectorization(vocabulary=WORDS), [[text] for text in TEXTS]),
    Case("text alone", lambda k: k.layers.TextVectorization(vocabulary=WORDS), TEXTS[0]),
    Case("text cut", lambda k: k.layers.TextVectorization(vocabulary=WORDS, output_sequence_length=3), TEXTS),
    Case("text filled up", lambda k: k.layers.TextVectorization(vocabulary=WORDS, output_sequence_length=9), TEXTS),
    Case("text adapted", lambda k: k.layers.TextVectorization(), TEXTS, adapt=TEXTS),
    Case("text adapted to few", lambda k: k.layers.TextVectorization(max_tokens=5), TEXTS, adapt=TEXTS),
    Case(
        "text adapted to batches",
        lambda k: k.layers.TextVectorization(standardize="lower"),
        TEXTS,
        adapt=(TEXTS[:2], TEXTS[2:]),
    ),
    Case(
        "text without punctuation", lambda k: k.layers.TextVectorization(standardize="strip_punctuation"), TEXTS, TEXTS
    ),
    Case("text as it is", lambda k: k.layers.TextVectorization(standardize=None), TEXTS, adapt=TEXTS),
    Case("characters", lambda k: k.layers.TextVectorization(split="character"), TEXTS[2:], adapt=TEXTS[2:]),
    Case("pairs of words", lambda k: k.layers.TextVectorization(ngrams=2), TEXTS, adapt=TEXTS),
    Case("threes and ones", lambda k: k.layers.TextVectorization(ngrams=(3, 1)), TEXTS, adapt=TEXTS),
    Case("tokens", lambda k: k.layers.TextVectorization(split=None, vocabulary=VOCABULARY), LETTERS),
    Case(
        "tokens cut",
        lambda k: k.layers.TextVectorization(split=None, vocabulary=VOCABULARY, output_sequence_length=2),
        LETTERS,
    ),
    Case("text multi hot", lambda k: k.layers.TextVectorization(output_mode="multi_hot"), TEXTS, adapt=TEXTS),
    Case(
        "text counts padded",
        lambda k: k.layers.TextVectorization(output_mode="count", max_tokens=30, pad_to_max_tokens=True),
        TEXTS,
        adapt=TEXTS,
    ),
    Case("text weighted", lambda k: k.layers.TextVectorization(output_mode="tf_idf", ngrams=2), TEXTS, adapt=TEXTS),
    Case(
        "text weighted as given",
        lambda k: k.layers.TextVectorization(output_mode="tf_idf", vocabulary=WORDS[:3], idf_weights=IDF),
        TEXTS,
    ),
    Case("hashing", lambda k: k.layers.Hashing(num_bins=1000), MANY),
    Case("hashing of long texts", lambda k: k.layers.Hashing(num_bins=10**6), [["é" * n] for n in range(0, 150, 7)]),
    Case("hashing salted", lambda k: k.layers.Hashing(num_bins=1000, salt=[133, 137]), MANY),
    Case("hashing salted once", lambda k: k.layers.Hashing(num_bins=1000, salt=133, dtype="int32"), MANY),
    Case("hashing masked", lambda k: k.layers.Hashing(num_bins=3, mask_value=""), COLUMN),
    Case("hashing of integers", lambda k: k.layers.Hashing(num_bins=9, mask_value=7), NUMBERS),
    Case("hashing of floats", lambda k: k.layers.Hashing(num_bins=9), [[1.9, -2.5, 1e9]]),
    Case("hashing one hot", lambda k: k.layers.Hashing(num_bins=4, output_mode="one_hot"), COLUMN),
    Case("hashing multi hot", lambda k: k.layers.Hashing(num_bins=4, output_mode="multi_hot"), LETTERS),
    Case("hashing counts", lambda k: k.layers.Hashing(num_bins=4, output_mode="count"), LETTERS),
    Case(
        "crossing",
        lambda k: k.layers.HashedCrossing(num_bins=10**6),
        [SEEN, [5, -3, 0, 2**40, 1, 1, 1, 1]],
        several=True,
    ),
    Case(
        "crossing of three",
        lambda k: k.layers.HashedCrossing(num_bins=1000, dtype="int32"),
        [SEEN, SEEN[::-1], list(range(8))],
        several=True,
    ),
    Case(
        "crossing one hot",
        lambda k: k.layers.HashedCrossing(num_bins=5, output_mode="one_hot"),
        [COLUMN, [[1], [2], [3], [4]]],
        several=True,
    ),
    Case("crossing of one row", lambda k: k.layers.HashedCrossing(5, output_mode="one_hot"), ["a", 7], several=True),
    Case("bins", lambda k: k.layers.Discretization([0.0, 1.0, 2.0]), [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]),
    Case("bins one hot", lambda k: k.layers.Discretization([0.0, 1.0], output_mode="one_hot"), [[-1.5], [1.0], [0.2]]),
    Case(
        "bins multi hot",
        lambda k: k.layers.Discretization([0.0, 1.0], output_mode="multi_hot"),
        [[-1.5, 1.0], [0.2, 0.3]],
    ),
    Case("bins counts", lambda k: k.layers.Discretization([0.0, 1.0], output_mode="count"), [[-1.5, 1.0], [0.2, 0.3]]),
    Case("bins adapted", lambda k: k.layers.Discretization(num_bins=6), SPREAD[:5], adapt=SPREAD),
    Case("bins adapted roughly", lambda k: k.layers.Discretization(num_bins=4, epsilon=0.1), SPREAD[:5], adapt=SPREAD),
    Case(
        "bins adapted to batches",
        lambda k: k.layers.Discretization(num_bins=5, epsilon=0.02),
        SPREAD[:5],
        adapt=tuple(SPREAD[at : at + 9] for at in range(0, 100, 9)),
    ),
    Case("bins adapted to little", lambda k: k.layers.Discretization(num_bins=3), SPREAD[:2], adapt=SPREAD[0, :4]),
    Case("categories", lambda k: k.layers.CategoryEncoding(num_tokens=4), [[0, 1], [3, 3], [2, 0]]),
    Case("categories of a vector", lambda k: k.layers.CategoryEncoding(num_tokens=4), [0, 3, 3]),
    Case("categories one hot", lambda k: k.layers.CategoryEncoding(num_tokens=4, output_mode="one_hot"), [3, 2, 0, 1]),
    Case("category alone", lambda k: k.layers.CategoryEncoding(4, "one_hot"), 3),
    Case("category alone counted", lambda k: k.layers.CategoryEncoding(4, "count"), 3),
    Case("categories one hot column", lambda k: k.layers.CategoryEncoding(4, "one_hot"), [[3], [2], [0]]),
    Case(
        "categories counted", lambda k: k.layers.CategoryEncoding(num_tokens=4, output_mode="count"), [[0, 1], [3, 3]]
    ),
    Case(
        "categories weighed",
        lambda k: k.layers.CategoryEncoding(num_tokens=4, output_mode="count"),
        [[0, 1], [3, 3]],
        keywords=(("count_weights", [[0.5, 2.0], [1.0, 0.25]]),),
    ),
    Case("normalization adapted to batches", lambda k: k.layers.Normalization(), SPREAD[:3], adapt=SPREAD),
]
