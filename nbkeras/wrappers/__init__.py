"""Models as estimators of scikit-learn, for its pipelines, searches and scores."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbkeras.wrappers.estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nbkeras.wrappers' has no attribute {name!r}")
    try:
        from nbkeras.wrappers import estimators
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        raise ImportError(f"wrappers.{name} needs scikit-learn: pip install 'nbkeras[sklearn]'") from None
    return getattr(estimators, name)
