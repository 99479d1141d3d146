"""`%expect` in a real IPython shell: what holds, what does not and what is said of it, and mistakes."""

import numpy as np
import pytest
from IPython.core.error import UsageError

from nbkeras.notebook.magics.approximation import nearness
from nbkeras.notebook.magics.conditions import conditions_of

NET = """%%model net --seed 0 --quiet
Input((4,))
Dense(8, activation="relu")
Dense(1, activation="sigmoid")
compile("sgd", "binary_crossentropy", ["accuracy"])
"""


@pytest.fixture(scope="module")
def results():
    """What a cell's training logged last: chosen, so that the sentences below are known to the letter."""
    return {"loss": 0.25, "accuracy": 0.871, "val_accuracy": 0.92996}


@pytest.fixture
def ready(notebook, results):
    """A notebook with a model `net` of 49 parameters that logged `results`, a model `new` that logged nothing."""
    notebook.run(NET)
    notebook.run(NET.replace("net", "new"))
    notebook.variables.update(n=3, m=4, xs=np.array([0.1, 0.2, 0.3]), many=np.arange(12.0).reshape(3, 4))
    session = notebook.shell.magics_manager.registry["ExpectMagics"].session
    session.record(notebook.variables["net"]).last.update(results)
    return notebook


HOLDS = [
    "net.accuracy >= 0.87",
    "net.accuracy ~= 0.87",  # 1 % of the right side
    "net.accuracy ~= 0.93 +- 0.06",
    "net.accuracy ~= 0.9 - 0.03 +- 0.001",
    "net.accuracy ~= 0.9 +- (n / 100)",
    "net.loss ~= 0 +- 0.25",  # a bound that is met exactly is met
    "0.93 - 0.02 ~= 0.91 +- 0",
    "net.accuracy ~= 0.88 +- 0.009",
    "not net.accuracy ~= 0.5",
    "net.accuracy ~= 0.87 and net.loss ~= 0.25",
    "(net.accuracy ~= 0.1) or n == 3",
    "xs ~= [0.1, 0.2, 0.3005]",
    "xs ~= 0.2 +- 0.1",
    "xs * float('inf') ~= [float('inf')] * 3",
    "net.output_shape == (None, 1)",
    "net.count_params() == 49",
    "[layer.units for layer in net.layers] == [8, 1]",
    "all(model.accuracy > 0.8 for model in [net])",
    "{'a': net}['a'].accuracy < 0.9",
    "net.layers[0].name.count('dense') == 1",
    "len('a, b') == 4",
    "(n, m) == (3, 4)",
    "max(n, m) == 4",
    "'ä' + 'ö' == 'äö' and net.accuracy ~= 0.87",
    "n",
]  # fmt: skip


@pytest.mark.parametrize("condition", HOLDS)
def test_what_holds_prints_itself(ready, condition):
    assert ready.printed(f"%expect {condition}") == f"as expected: {condition}\n"


# a line -> what is said
FAILS = {
    "net.accuracy >= 0.93": "net.accuracy >= 0.93 does not hold: net.accuracy is 0.871",
    "net.val_accuracy >= 0.93": "net.val_accuracy >= 0.93 does not hold: net.val_accuracy is 0.92996",
    "net.accuracy ~= 0.93": "net.accuracy ~= 0.93 does not hold: net.accuracy is 0.871, "
    "0.059 away where 0.0093 is allowed",
    "net.accuracy ~= 0.93 +- 0.02": "net.accuracy ~= 0.93 +- 0.02 does not hold: net.accuracy is 0.871, "
    "0.059 away where 0.02 is allowed",
    "net.accuracy ~= net.loss +- 0.1": "net.accuracy ~= net.loss +- 0.1 does not hold: net.accuracy is 0.871, "
    "net.loss is 0.250, 0.621 away where 0.1 is allowed",
    "net.accuracy ~= float('nan')": "net.accuracy ~= float('nan') does not hold: net.accuracy is 0.871, "
    "float('nan') is nan, nan away where nan is allowed",
    "xs ~= 0.2": "xs ~= 0.2 does not hold: xs is array([0.1, 0.2, 0.3]), 0.1 away where 0.002 is allowed",
    "many ~= 0.2": "many ~= 0.2 does not hold: many is an array of shape (3, 4), 10.8 away where 0.002 is allowed",
    "net.output_shape == (None, 10)": "net.output_shape == (None, 10) does not hold: net.output_shape is (None, 1)",
    "net.count_params() == 50": "net.count_params() == 50 does not hold: net.count_params() is 49",
    "n > 2 and n < 3 and m < 9": "n > 2 and n < 3 and m < 9 does not hold: n is 3",
    "n > 5 or m ~= 9": "n > 5 or m ~= 9 does not hold: n is 3, m is 4, 5 away where 0.09 is allowed",
    "'ä' == 'ö' or n == 4": "'ä' == 'ö' or n == 4 does not hold: n is 3",
    "-n > 0": "-n > 0 does not hold: -n is -3",
    "n < n": "n < n does not hold: n is 3",
    "'a' * 300 + str(n) == ''": f"'a' * 300 + str(n) == '' does not hold: 'a' * 300 + str(n) is '{'a' * 199}…",
    "not n": "not n does not hold",
    "n == 3, m == 4, n == 4": "1 of 3 conditions does not hold\n  n == 4: n is 3",
    "n == 4, net.accuracy ~= 0.5, m == 4, not n,": "3 of 4 conditions do not hold\n"
    "  n == 4: n is 3\n"
    "  net.accuracy ~= 0.5: net.accuracy is 0.871, 0.371 away where 0.005 is allowed\n"
    "  not n",
}


@pytest.mark.parametrize(("line", "message"), FAILS.items())
def test_all_that_fail_are_said_with_what_was_measured(ready, line, message):
    printed, _, error = ready.run(f"%expect {line}")
    assert isinstance(error, AssertionError)
    assert printed.rstrip() == f"Unexpected: {message}"


def test_several_conditions_print_a_line_each(ready):
    printed = ready.printed("%expect net.accuracy ~= 0.87, max(n, m) == 4,  (n, m) == (3, 4)  # a comment, too")
    assert printed == "".join(
        f"as expected: {condition}\n" for condition in ["net.accuracy ~= 0.87", "max(n, m) == 4", "(n, m) == (3, 4)"]
    )


CURE = "compare by == or ~=, and put commas between conditions"
PLUS_MINUS = (
    "'+-' must give the tolerance of a '~=', as in net.accuracy ~= 0.93 +- 0.02; "
    "a tolerance with operators goes in parentheses"
)
USAGE = {
    "": "%expect takes conditions, separated by commas, as in: %expect net.val_accuracy >= 0.93",
    "# n == 3": "%expect takes conditions, separated by commas, as in: %expect net.val_accuracy >= 0.93",
    "n == 3 m == 4": f"%expect: 'n == 3 m == 4' is not a Python expression (invalid syntax); {CURE}",
    "n ~= 3 m ~= 4": f"%expect: 'n ~= 3 m ~= 4' is not a Python expression (invalid syntax); {CURE}",
    "n > (3": f"%expect: 'n > (3' is not a Python expression ('(' was never closed); {CURE}",
    "1 < n ~= 3": "%expect: '~=' compares two values; write a chain of comparisons as several conditions",
    "n >= 3 +- 1": f"%expect: in 'n >= 3 +- 1', {PLUS_MINUS}",
    "n ~= 3 +- 2 * m": f"%expect: in 'n ~= 3 +- 2 * m', {PLUS_MINUS}",
    "n ~= 3 +- -1": "%expect: after '+-' stands a number of at least 0, got -1",
    "n ~= 3 +- [1, 2]": "%expect: after '+-' stands a number of at least 0, got [1, 2]",
    "n ~= 0": "%expect: '~=' allows 1 % of the right side, which is nothing of 0; write ~= 0 +- 0.001",
    "n ~= net": "%expect: '~=' compares numbers and arrays, got Sequential",
    "xs ~= [0.1, 0.2]": "%expect: '~=' compares arrays of one shape, got (3,) and (2,)",
    "xs > 0": "%expect: 'xs > 0' is true or false for each of 3 elements; write (xs > 0).all()",
    "nn == 3": "%expect: the name 'nn' is not defined; did you mean 'n'?",
    "xs.shap == (3,)": "%expect: xs, of type ndarray, has no attribute 'shap'; did you mean 'shape'?",
    "new.accuracy > 0": "new has not been trained yet; run %fit new … first",
    "net.acuracy > 0": "net has logged no 'acuracy'; did you mean 'accuracy'?",
    "net.zebra > 0": "net has logged no 'zebra'; it has loss, accuracy, val_accuracy",
}


@pytest.mark.parametrize(("line", "message"), USAGE.items())
def test_mistakes(ready, line, message):
    printed, _, error = ready.run(f"%expect {line}")
    assert type(error) is UsageError  # IPython prints a subclass with a traceback
    assert printed.strip() == f"UsageError: {message}"


def test_an_assignment_is_a_mistake(ready):
    assert "'n = 3' is not a Python expression (invalid syntax" in ready.error("%expect n = 3")


@pytest.mark.parametrize(
    ("measured", "expected", "tolerance", "distance", "allowed"),
    [
        (3.0, 4.0, None, 1.0, 0.04),
        (-3.0, -4.0, 2, 1.0, 2.0),
        ([1, 2], [10, 200], None, 198.0, 2.0),  # of the largest magnitude
        (np.float32(0.5), 0.25, 0.25, 0.25, 0.25),
        ([], [], 0.1, 0.0, 0.1),
    ],
)
def test_nearness(measured, expected, tolerance, distance, allowed):
    near = nearness(measured, expected, tolerance)
    assert (near.distance, near.allowed) == (distance, allowed)
    assert bool(near) is (distance <= allowed)


@pytest.mark.parametrize(
    ("line", "sources"),
    [
        ("a, b", ["a", "b"]),
        ("f(a, b), [c, d], {e, g}", ["f(a, b)", "[c, d]", "{e, g}"]),
        ("'a, b' , c # d, e", ["'a, b'", "c"]),
        ("a,", ["a"]),
        (" ", []),
    ],
)
def test_commas_outside_brackets_separate_conditions(line, sources):
    assert [condition.source for condition in conditions_of(line)] == sources
