"""From text to tokens: standardising, splitting, joining neighbours."""

import re

__all__ = ["SPLITS", "STANDARDS", "ngrams_of", "split_text", "standard_text"]

STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")
PUNCTUATION = str.maketrans("", "", "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")
# As in TensorFlow, only the letters from A to Z have small ones, and only ASCII's spaces separate.
LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
WORD = re.compile("[^ \t\n\r\v\f]+")
TABLES = {
    "lower": LOWER,
    "strip_punctuation": PUNCTUATION,
    "lower_and_strip_punctuation": LOWER | PUNCTUATION,
}


def standard_text(text, standard):
    """A text as one of `STANDARDS` says."""
    if standard != "strip_punctuation" and text.isascii():
        text = text.lower()  # the table does the same in four times the time
        standard = "strip_punctuation" if standard != "lower" else None
    return text if standard is None else text.translate(TABLES[standard])


def split_text(text, split):
    """The tokens of a text, as one of `SPLITS` says."""
    return list(text) if split == "character" else WORD.findall(text)


def ngrams_of(tokens, lengths):
    """All runs of neighbours in `tokens`, joined by spaces: those of the first of `lengths`, then of the next."""
    return [" ".join(tokens[i : i + n]) for n in lengths for i in range(len(tokens) - n + 1)]
