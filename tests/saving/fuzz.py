"""Coverage-guided fuzzing, with atheris, of everything that reads a file of unknown origin.

    pip install -e ".[fuzz]"
    python -m tests.saving.fuzz TARGET [--runs 2000] [--corpus FOLDER] [--seed 1]

What must hold is said in `readers`; besides, no input takes memory or time out of proportion. One for which that does
not hold ends the process, and is left as `crash-…` or `timeout-…` in the corpus. Without a corpus, one is made of the
files that the tests know.
"""

import argparse
import atexit
import random
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

READERS = ["nbkeras.saving", "nbkeras.serialization", "nbkeras.datasets.pickles", "nbkeras.utils.archives"]
with atheris.instrument_imports(include=READERS, enable_loader_override=False):
    import nbkeras
    from tests.saving.readers import LONGEST, TARGETS, check, prepare

PATIENCE = 10  # seconds, after which an input counts as one that hangs
MEMORY = 2**29  # bytes above what the process has at the start, for inputs and the fuzzer's own notes


def write_seeds(seeds, corpus):
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:03}").write_bytes(seed)


def custom_mutator(change):
    """A mutator for the fuzzer: `change`, or its own one time in four, which makes what is no JSON at all."""

    def mutator(data, size, seed):
        rng = random.Random(seed)
        changed = change(data, rng) if rng.random() < 0.75 else None
        return changed[:size] if changed is not None else atheris.Mutate(data, size)

    return mutator


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args()
    read, seeds, change = TARGETS[given.target]
    folder = Path(tempfile.mkdtemp())
    corpus = given.corpus or folder.with_name(f"{folder.name}-corpus")
    write_seeds(seeds, corpus)
    prepare()
    nbkeras.config.disable_interactive_logging()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    options = [
        f"-atheris_runs={given.runs}",
        f"-seed={given.seed}",
        f"-max_len={LONGEST}",
        f"-timeout={PATIENCE}",
        f"-artifact_prefix={corpus}/",
        "-rss_limit_mb=0",
        "-verbosity=0",
        str(corpus),
    ]
    mutator = {"custom_mutator": custom_mutator(change)} if change else {}
    warnings.simplefilter("error", RuntimeWarning)  # of NumPy
    warnings.simplefilter("ignore", UserWarning)  # of ours
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)  # the fuzzer leaves its alarm on
    atheris.Setup([sys.argv[0], *options], lambda data: check(read, data, folder), **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
