"""A few thousand damaged and forged files for every reader, the same at every run.

`python -m tests.saving.fuzz TARGET --runs N` looks for more of them, guided by what code they reach.
"""

import random

import pytest

from tests.saving.mutations import mutated
from tests.saving.readers import TARGETS, check, prepare

INPUTS = {
    "config": 150,
    "archive": 1000,
    "model": 100,
    "weights": 400,
    "legacy": 100,
    "legacy_config": 50,
    "pickle": 2000,
    "unpack": 300,
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # ours
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_refusals(target, tmp_path):
    read, seeds, of_this_kind = TARGETS[target]
    prepare()
    known = list(seeds())
    rng = random.Random(target)
    for _ in range(INPUTS[target]):
        data = rng.choice(known)
        changed = of_this_kind(data, rng) if of_this_kind and rng.random() < 0.75 else None
        check(read, changed if changed is not None else mutated(data, rng, known), tmp_path)
