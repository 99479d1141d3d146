"""Models as estimators of scikit-learn, in scikit-learn's own pipelines and searches."""

import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbkeras
from nbkeras import layers
from nbkeras.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

RNG = np.random.RandomState(0)
X = RNG.standard_normal((60, 3)).astype("float32")
KINDS = np.where(X[:, 0] > 0, "right", "left")
VALUES = X @ [1.0, -2.0, 0.5] + 3


def classifier(X, y, units=8):
    head = layers.Dense(y.shape[1], activation="softmax")
    model = nbkeras.Sequential([nbkeras.Input(X.shape[1:]), layers.Dense(units, activation="relu"), head])
    model.compile(nbkeras.optimizers.Adam(0.05), "categorical_crossentropy")
    return model


def linear():
    model = nbkeras.Sequential([nbkeras.Input((3,)), layers.Dense(1)])
    model.compile(nbkeras.optimizers.SGD(0.1), "mse")
    return model


def test_a_classifier_in_a_pipeline():
    estimator = make_pipeline(StandardScaler(), SKLearnClassifier(classifier, fit_kwargs={"epochs": 15}))
    estimator.fit(X, KINDS)
    assert estimator.score(X, KINDS) > 0.9
    assert set(estimator.predict(X)) == {"left", "right"} == set(estimator[-1].classes_)
    assert estimator.decision_function(X).shape == (60, 2)
    assert is_classifier(estimator)


def test_a_search_over_the_arguments_of_the_function():
    grid = {"model_kwargs": [{"units": 2}, {"units": 8}], "fit_kwargs": [{"epochs": 8}]}
    search = GridSearchCV(SKLearnClassifier(classifier), grid, cv=2).fit(X, KINDS)
    assert search.best_params_["model_kwargs"]["units"] in (2, 8)
    assert search.best_estimator_.epoch_ == 8


def test_a_regressor_trains_a_copy():
    model = linear()
    before = model.get_weights()
    estimator = SKLearnRegressor(model, fit_kwargs={"epochs": 20})
    assert (cross_val_score(estimator, X, VALUES, cv=2) > 0.95).all()
    estimator.fit(X, VALUES)
    assert estimator.predict(X).shape == VALUES.shape
    assert all(map(np.array_equal, model.get_weights(), before))
    assert is_regressor(estimator)


def test_a_regressor_of_several_targets():
    model = nbkeras.Sequential([nbkeras.Input((3,)), layers.Dense(2)])
    model.compile(nbkeras.optimizers.SGD(0.1), "mse")
    estimator = SKLearnRegressor(model).fit(X, np.c_[VALUES, -VALUES], epochs=20)
    assert estimator.predict(X).shape == (60, 2)
    assert estimator.score(X, np.c_[VALUES, -VALUES]) > 0.95


def test_a_warm_start_goes_on():
    cold, warm = (SKLearnRegressor(linear(), warm_start=w, fit_kwargs={"epochs": 1, "shuffle": False}) for w in (0, 1))
    first, second = (float(warm.fit(X, VALUES).history_.history["loss"][0]) for _ in range(2))
    assert second < first
    trained = cold.fit(X, VALUES).model_
    assert cold.fit(X, VALUES).model_ is not trained


def test_a_transformer():
    estimator = SKLearnTransformer(linear(), fit_kwargs={"epochs": 1}).fit(X, VALUES)
    np.testing.assert_array_equal(estimator.transform(X), estimator.model_.predict(X, verbose=0))


def test_a_clone_is_unfitted_and_keeps_its_arguments():
    estimator = SKLearnClassifier(classifier, model_kwargs={"units": 4}).fit(X, KINDS)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)


def test_metadata_is_routed_when_that_is_enabled():
    estimator = SKLearnRegressor(linear())
    with pytest.raises(RuntimeError, match="enable_metadata_routing=True"):
        estimator.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        assert estimator.set_fit_request(sample_weight=True) is estimator
    weight = np.r_[np.ones(30), np.zeros(30)]
    one = estimator.fit(X, VALUES, sample_weight=weight, epochs=1)
    assert np.isfinite(one.predict(X)).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SKLearnRegressor(nbkeras.Sequential()).fit(X, VALUES), RuntimeError, "expects a compiled model"),
        (lambda: SKLearnRegressor(lambda X, y: 3).fit(X, VALUES), TypeError, "that returns one, got 3"),
        (lambda: SKLearnClassifier(classifier).fit(X, VALUES), ValueError, "Unknown label type: continuous"),
        (lambda: SKLearnClassifier(classifier).fit(X, np.ones(60, int)), ValueError, "only one class"),
        (lambda: SKLearnRegressor(linear()).fit(X, VALUES).predict(X[:, :2]), ValueError, "2 features"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_without_scikit_learn_the_error_says_what_installs_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "nbkeras.wrappers.estimators")
    monkeypatch.delattr(nbkeras.wrappers, "estimators")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'nbkeras\[sklearn\]'"):
        nbkeras.wrappers.SKLearnClassifier
    with pytest.raises(AttributeError, match="no attribute 'SKLearn'"):
        nbkeras.wrappers.SKLearn
