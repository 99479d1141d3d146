"""The machinery of the benchmark suite. What it measures is not asserted: speed is a benchmark, never a test."""

import argparse

import numpy as np
import pytest

import nbkeras
from tests.benchmarks import __main__ as command
from tests.benchmarks import chain, report, scaling
from tests.benchmarks.checks import differences
from tests.benchmarks.installed import installed, size_of_wheel
from tests.benchmarks.libraries import LIBRARIES, OURS, PLAIN
from tests.benchmarks.runner import Kept, configuration, environments, in_a_process, paired
from tests.benchmarks.with_keras import MODELS
from tests.benchmarks.workloads import WEIGHTS, WORKLOADS, data, initial_weights


def runs(*seconds, memory=50.0, **checks):
    return [{"times": {"": value}, "memory": memory, "checks": checks} for value in seconds]


CLEAN = environments("clean")["clean"]


def in_this_environment(library, workload):
    return in_a_process(library, CLEAN, workload=workload, quick=True)


@pytest.mark.parametrize("model", WEIGHTS)
def test_weights_are_those_of_the_model(model):
    weights = initial_weights(model)
    assert [w.shape for w in MODELS[model](nbkeras).get_weights()] == [w.shape for w in weights]
    assert all(np.array_equal(a, b) for a, b in zip(weights, initial_weights(model)))


@pytest.mark.parametrize("model", WEIGHTS)
def test_model_takes_its_data(model):
    x, _ = data(model, 3)
    assert MODELS[model](nbkeras).predict(x, verbose=0).shape[0] == 3


def test_libraries_take_turns():
    turns = []
    paired(["a", "b"], 2, lambda library: turns.append(library) or {"times": {}})
    assert turns == ["a", "b", "a", "b"]


def test_what_failed_is_not_tried_again():
    results = paired(["a", "b"], 3, lambda library: {"error": "no"} if library == "a" else {"times": {}})
    assert [len(runs) for runs in results.values()] == [1, 3]


def test_clean_environment_lacks_what_is_forced():
    user = {"HOME": "/", "OPENBLAS_CORETYPE": "Haswell"}
    assert environments("both", user) == {"clean": {"HOME": "/"}, "user": user}
    assert environments("user", user) == {"user": user}
    assert environments("both", {"HOME": "/"}) == {"clean": {"HOME": "/"}}


def test_a_fresh_process_measures():
    result = in_this_environment(OURS, "W7")
    assert set(result) == {"times", "memory", "checks"}, result
    assert result["checks"]["first"] == pytest.approx(0.6538, abs=1e-3)
    assert result["memory"] > 10


def test_a_fresh_process_says_why_it_failed():
    assert in_this_environment(OURS, "W0") == {"error": "KeyError: 'W0'"}


def test_a_process_that_is_kept_starts_once():
    with Kept() as kept:
        first, second = (kept.run(OURS, CLEAN, workload=name, quick=True) for name in ("W7", "W1"))
        assert {"times", "memory"} <= set(first), first
        assert set(second) == {"times", "checks"}, second


def test_a_process_that_failed_is_followed_by_another():
    with Kept() as kept:
        assert "error" in kept.run(OURS, CLEAN, workload="W0", quick=True)
        assert "memory" in kept.run(OURS, CLEAN, workload="W7", quick=True)


def test_plain_row_runs_without_native_kernels():
    lines = dict(line.split("  ", 1) for line in configuration(PLAIN, CLEAN).splitlines())
    assert lines["native kernels"].strip() == "none"
    assert "native kernels" in configuration(OURS, CLEAN)


@pytest.mark.parametrize("library", ["scikit-learn", pytest.param("jax", marks=pytest.mark.jax)])
def test_library_does_the_same_work(library):
    results = {name: [in_this_environment(name, "W1")] for name in (OURS, library)}
    assert not list(differences("W1", results))
    assert results[library][0]["checks"]["epoch"] != results[library][0]["checks"]["first"]


@pytest.mark.jax
@pytest.mark.parametrize("model", ["images", "lstm", "gru", "transformer"])
def test_jax_by_hand_computes_what_the_model_does(model):
    from tests.benchmarks.with_jax import Jax

    net, ours = Jax(), MODELS[model](nbkeras)
    net.build(model, initial_weights(model))
    ours.set_weights(initial_weights(model))
    x, _ = data(model, 4)
    np.testing.assert_allclose(net.call(x), ours.predict(x, verbose=0).reshape(net.call(x).shape), atol=1e-5)


@pytest.mark.parametrize(
    ("workload", "library", "check", "value", "is_reported"),
    [
        ("W1", "keras-jax", "first", 1.0005, False),
        ("W1", "keras-jax", "first", 1.01, True),
        ("W1", "keras-jax", "epoch", 1.01, True),
        ("W4", "keras-jax", "epoch", 1.01, True),
        ("W4", "keras-tensorflow", "epoch", 1.01, False),
        ("W1", "torch", "epoch", 1.01, False),
        ("W1", "torch", "final", 1.2, False),
        ("W1", "torch", "final", 1.4, True),
        ("W1", "torch", "final", float("nan"), True),
        ("W5", "torch", "first", 1.1, False),
        ("W5", "scikit-learn", "final", 0.1, False),
    ],
)
def test_another_loss_is_reported(workload, library, check, value, is_reported):
    results = {OURS: runs(1.0, **{check: 1.0}), library: runs(1.0, **{check: value})}
    assert bool(list(differences(workload, results))) == is_reported


def test_a_failure_is_reported():
    assert list(differences("W1", {OURS: runs(1.0), "torch": [{"error": "no"}]})) == ["W1: torch failed: no"]


def test_table_shows_medians_and_ratios():
    results = {OURS: runs(1e-3, 3e-3, 2e-3, first=0.5), "torch": runs(5e-3, 6e-3, 9e-3, first=0.5)}
    _, _, ours, theirs = report.workload_table("W1", "clean", results).splitlines()
    assert ours.split()[:6] == ["nbkeras", "2", "ms", "1", "ms–3", "ms"]
    assert theirs.split()[1:7] == ["6", "ms", "5", "ms–9", "ms", "3.00"]


def test_summary_takes_the_best_backend_of_keras():
    results = {OURS: runs(1.0), "keras-jax": runs(30.0), "keras-tensorflow": runs(70.0), "torch": runs(25.0)}
    best, tensorflow, torch = report.summary([("W1", "clean", results)]).splitlines()[1:]
    assert "(keras-jax)" in best
    assert best.split()[-2:] == ["30.00", "20.00"]
    assert tensorflow.endswith("below: plain")
    assert torch.split()[-2:] == ["25.00", "20.00"]


def test_summary_judges_both_ways_of_nbkeras():
    results = {PLAIN: runs(1.0), OURS: runs(0.5), "keras-jax": runs(25.0), "torch": runs(10.0)}
    best, torch = report.summary([("W1", "clean", results)]).splitlines()[1:]
    assert best.split()[-6:] == ["25.00", "20.00", "50.00", "60.00", "below:", "native"]
    assert torch.split()[-5:] == ["10.00", "20.00", "20.00", "below:", "plain"]


def test_limits_name_the_leanest_peer():
    results = {OURS: runs(0.1, memory=70.0), "torch": runs(3.0, memory=300.0), "jax": runs(3.0, memory=200.0)}
    wheel, seconds, memory, leanest = report.limits([("W7", "clean", results)], 2.5).splitlines()[1:]
    assert wheel.endswith("above")
    assert not seconds.endswith("above")
    assert memory.endswith("above")
    assert leanest.split()[-2:] == ["70", "200"]


def test_missing_peers_come_with_their_cure():
    assert report.missing(["torch"]) == "torch is not installed: pip install torch"


def test_installed_size_counts_requirements():
    size = installed(LIBRARIES[OURS].modules)
    assert 0 < size_of_wheel(OURS) < size["own"] < 20 < size["total"]


def test_options():
    chosen = command.options(["--quick", "--only", "W1,W7", "--peers", "torch"])
    assert (chosen.only, chosen.peers, chosen.rounds, chosen.environment) == (["W1", "W7"], ["torch"], 1, "clean")
    with pytest.raises(argparse.ArgumentTypeError, match="'W0' is not one of W1"):
        command.names_among(WORKLOADS)("W0")


@pytest.mark.parametrize("axis", scaling.AXES)
def test_scaling_trains_every_axis(axis, monkeypatch):
    monkeypatch.setattr(scaling, "LEAST_SECONDS", (0.0, 0.0))
    result = scaling.measure(OURS, axis, scaling.AXES[axis].sizes[0], True, 0.0)
    assert result["parameters"] > 0
    assert result["times"][""] > 0


def test_scaling_table_shows_growth():
    points = [
        {"size": size, "results": {name: [{"times": {"": t}, "parameters": 9}] for name, t in times.items()}}
        for size, times in ((10, {OURS: 1e-3, "keras-jax": 2e-3}), (100, {OURS: 1e-2, "keras-jax": 2e-3}))
    ]
    last = scaling.table({"axis": "batch", "peer": "keras-jax", "points": points}).splitlines()[-1]
    assert last.split() == ["100", "9", "10", "ms", "1.00", "2", "ms", "0.00", "0.20"]


def test_chain_table_marks_what_is_slow():
    sizes = {size: {"times": {"summary": size / 900, "call": size}} for size in chain.SIZES}
    lines = chain.table({"sizes": sizes, "peer": "keras-jax", "rival": {"error": "no"}}).splitlines()[1:]
    assert [line.endswith("above a second") for line in lines] == [True, False, False]
    assert lines[-1] == "keras-jax failed: no"


@pytest.mark.parametrize(("ours", "theirs", "is_kink"), [(1e-2, 1e-2, False), (3e-2, 1e-2, True), (3e-2, 3e-2, False)])
def test_scaling_table_marks_a_kink(ours, theirs, is_kink):
    points = [
        {"size": size, "results": {name: [{"times": {"": t}, "parameters": 9}] for name, t in times.items()}}
        for size, times in ((10, {OURS: 1e-3, "keras-jax": 1e-3}), (100, {OURS: ours, "keras-jax": theirs}))
    ]
    assert scaling.table({"axis": "batch", "peer": "keras-jax", "points": points}).endswith("kink") == is_kink
