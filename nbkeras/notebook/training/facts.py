"""What is known of a training besides its weights: as plain data, for tables, for files, for a later kernel."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from nbkeras import random, tree
from nbkeras.models import Model
from nbkeras.notebook.views.curves import Points

__all__ = ["RUNNING", "Facts", "commit_of", "facts_of"]

RUNNING = ""  # the outcome of a training that has not ended
GIT_SECONDS = 2  # a repository so large that git takes longer goes without its commit
FEW_PARTS = 20  # of nested data; a longer list holds rows


@dataclass
class Facts:
    """One training.

    Attributes:
        run: its name, `net-1`.
        model: class and name.
        parameters: of the model.
        optimizer: with its learning rate at the beginning.
        data: shapes, by the expressions that the reader wrote.
        settings: options as the reader wrote them.
        seed: of the random numbers of the process, if one was set.
        commit: of the folder at work, with `-dirty` where files differ from it; empty where there is none.
        began: time in UTC, to the second, as ISO 8601.
        seconds: it took.
        planned, finished: epochs.
        batches: in an epoch, where that is known.
        outcome: how it ended, in a few words; `RUNNING` before.
        points: by metric, (epoch, value), the first epoch of this training being 1.
    """

    run: str
    model: str
    parameters: int = 0
    optimizer: str = ""
    data: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    commit: str = ""
    began: str = ""
    seconds: float = 0.0
    planned: int = 1
    finished: int = 0
    batches: int | None = None
    outcome: str = RUNNING
    points: dict[str, Points] = field(default_factory=dict)


def facts_of(run: str, model: Model, data: Mapping[str, Any], settings: Mapping[str, str]) -> Facts:
    """What is known before the first step.

    Args:
        run: the name of the training.
        model: what is trained.
        data: inputs and targets by the expressions that the reader wrote.
        settings: options as written.
    """
    return Facts(
        run,
        model.title,
        parameters=model.count_params() if model.built else 0,
        optimizer=_described_optimizer(model.optimizer),
        data={source: _described(value) for source, value in data.items()},
        settings=dict(settings),
        seed=_seed(),
        began=datetime.now(timezone.utc).replace(tzinfo=None).isoformat(" ", "seconds"),
    )


def commit_of(folder: str) -> str:
    """The git commit that `folder` is at, short; empty without git, repository or commit."""
    command = ["git", "-C", folder, "describe", "--always", "--dirty", "--exclude=*"]
    quietly = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # only to look: nobody's git has to wait
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False, env=quietly)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _described(value):
    """The shapes of data, or its type where it has none."""
    if isinstance(value, (dict, list, tuple)) and len(value) > FEW_PARTS:
        return type(value).__name__
    parts = tree.flatten(value)
    has_shapes = all(hasattr(part, "shape") for part in parts)
    return " and ".join(str(tuple(part.shape)) for part in parts) if has_shapes else type(value).__name__


def _described_optimizer(optimizer):
    if optimizer is None:
        return ""
    rate = optimizer.get_config().get("learning_rate")
    described = f"{rate:.3g}" if isinstance(rate, (int, float)) else "scheduled"
    return f"{type(optimizer).__name__}, learning rate {described}"


def _seed():
    """The number given to `set_random_seed`, which set both sources of chance; `None` if it was never called."""
    chosen = getattr(random.host_generator().bit_generator.seed_seq, "entropy", None)
    key = int(random.global_generator().state.numpy()[0])
    return chosen if isinstance(chosen, int) and chosen % 2**32 == key else None
