"""Estimators of scikit-learn around a model."""

import copy
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from nbkeras.models import Model, clone_model

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # scikit-learn 1.5

    def validate_data(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        return estimator._validate_data(*args, **kwargs)


__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


class _Estimator(BaseEstimator):
    """What the three have in common: how a model comes about, is trained and predicts.

    Args:
        model: a compiled model, of which each `fit` trains a copy; or a function of `X`, `y` and `model_kwargs` that
            returns one.
        warm_start: whether `fit` goes on with the model of the `fit` before.
        model_kwargs: a dictionary of further arguments of that function.
        fit_kwargs: a dictionary of arguments of the model's `fit`; those given to `fit` here come first.

    Attributes:
        model_: the trained model.
        history_: what the model's `fit` returned.
    """

    _takes_many_targets = True

    def __init__(self, model: Any, warm_start: bool = False, model_kwargs: Any = None, fit_kwargs: Any = None) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        tags.target_tags.multi_output = self._takes_many_targets
        return tags

    def __sklearn_clone__(self) -> Any:
        model = copy.deepcopy(self.model) if isinstance(self.model, Model) else self.model
        return type(self)(model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    @property
    def epoch_(self) -> int:
        """The number of epochs of the last `fit`."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs: Any) -> Any:
        """Says which metadata `fit` takes, for scikit-learn's routing; RuntimeError where that is not enabled."""
        if not get_config().get("enable_metadata_routing", False):
            raise RuntimeError("routing is not enabled; call sklearn.set_config(enable_metadata_routing=True)")
        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for parameter, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=parameter, alias=alias)
        return self

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Trains a model on `X` (rows, features) and `y` (rows,) or (rows, outputs); returns the estimator.

        Args:
            **kwargs: of the model's `fit`.
        """
        X, y = validate_data(self, X, y, multi_output=self._takes_many_targets)
        targets = self._encoded(y)
        self.model_ = self._model_for(X, targets)
        self.history_ = self.model_.fit(X, targets, **{"verbose": 0, **(self.fit_kwargs or {}), **kwargs})
        return self

    def _model_for(self, X: Any, targets: Any) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Model):
            if self.warm_start:
                return _compiled(self.model)
            clone = clone_model(_compiled(self.model))
            clone.compile_from_config(self.model.get_compile_config())
            return clone
        return _compiled(self.model(X=X, y=targets, **(self.model_kwargs or {})))

    def _outputs(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False), verbose=0)

    def _encoded(self, y: Any) -> Any:
        """The targets as the model is given them: with an axis of outputs."""
        _check_targets(y)
        self._has_one_output = y.ndim == 1
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decoded(self, outputs: Any) -> Any:
        return outputs[:, 0] if self._has_one_output and outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def predict(self, X: Any) -> Any:
        """What the model gives for `X`, in the form of the targets."""
        return self._decoded(self._outputs(X))


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A classifier of scikit-learn: its model has an output for each class, and targets are one-hot.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: see above.

    Attributes:
        classes_: the classes, sorted.

    Raises:
        ValueError: for targets that are no classes, and for a single class.

    Example:
        >>> def make(X, y):
        ...     model = nbkeras.Sequential([nbkeras.layers.Dense(y.shape[1], activation="softmax")])
        ...     model.compile("adam", "categorical_crossentropy")
        ...     return model
        >>> SKLearnClassifier(make).fit(X, y, epochs=5).score(X, y)
    """

    _takes_many_targets = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _encoded(self, y: Any) -> Any:
        kind = _check_targets(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass targets are supported, Unknown label type: {kind}")
        self.classes_, places = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_), dtype="float32")[places.ravel()]

    def _decoded(self, outputs: Any) -> Any:
        return self.classes_[outputs.argmax(axis=-1)]

    def decision_function(self, X: Any) -> Any:
        """What the model gives for `X`: a column for each class."""
        return self._outputs(X)


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A regressor of scikit-learn.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as in `SKLearnClassifier`.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A transformer of scikit-learn: `transform` gives what the model does.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as in `SKLearnClassifier`.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def transform(self, X: Any) -> Any:
        """What the model gives for `X`."""
        return self._outputs(X)


def _compiled(model: Any) -> Any:
    if not isinstance(model, Model):
        raise TypeError(f"the estimator expects a model or a function that returns one, got {model!r}")
    if not model.compiled or not model.loss or model.optimizer is None:
        raise RuntimeError("the estimator expects a compiled model; call compile(optimizer, loss)")
    return model


def _check_targets(y: Any) -> str:
    kind = type_of_target(y)
    if kind == "unknown":
        raise ValueError(f"Unknown label type: {y!r}")
    return kind
