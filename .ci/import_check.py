"""Run in an environment that has the wheel and nothing else: what `import nbkeras` brings, and how long it takes."""

import subprocess
import sys

FORBIDDEN = ("IPython", "ipywidgets", "jax", "keras", "matplotlib", "tensorflow", "torch")
LIMIT = 0.1
SCRIPT = f"""
import sys, time
import numpy
start = time.perf_counter()
import nbkeras
seconds = time.perf_counter() - start
print(seconds, nbkeras.__version__, *sorted(set(sys.modules) & set({FORBIDDEN})))
"""


def fresh_process():
    run = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    return run.stdout.split()


def main():
    rows = [fresh_process() for _ in range(9)]
    _, version, *brought = rows[0]
    seconds = min(float(row[0]) for row in rows)
    print(f"import nbkeras {version}: {seconds:.3f} s beyond NumPy, the best of {len(rows)}; the limit is {LIMIT} s")
    print(f"forbidden modules it brings: {' '.join(brought) or 'none'}")
    return 1 if brought or seconds >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
