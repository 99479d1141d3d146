"""`%runs`: what is known of each training, in tables, curves and files."""

import base64
import gc
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import weakref
from html.parser import HTMLParser

import numpy as np
import pytest
from IPython.core.error import UsageError

import nbkeras
from nbkeras.callbacks import Callback, EarlyStopping
from nbkeras.notebook.training.facts import Facts, commit_of
from nbkeras.notebook.training.run_store import DEFAULT, RunStore, StoreError
from nbkeras.notebook.views.runs import details_bundle, list_bundle, overlay_bundle

NET = """%%model net --seed 7
Input((4,))
Dense(8, activation="relu")
Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])
"""
RESULTS = re.compile(r"(?m)^run +(?:\S+ +)*best +in epoch\n(?:\S.*\n?)+")  # as in nbval.cfg


@pytest.fixture
def ready(notebook, tmp_path, monkeypatch):
    """A notebook in a folder of its own, with a model and data."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(96, 4)).astype("float32")
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"), n=3)
    notebook.run(NET)
    return notebook


def facts(run="net-1", epochs=3, outcome="finished", **others):
    losses = {
        "loss": [(e, 1 / e) for e in range(1, epochs + 1)],
        "val_loss": [(e, 2 / e) for e in range(1, epochs + 1)],
    }
    known = {
        "parameters": 49,
        "optimizer": "Adam, learning rate 0.001",
        "data": {"X": "(96, 4)", "y": "(96,)"},
        "settings": {"epochs": "n", "batch_size": "16"},
        "began": "2026-01-02 03:04:05",
        "seconds": 4.2,
        "commit": "0123abc-dirty",
        "planned": epochs,
        "finished": epochs,
        "batches": 6,
        "points": losses,
    }
    return Facts(run, "Sequential 'net'", outcome=outcome, **{**known, **others})


# --- the list ---


def test_without_runs(ready):
    assert ready.printed("%runs") == "no runs yet; %fit makes one\n"


def test_the_list(ready):
    ready.run("%fit net X[:, :] y --epochs n - 1 --validation-split 0.25 --batch_size=48")
    ready.run("%fit net X y")
    text = ready.shown("%runs")["text/plain"]
    listed, results = text.split("\n\n")
    assert listed.splitlines() == [
        "2 runs",
        "run    epochs  outcome   settings                                          data",
        "net-1  2       finished  Adam, learning rate 0.001, batch_size 48, valid…  X[:, :] (96, 4), y (96,)",
        "net-2  1       finished  Adam, learning rate 0.001                         X (96, 4), y (96,)",
    ]
    assert results.splitlines()[0].split() == "run loss val_loss accuracy val_accuracy best in epoch".split()
    assert RESULTS.search(text).group() == results


def test_the_list_is_the_same_in_every_run(ready):
    ready.run("%fit net X y --epochs 2")
    first = ready.shown("%runs")
    second = ready.shown("%runs")
    assert first == second
    assert "UTC" not in first["text/html"]


def test_the_list_says_when_how_long_and_at_which_commit():
    bundle = list_bundle("1 run", [facts()], timed=True)
    for told in ("2026-01-02 03:04:05", "4.2 s", "0123abc-dirty"):
        assert told in bundle["text/html"].split("<!--nbkeras:live-->")[1]
        assert told not in bundle["text/plain"]
        assert told in list_bundle("1 run", [facts()], timed=True, in_text=True)["text/plain"]


def test_runs_are_numbered_by_model(ready):
    ready.run("%fit net X y")
    ready.run(NET.replace("%%model net", "%%model my_net"))
    ready.run("%fit my_net X y")
    ready.run("%fit net X y")
    names = [run.name for run in ready.shell.magics_manager.magics["line"]["runs"].__self__.session.runs]
    assert names == ["net-1", "my_net-1", "net-2"]


def test_a_training_that_did_not_begin_is_no_run(ready):
    ready.run("%fit net X[:, :2] y")
    ready.run("%fit net X y --epocs 2")
    ready.run("%fit net X y")
    assert ready.shown("%runs")["text/plain"].startswith("1 run\n")


OUTCOMES = {
    "finished": "",
    "ended early": "--epochs 9 --callbacks [stopping]",
    "ended by ZeroDivisionError in epoch 1": "--callbacks [failing]",
}


@pytest.mark.parametrize(("outcome", "options"), OUTCOMES.items())
def test_outcomes(ready, outcome, options):
    class Failing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    ready.variables.update(stopping=EarlyStopping("loss", mode="max", patience=1), failing=Failing())
    ready.run(f"%fit net X y {options}")
    assert f"outcome     {outcome}\n" in ready.shown("%runs net-1")["text/plain"] + "\n"


def test_many_metrics_and_long_settings_are_cut():
    long = facts(settings={"class_weight": "{" + "0: 1.0, " * 30 + "}"}, points={f"m{i}": [(1, 0.5)] for i in range(9)})
    text = list_bundle("1 run", [long], timed=False)["text/plain"]
    assert max(map(len, text.splitlines())) < 160
    assert "m3" in text
    assert "m4" not in text


def test_a_run_does_not_keep_its_model_alive(ready):
    ready.run("history = %fit net X y")
    net = weakref.ref(ready.variables["net"])
    ready.run("del net, history")
    gc.collect()
    assert net() is None
    assert ready.shown("%runs net-1")["text/plain"].startswith("net-1: 1 epoch, 3 batches each")


# --- one run ---


def test_details(ready):
    ready.run("%fit net X y --epochs 2 --validation-split 0.25")
    ready.run("%fit net X y --epochs 3")
    bundle = ready.shown("%runs net-1")
    assert bundle["text/plain"].splitlines()[:9] == [
        "net-1: 2 epochs, 3 batches each",
        "model       Sequential 'net'",
        "parameters  49",
        "data        X (96, 4), y (96,)",
        "optimizer   Adam, learning rate 0.001",
        "settings    epochs 2, validation_split 0.25",
        "seed        7",
        "outcome     finished",
        "              first   last   best  in epoch",
    ]
    assert 'alt="Curves over 2 epochs: ' in bundle["text/html"]


def test_details_say_when_how_long_and_at_which_commit():
    bundle = details_bundle(facts(), timed=True)
    for told in ("2026-01-02 03:04:05", "4.2 s", "0123abc-dirty"):
        assert told in bundle["text/html"]
        assert told not in bundle["text/plain"]
        assert told in details_bundle(facts(), timed=True, in_text=True)["text/plain"]


def test_epochs_are_those_of_the_run(ready):
    for _ in range(2):
        ready.run("%fit net X y --epochs 2")
    runs = ready.shell.magics_manager.magics["line"]["runs"].__self__.session.runs
    for run in runs:
        assert [epoch for epoch, _ in run.facts.points["loss"]] == [1, 2]
        assert run.history.history["loss"] == [value for _, value in run.facts.points["loss"]]


def test_the_history_of_a_run_shows_its_text(ready):
    ready.run("%fit net X y")
    runs = ready.shell.magics_manager.magics["line"]["runs"].__self__.session.runs
    ready.variables["run"] = next(iter(runs))
    assert "<History of 1 epoch, " in ready.printed("run.history")


SEEDS = {"set_random_seed(11)": 11, "set_random_seed(2**32 + 5)": 2**32 + 5}


@pytest.mark.parametrize(("call", "seed"), SEEDS.items())
def test_the_seed_is_the_one_that_was_set(ready, call, seed):
    ready.run(f"from nbkeras.utils import set_random_seed\n{call}")
    ready.run("%fit net X y --verbose 0")
    assert f"seed        {seed}\n" in ready.shown("%runs net-1")["text/plain"]


def test_without_a_seed_none_is_named(ready, monkeypatch):
    monkeypatch.setattr(nbkeras.random._Process, "host", np.random.default_rng())
    ready.run("%fit net X y --verbose 0")
    assert "seed" not in ready.shown("%runs net-1")["text/plain"]


DATA = {
    "[X, X] y": "[X, X] (96, 4) and (96, 4), y (96,)",
    "{'a': X} y": "{'a': X} (96, 4), y (96,)",
    "endless()": "endless() generator",
    "frame y": "frame (96, 4), y (96,)",
}


@pytest.mark.parametrize(("line", "described"), DATA.items())
def test_data(ready, line, described):
    import pandas

    def endless():
        while True:
            yield ready.variables["X"], ready.variables["y"]

    ready.variables.update(endless=endless, frame=pandas.DataFrame(ready.variables["X"]))
    if line.startswith("["):
        ready.run("%%model net\na = Input((4,))\nb = Input((4,))\nAdd()([a, b])\nDense(1)\ncompile('sgd', 'mse')")
    if line.startswith("{"):
        ready.run("%%model net\nInput((4,), name='a')\nDense(1)\ncompile('sgd', 'mse')")
    ready.run(f"%fit net {line} --steps-per-epoch 2" if "endless" in line else f"%fit net {line}")
    assert f"data        {described}\n" in ready.shown("%runs net-1")["text/plain"]


# --- several runs ---


def pictures(html):
    """The drawings in HTML."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag == "img":
                source = dict(attributes)["src"].removeprefix("data:image/svg+xml;base64,")
                found.append((dict(attributes)["alt"], base64.b64decode(source).decode()))

    Reader().feed(html)
    return found


def test_several_runs_share_panels(ready):
    ready.run("%fit net X y --epochs 2 --validation-split 0.25")
    ready.run("%fit net X y --epochs 3")
    bundle = ready.shown("%runs net-1 net-2 --plot")
    assert bundle["text/plain"].splitlines()[0] == "net-1, net-2, each from its first epoch"
    (alternative, svg), *swatches = pictures(bundle["text/html"])
    assert alternative.startswith("Curves of 2 trainings, loss, val_loss, accuracy, val_accuracy; loss of net-1 from ")
    assert svg.count("<path") >= 6
    for color, (_, swatch) in zip(("#0072B2", "#D55E00"), swatches):
        assert color in swatch
        assert color in svg


def test_all_runs_are_plotted_without_names(ready):
    ready.run("%fit net X y --epochs 2")
    assert ready.shown("%runs --plot")["text/plain"].startswith("net-1, each from its first epoch\nrun ")


def test_runs_differ_by_more_than_colour():
    bundle = overlay_bundle([facts(f"net-{number}") for number in range(1, 9)])
    swatches = [svg for _, svg in pictures(bundle["text/html"])[1:]]
    assert len(set(swatches)) == 8
    dashes = [re.search(r'dasharray="([^"]*)"', swatch) for swatch in swatches[:4]]
    assert len({match and match.group(1) for match in dashes}) == 4


def test_what_comes_from_a_user_is_escaped():
    evil = "<script>alert(1)</script>"
    known = facts(evil, data={evil: "(1,)"}, settings={"x": evil}, points={evil: [(1, 1.0), (2, 2.0)]}, outcome=evil)
    for bundle in (details_bundle(known, True), list_bundle(evil, [known], True), overlay_bundle([known])):
        assert "<script" not in bundle["text/html"]
        assert all("<script" not in svg for _, svg in pictures(bundle["text/html"]))


# --- the commit ---


@pytest.fixture
def repository(tmp_path):
    def git(*words):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    git("init")
    return tmp_path, git


def test_the_commit_of_a_folder(repository):
    folder, git = repository
    assert commit_of(str(folder)) == ""  # no commit yet
    (folder / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "first")
    commit = commit_of(str(folder))
    assert re.fullmatch("[0-9a-f]{4,}", commit)
    git("tag", "-a", "v1", "-m", "a tag is not a commit")
    assert commit_of(str(folder)) == commit
    (folder / "a").write_text("2")
    assert commit_of(str(folder)) == f"{commit}-dirty"


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    assert commit_of(str(tmp_path / "nowhere")) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(str(tmp_path)) == ""


# --- the file ---


def test_runs_are_kept_and_listed_in_a_later_kernel(ready):
    ready.run("%fit net X y --epochs 2 --validation-split 0.25")
    ready.run("%runs --store")
    ready.run("%fit net X y")
    later = RunStore(DEFAULT, kernel="later")
    assert [known.run for known in later.all()] == ["net-1@1", "net-2@1"]
    assert [known.outcome for known in later.all()] == ["finished", "finished"]
    later.put([facts("net-1"), facts("other-1")])
    listed = ready.shown("%runs --store")["text/plain"]
    assert [line.split()[0] for line in listed.splitlines()[2:6]] == ["net-1", "net-2", "net-1@2", "other-1@2"]
    assert ready.shown("%runs net-1@2")["text/plain"].startswith("net-1@2: 3 epochs, 6 batches each\n")
    both = ready.shown("%runs net-1 other-1@2 --plot")["text/plain"]
    assert both.startswith("net-1, other-1@2, each from its first epoch\n")


def test_fit_can_keep_its_run(ready, tmp_path):
    ready.run("%fit net X y --store")
    ready.run("%fit net X y --store")
    assert [known.run for known in RunStore(tmp_path / DEFAULT, "later").all()] == ["net-1@1", "net-2@1"]


def test_a_file_of_another_name(ready, tmp_path):
    ready.run('%runs --store "my runs.sqlite"')
    assert not (tmp_path / "my runs.sqlite").exists()  # nothing to keep yet
    ready.run("%fit net X y --store")
    assert [path.name for path in tmp_path.iterdir()] == ["my runs.sqlite"]


def test_what_is_kept_is_what_is_known(tmp_path):
    store, known = RunStore(tmp_path / "a.sqlite"), facts(seed=3)
    store.put([known])
    assert store.all() == [known]
    nan = facts(points={"loss": [(1, float("nan")), (2, float("inf"))]})
    store.put([nan])
    assert [str(value) for _, value in store.all()[0].points["loss"]] == ["nan", "inf"]


def test_a_run_that_goes_on_is_kept_as_not_ended(ready):
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(RunStore(DEFAULT, "later").all()[0].outcome)

    ready.variables["look"] = Look()
    ready.run("%fit net X y --store --callbacks [look]")
    assert seen == [""]
    unended = list_bundle("1 run", [facts(outcome="")], timed=False)["text/plain"]
    assert "  not ended  " in unended.splitlines()[2]


def test_a_long_training_takes_little_room(tmp_path):
    store = RunStore(tmp_path / "a.sqlite")
    points = {name: [(e, 1 / e) for e in range(1, 10_001)] for name in ("loss", "val_loss", "accuracy", "val_accuracy")}
    store.put([facts(points=points)])
    assert store.path.stat().st_size < 100_000
    kept = store.all()[0].points["loss"]
    assert (kept[0], kept[-1]) == ((1, 1.0), (10_000, 1e-4))


def test_several_kernels_write_at_once(tmp_path):
    path = tmp_path / "a.sqlite"
    code = (
        "import sys\n"
        "from nbkeras.notebook.training.facts import Facts\n"
        "from nbkeras.notebook.training.run_store import RunStore\n"
        "store = RunStore(sys.argv[1], sys.argv[2])\n"
        "for i in range(20):\n"
        "    store.put([Facts(f'net-{i}', 'm')])\n"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", code, path, str(k)]) for k in range(3)]
    store = RunStore(path, "here")
    writers = [threading.Thread(target=store.put, args=([facts(f"net-{k}")],)) for k in range(8)]
    for thread in writers:
        thread.start()
    for worker in [*writers, *kernels]:
        worker.join() if worker in writers else worker.wait()
    assert [kernel.returncode for kernel in kernels] == [0, 0, 0]
    assert len(store.all()) == 3 * 20 + 8


def damaged(path):
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)


def a_page_lost(path):
    RunStore(path, "other").put([facts(f"net-{number}") for number in range(60)])
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)


def something_else(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()


def later(path):
    RunStore(path, "other").put([facts()])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()


def a_row_lost(path):
    RunStore(path, "other").put([facts()])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET facts = ?", (json.dumps({"run": 1}),))
    connection.commit()
    connection.close()


BAD = {
    damaged: "is damaged, or no SQLite file (file is not a database)",
    a_page_lost: "is damaged, or no SQLite file (database disk image is malformed)",
    something_else: "holds something else than runs",
    later: "was written by a later version of nbkeras",
    a_row_lost: "is damaged: its run net-1@1 cannot be read ('points')",
}


@pytest.mark.parametrize(("make", "reason"), BAD.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_file_that_is_not_one_of_runs_stays_as_it_is(ready, tmp_path, make, reason):
    path = tmp_path / "a.sqlite"
    make(path)
    before = path.read_bytes()
    for cell in ("%runs --store a.sqlite", "%fit net X y", "%runs --store a.sqlite"):
        _, _, error = ready.run(cell)
        if error is not None:
            assert type(error) is UsageError
            assert str(error) == (
                f"%runs --store: the file of runs a.sqlite {reason}; it stays as it is: move it away, or name another"
            )
    assert error is not None
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_written_costs_no_training(ready, tmp_path):
    (tmp_path / "folder").mkdir()
    ready.run("%runs --store folder/a.sqlite")
    shutil.rmtree(tmp_path / "folder")
    printed, _, error = ready.run("history = %fit net X y")
    assert error is None
    assert "Warning: net-1 is not kept: the file of runs folder/a.sqlite could not be used: " in printed
    assert ready.variables["history"].epoch == [0]


def test_the_store_waits_and_then_says_that_it_is_locked(tmp_path, monkeypatch):
    store = RunStore(tmp_path / "a.sqlite")
    store.put([facts()])
    monkeypatch.setattr("nbkeras.notebook.training.run_store.PATIENCE", 0.05)
    other = sqlite3.connect(store.path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="could not be used: database is locked; name another file"):
        store.put([facts("net-2")])
    other.close()
    store.put([facts("net-2")])


# --- mistakes ---

MISTAKES = {
    "%runs net-7": "%runs: there is no run net-7; did you mean 'net-1'?",
    "%runs elsewhere": "%runs: there is no run elsewhere; there are net-1",
    "%runs net-1 nte-1 --plot": "%runs: there is no run nte-1; did you mean 'net-1'?",
    "%runs net-1@1": "%runs: there is no run net-1@1; did you mean 'net-1'?",
    "%runs nett-1 --stop": "%runs: there is no run nett-1; did you mean 'net-1'?",
    "%runs --store net-1": "%runs --store expects a file that ends in .sqlite or .db, got net-1; "
    "names of runs go before --store",
    "%runs --plto": "%runs has no option --plto; did you mean '--plot'?",
    "%runs --store nowhere/a.sqlite": "%runs --store: the file of runs nowhere/a.sqlite could not be used: "
    "unable to open database file; name another file",
}


@pytest.mark.parametrize(("line", "message"), MISTAKES.items())
def test_mistakes(ready, line, message):
    ready.run("%fit net X y --verbose 0")
    assert ready.error(line) == f"UsageError: {message}"
