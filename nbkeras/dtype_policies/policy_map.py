"""`DTypePolicyMap`: policies by the paths of layers."""

import re
from collections.abc import MutableMapping

from nbkeras.dtype_policies.policy import DTypePolicy, dtype_policy
from nbkeras.serialization import custom_object_scope, serialize_keras_object

__all__ = ["DTypePolicyMap"]


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """A dictionary from the paths of layers, or patterns that match them whole, to their policies.

    Args:
        default_policy: a policy or its name, for layers that no key matches; default `config.dtype_policy()`, whatever
            that is at the time.
        policy_map: a dictionary to begin with.

    Raises:
        ValueError: for a key that is there already, for what is no policy, and, when asked for a path, if several
            patterns match it.

    Example:
        >>> policies = DTypePolicyMap("float32", {"encoder/.*": DTypePolicy("mixed_float16")})
        >>> policies["encoder/dense"].name, policies["head"].name
        ('mixed_float16', 'float32')
    """

    keras_module = "keras.dtype_policies"

    def __init__(self, default_policy=None, policy_map=None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("DTypePolicyMap expects a plain policy as default_policy, got a DTypePolicyMap")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(f"DTypePolicyMap expects policy_map to be a dictionary, got {policy_map!r}")
        self._default = None if default_policy is None else DTypePolicy.of(default_policy)
        self._policies = {}
        for key, policy in (policy_map or {}).items():
            self[key] = policy

    @property
    def default_policy(self):
        """The policy of layers that no key matches."""
        return self._default or dtype_policy()

    @property
    def name(self):
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self):
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self):
        return self.default_policy.variable_dtype

    def __getitem__(self, key):
        if key in self._policies:
            return self._policies[key]
        matching = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"DTypePolicyMap expects one pattern that matches {key!r}, got {', '.join(matching)}")
        return self._policies[matching[0]] if matching else self.default_policy

    def __setitem__(self, key, policy):
        if key in self._policies:
            raise ValueError(f"DTypePolicyMap has {key!r} already; delete that entry first")
        try:
            self._policies[key] = DTypePolicy.of(policy)
        except (TypeError, ValueError) as error:
            raise ValueError(f"DTypePolicyMap expects a policy or its name, got {policy!r}: {error}") from None

    def __delitem__(self, key):
        del self._policies[key]

    def __contains__(self, key):
        return key in self._policies

    def __len__(self):
        return len(self._policies)

    def __iter__(self):
        return iter(self._policies)

    def get_config(self):
        return {
            "default_policy": serialize_keras_object(self._default),
            "policy_map": serialize_keras_object(self._policies),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new map from what `get_config` returned."""
        with custom_object_scope(custom_objects):
            return super().from_config(config)

    def __repr__(self):
        entries = {key: policy.name for key, policy in self._policies.items()}
        return f"<DTypePolicyMap default={self.default_policy.name}, {entries}>"

    __eq__ = object.__eq__
    __hash__ = object.__hash__
