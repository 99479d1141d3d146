"""The dense workloads in scikit-learn's MLPClassifier, which has no dropout and keeps no accuracy per epoch."""

import numpy as np
from sklearn.neural_network import MLPClassifier

HIDDEN = {"tabular": (10, 8), "digits": (512, 256)}


class Sklearn:
    def build(self, model, weights):
        """No penalty and no early stop, which the other libraries do not have by default either."""
        self.net = MLPClassifier(
            HIDDEN[model], alpha=0.0, tol=0.0, n_iter_no_change=10**9, max_iter=1, batch_size=1, warm_start=True
        )
        features, classes = len(weights[0]), max(2, len(weights[-1]))
        self.net.fit(np.zeros((classes, features), "float32"), np.arange(classes))
        for array, start in zip([*self.net.coefs_, *self.net.intercepts_], weights[0::2] + weights[1::2]):
            array[...] = start

    def prepare(self, model, x, y):
        return x, y

    def fit(self, x, y, batch_size, epochs=1, shuffle=True):
        """With `warm_start`, `fit` goes on from the weights it finds; Adam starts anew."""
        self.net.set_params(batch_size=min(batch_size, len(x)), max_iter=epochs, shuffle=shuffle)
        self.net.fit(x, y)
        return self.net.loss_curve_[-epochs:]

    def call(self, x):
        probabilities = self.net.predict_proba(x)
        return probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities
