"""How often tokens occur, and in how many documents: what a vocabulary is made of."""

from collections import Counter

import numpy as np

__all__ = ["TokenCounts"]


class TokenCounts:
    """Counts of tokens over batches of documents.

    Attributes:
        tokens: how often each occurs.
        documents: in how many documents each occurs.
        number: of documents.
    """

    def __init__(self):
        self.tokens = Counter()
        self.documents = Counter()
        self.number = 0

    def add(self, rows, by_document=False):
        """Counts documents, given as lists of tokens.

        Args:
            rows: the documents.
            by_document: whether to count, besides, in how many documents each token occurs.
        """
        for row in rows:
            self.tokens.update(row)
            if by_document:
                self.documents.update(set(row))
        self.number += len(rows)

    def most_frequent(self, most=None, without=()):
        """The tokens by falling count, those of one count by falling order of their own; at most `most` of them."""
        ranked = sorted(((count, token) for token, count in self.tokens.items() if token not in without), reverse=True)
        return [token for _, token in ranked[:most]]

    def rarity(self, tokens):
        """The inverse document frequency of each token, `log(1 + documents / (1 + documents with it))`."""
        found = np.array([self.documents[token] for token in tokens], "float64")
        return np.log(1 + self.number / (1 + found))
