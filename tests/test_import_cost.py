"""`import nbkeras` brings NumPy and nothing heavier."""

import subprocess
import sys

HEAVY = ["IPython", "asyncio", "ipywidgets", "jax", "keras", "matplotlib", "pandas", "scipy", "sklearn", "torch"]


def modules_after(statement):
    """The top-level names in `sys.modules` of a fresh process that ran `statement`."""
    script = f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_is_light():
    brought = modules_after("import numpy, nbkeras") - modules_after("import numpy")
    assert "nbkeras" in brought
    assert not brought.intersection(HEAVY)
