"""Every public object is compared with real Keras in a row of the tables, or named here with the test it has instead.

An object is covered when some row takes it from its namespace, under whichever of its names.
"""

import inspect
import re
from operator import attrgetter
from pathlib import Path
from types import ModuleType

import pytest

import nbkeras
from tests.cases.case import LossCase, MetricCase, OpCase, ProgramCase
from tests.references import tables
from tests.test_ops import ALL as OP_CASES

TESTS = Path(__file__).parent
NAMESPACES = (
    "layers ops losses metrics optimizers optimizers.schedules callbacks initializers regularizers constraints "
    "activations random"
).split()
CONFIGURED = {"get", "serialize", "deserialize"}  # of each namespace: with the configurations of its rows
ELSEWHERE = {
    "test_activations.py": "activations.sparsemax",
    "test_autodiff.py": "ops.custom_gradient",
    "test_backends.py": "ops.dtype ops.is_tensor",
    "test_callbacks.py": """
        callbacks.CSVLogger callbacks.Callback callbacks.CallbackList callbacks.EarlyStopping callbacks.History
        callbacks.LambdaCallback callbacks.LearningRateScheduler callbacks.ModelCheckpoint callbacks.OrbaxCheckpoint
        callbacks.Progbar callbacks.ProgbarLogger callbacks.ReduceLROnPlateau callbacks.RemoteMonitor
        callbacks.SwapEMAWeights callbacks.TerminateOnNaN""",
    "test_callbacks_tensorboard.py": "callbacks.TensorBoard",
    "test_jax_training.py": "layers.Wrapper losses.LossFunctionWrapper",
    "test_kernels.py": """
        ops.dense ops.layer_norm ops.normalize_columns ops.rms_norm ops.sigmoid_cross_entropy
        ops.softmax_cross_entropy ops.sparse_softmax_cross_entropy""",
    "test_layer_configuration.py": """
        layers.FlaxLayer layers.InputSpec layers.JaxLayer layers.TFSMLayer layers.TorchModuleWrapper""",
    "test_models.py": "layers.InputLayer",
    "test_optimizer_semantics.py": "optimizers.Optimizer",
    "test_random.py": """
        random.SeedGenerator random.beta random.binomial random.categorical random.dropout random.gamma random.normal
        random.randint random.shuffle random.truncated_normal random.uniform""",
    "test_resume.py": "callbacks.BackupAndRestore",
    "test_text_preprocessing.py": """
        layers.CategoryEncoding layers.Discretization layers.HashedCrossing layers.Hashing layers.IntegerLookup
        layers.StringLookup layers.TextVectorization""",
    "test_transforms.py": "ops.argpartition ops.vectorize ops.view_as_real",
    "test_wrapped_optimizers.py": "optimizers.LossScaleOptimizer",
}


class Noting:
    """A package that notes the objects which are taken from it."""

    def __init__(self, module, taken):
        self.module, self.taken = module, taken

    def __getattr__(self, name):
        value = getattr(self.module, name)
        if isinstance(value, ModuleType):
            return Noting(value, self.taken)
        self.taken[id(value)] = value  # kept, so that no other object gets its id
        return value


def run(case, package):
    """Makes what a row is about, and calls it if that is a function: it may reach into the package only then."""
    made = case.build(package)
    if inspect.isfunction(made):
        if isinstance(case, MetricCase):
            made(*case.arrays()[0])
        else:
            made(*[array for array in case.arrays() if array is not None or not isinstance(case, LossCase)])


@pytest.fixture(scope="module")
def compared():
    """The objects that rows are about, by their id."""
    taken = {}
    package = Noting(nbkeras, taken)
    for name in tables.NAMES:
        for case in tables.rows(name):
            if not isinstance(case, (OpCase, ProgramCase)):
                run(case, package)
    for case in OP_CASES:
        attrgetter(case.op)(package.ops)
    return taken


def public(namespace):
    module = attrgetter(namespace)(nbkeras)
    names = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    objects = {name: getattr(module, name) for name in names}
    own = {name: value for name, value in objects.items() if getattr(value, "__module__", "").startswith("nbkeras")}
    return {name: value for name, value in own.items() if callable(value) and name not in CONFIGURED}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_public_object_has_a_row(namespace, compared):
    without = [f"{namespace}.{name}" for name, value in public(namespace).items() if id(value) not in compared]
    named = [name for name in " ".join(ELSEWHERE.values()).split() if name.rpartition(".")[0] == namespace]
    assert sorted(without) == sorted(named)


@pytest.mark.parametrize("file", ELSEWHERE)
def test_what_has_no_row_is_named_in_its_test(file):
    text = (TESTS / file).read_text(encoding="utf-8")
    absent = [name for name in ELSEWHERE[file].split() if not re.search(rf"\b{name.rpartition('.')[2]}\b", text)]
    assert not absent
