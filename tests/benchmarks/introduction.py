"""The two worked examples of the Keras introduction, in nbkeras and in real Keras: steps per second, paired in one run.

    python -m tests.benchmarks.introduction [--rounds 3] [--peers keras]

Each measurement is a process of its own; the libraries take turns (A B A B …). What is timed is the public `fit` with
its history, metrics and callbacks, after one epoch that is not counted (it compiles and warms up). Real Keras runs on
the backend that `KERAS_BACKEND` names, JAX by default. Both start from the same weights and must end at the same loss.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np


def tabular(k):
    """Dense 10-8-1 on 768 rows of 8 numbers, batches of 10."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(768, 8)).astype("float32")
    y = (x @ rng.normal(size=8) > 0).astype("float32")
    model = k.models.Sequential()
    model.add(k.layers.Dense(10, input_dim=8, activation="relu"))
    model.add(k.layers.Dense(8, activation="relu"))
    model.add(k.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, x, y, {"batch_size": 10, "epochs": 30}


def images(k):
    """Two convolutions, two poolings and two dense layers on 32 × 32 colour images, batches of 32."""
    rng = np.random.default_rng(0)
    x = rng.random(size=(640, 32, 32, 3)).astype("float32")
    y = np.eye(10, dtype="float32")[rng.integers(0, 10, size=640)]
    model = k.models.Sequential()
    model.add(k.layers.Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(k.layers.MaxPooling2D((2, 2)))
    model.add(k.layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(k.layers.MaxPooling2D((2, 2)))
    model.add(k.layers.Flatten())
    model.add(k.layers.Dense(128, activation="relu"))
    model.add(k.layers.Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, x, y, {"batch_size": 32, "epochs": 3}


WORKLOADS = {"tabular": tabular, "images": images}


def measure(library, workload):
    """Steps per second and the final loss, in this process."""
    k = importlib.import_module(library)
    model, x, y, options = WORKLOADS[workload](k)
    rng = np.random.default_rng(1)
    model.set_weights([0.1 * rng.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    model.fit(x, y, batch_size=options["batch_size"], epochs=1, shuffle=False, verbose=0)
    began = time.perf_counter()
    history = model.fit(x, y, **options, shuffle=False, verbose=0).history
    seconds = time.perf_counter() - began
    steps = options["epochs"] * -(-len(x) // options["batch_size"])
    return {"steps_per_second": steps / seconds, "loss": history["loss"][-1]}


def in_a_process(library, workload):
    environment = {"KERAS_BACKEND": "jax", **os.environ}
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.introduction", "--one", library, workload]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{library} failed on {workload}:\n{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["keras"], choices=["keras"])
    parser.add_argument("--one", nargs=2, metavar=("LIBRARY", "WORKLOAD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(*arguments.one)))
        return
    print(f"{'workload':10} {'library':10} {'steps/s':>10} {'min':>10} {'max':>10} {'ratio':>7} {'loss':>9}")
    for workload in WORKLOADS:
        libraries = ["nbkeras", *arguments.peers]
        results = {library: [] for library in libraries}
        for _ in range(arguments.rounds):
            for library in libraries:
                results[library].append(in_a_process(library, workload))
        report(workload, results)


def report(workload, results):
    ours = statistics.median(r["steps_per_second"] for r in results["nbkeras"])
    losses = {library: runs[0]["loss"] for library, runs in results.items()}
    for library, runs in results.items():
        rates = [r["steps_per_second"] for r in runs]
        rate = statistics.median(rates)
        line = f"{workload:10} {library:10} {rate:10.1f} {min(rates):10.1f} {max(rates):10.1f} {ours / rate:7.2f}"
        print(f"{line} {losses[library]:9.5f}", flush=True)
    for library, loss in losses.items():
        if not np.isclose(loss, losses["nbkeras"], rtol=1e-2):
            raise SystemExit(f"{workload}: {library} ends at the loss {loss}, nbkeras at {losses['nbkeras']}")


if __name__ == "__main__":
    main()
