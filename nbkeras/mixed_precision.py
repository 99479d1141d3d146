"""What `keras.mixed_precision` offers: policies and loss scaling under their older names."""

from nbkeras.dtype_policies import DTypePolicy
from nbkeras.dtype_policies import DTypePolicy as Policy
from nbkeras.dtype_policies.policy import dtype_policy, set_dtype_policy
from nbkeras.dtype_policies.policy import dtype_policy as global_policy
from nbkeras.dtype_policies.policy import set_dtype_policy as set_global_policy
from nbkeras.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
