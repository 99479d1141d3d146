"""Interrupts trainings at random moments, and checks that each leaves whole steps, a usable model and its history.

    python -m tests.saving.interrupt_training --interrupts 1000

The trainings are those of `kill_training` that have no callbacks.
"""

import argparse
import random
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nbkeras import callbacks
from tests.saving.kill_training import TRAININGS, begin

NAMES = [name for name, (_, _, others) in TRAININGS.items() if others is None]


def state(model):
    """All that a step changes."""
    return tuple(v.numpy().tobytes() for v in (*model.variables, *model.optimizer.variables))


def left_alone(name):
    """The seconds of a training, the batches of its epochs, and the states that it is in between two of its steps."""
    states = set()

    def note(*_):
        states.add(state(model))

    model, options, _ = begin(name, Path())
    began = time.perf_counter()
    model.fit(**options)
    seconds = time.perf_counter() - began
    model, options, _ = begin(name, Path())
    model.steps_per_execution = 1
    model.fit(**options, callbacks=[callbacks.LambdaCallback(on_train_begin=note, on_train_batch_end=note)])
    return seconds, len(states) // options["epochs"], states


@contextmanager
def interrupted_after(seconds):
    """An interrupt that comes then, if the block has not ended before."""

    def press(number, frame):
        signal.raise_signal(signal.SIGINT)

    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGALRM)]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler)


def was_interrupted(name, seconds, batches, states):
    """Whether the interrupt came before the end of the training; what it leaves is checked."""
    model, options, _ = begin(name, Path())
    ended = False
    try:
        with interrupted_after(seconds):
            model.fit(**options)
            ended = True
    except KeyboardInterrupt:
        pass
    if model.optimizer.built:
        assert state(model) in states, "weights of half a step"
        epochs = len(model.history.epoch) if model.history is not None else 0
        assert 0 <= int(model.optimizer._iterations) - batches * epochs <= batches, "epochs are missing"
    assert np.isfinite(model.fit(**{**options, "epochs": 1}).history["loss"]).all()
    return not ended


def interrupt(count, seed):
    """Interrupts `count` trainings; returns how many had not ended by then."""
    chance, found, come = random.Random(seed), {}, 0
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        if name not in found:
            found[name] = left_alone(name)
        seconds, batches, states = found[name]
        come += was_interrupted(name, chance.uniform(1e-6, seconds), batches, states)
    return come


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interrupts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    come = interrupt(args.interrupts, args.seed)
    print(f"{args.interrupts} interrupts, {come} before the end: whole steps, a usable model, its history")


if __name__ == "__main__":
    main()
