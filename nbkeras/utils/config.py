"""`Config`: settings by name, as attributes and as entries, that can be frozen."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Config"]


class Config:
    """Settings by name, which can be read and set as attributes or as entries.

    Args:
        **kwargs: the first ones.

    Attributes:
        frozen: whether setting and removing raise ValueError.

    Example:
        >>> config = Config(units=64)
        >>> config.rate = 0.1
        >>> config["units"], config.as_dict()
        (64, {'units': 64, 'rate': 0.1})
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_settings", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        return self.__dict__["_frozen"]

    def freeze(self) -> None:
        """Lets every change raise ValueError."""
        self.__dict__["_frozen"] = True

    def unfreeze(self) -> None:
        """Allows changes again."""
        self.__dict__["_frozen"] = False

    def _changing(self) -> dict[str, Any]:
        if self.frozen:
            raise ValueError("this Config is frozen; call unfreeze() to change it")
        return self.__dict__["_settings"]

    def as_dict(self) -> dict[str, Any]:
        """The settings as a dictionary, copied."""
        return dict(self.__dict__["_settings"])

    def to_json(self) -> str:
        """The settings as JSON."""
        return json.dumps(self.as_dict())

    def keys(self) -> Any:
        return self.__dict__["_settings"].keys()

    def values(self) -> Any:
        return self.__dict__["_settings"].values()

    def items(self) -> Any:
        return self.__dict__["_settings"].items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """A setting, or `value` if there is none of that name."""
        return self.__dict__["_settings"].get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Removes a setting and returns it."""
        return self._changing().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets several, from a dictionary or another Config, and by name."""
        settings = self._changing()
        for other in args:
            settings.update(other if isinstance(other, Mapping) else other.as_dict())
        settings.update(kwargs)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__["_settings"][name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._changing()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._changing()[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.__dict__["_settings"]:
            raise AttributeError(f"this Config has no setting {name!r}; it has {', '.join(self.keys()) or 'none'}")
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__["_settings"]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__["_settings"])

    def __len__(self) -> int:
        return len(self.__dict__["_settings"])

    def __repr__(self) -> str:
        return f"<Config {self.as_dict()}>"
