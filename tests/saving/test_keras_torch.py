"""Files of Keras on PyTorch open here, and ours open there; `with_torch.py` has the steps and runs the whole table."""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.torch]
EVERY = 8  # of the rows of layers


def run(step, folder, *more):
    command = [sys.executable, "-m", "tests.saving.with_torch", step, str(folder), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_both_ways(tmp_path):
    written = run("write", tmp_path, str(EVERY))
    assert written["written"] > 50
    for step in ("cross", "read"):
        found = run(step, tmp_path)
        assert not found["layers"]["wrong"]
        assert not found["training"]["wrong"]
        assert found["layers"]["passed"] + found["training"]["passed"] == written["written"]
