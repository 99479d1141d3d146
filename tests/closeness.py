"""What "equal" means here: one tolerance, stated once.

float32 has a unit roundoff of 6e-8. Libraries add the same terms in different orders and take exponentials that differ
in the last bits; over the tens of terms and steps of the cases that leaves differences of about 1e-6 of the largest
number in an array. `RELATIVE` is ten times that. Small entries are sums that cancel, so they are held to the scale of
the whole array, and arrays in a list (the gradients of one loss by each weight, say) to that of the whole list.
"""

import numpy as np

RELATIVE = 1e-5


def assert_close(actual, expected, what="", times=1.0, scale=0.0):
    """Asserts that two nests of arrays are equal within `times` the common tolerance."""
    if isinstance(expected, dict):
        assert set(actual) == set(expected), f"{what}: keys {sorted(actual)} instead of {sorted(expected)}"
        for key in expected:
            assert_close(actual[key], expected[key], f"{what} {key}", times)
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected), f"{what}: {len(actual)} items instead of {len(expected)}"
        scale = max((scale, *map(_largest, expected)))
        for place, (a, b) in enumerate(zip(actual, expected)):
            assert_close(a, b, f"{what}[{place}]", times, scale)
    elif expected is None:
        assert actual is None, f"{what}: {actual} instead of None"
    else:
        _assert_array_close(np.asarray(actual), np.asarray(expected), what, times, scale)


def _largest(item):
    """The largest finite number of an array."""
    if item is None or isinstance(item, (list, tuple, dict)):
        return 0.0
    finite = np.abs(np.asarray(item)[np.isfinite(item)])
    return float(finite.max()) if finite.size else 0.0


def _assert_array_close(actual, expected, what, times, scale):
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape} instead of {expected.shape}"
    scale = max(scale, _largest(expected))
    np.testing.assert_allclose(
        np.asarray(actual, "float64"),
        np.asarray(expected, "float64"),
        rtol=RELATIVE * times,
        atol=RELATIVE * times * scale,
        err_msg=what,
    )


def assert_same_config(ours, keras, constructor, what="config"):
    """Asserts that our configuration says all that Keras' says, and beyond it only arguments of `constructor`.

    Keras leaves a few arguments out of some configurations (an absent activity_regularizer, Huber's delta).
    """
    missing = set(keras) - set(ours)
    assert not missing, f"{what} lacks {sorted(missing)}"
    surplus = set(ours) - set(keras) - set(constructor)
    assert not surplus, f"{what} has {sorted(surplus)}, which the constructor does not take"
    for key, value in keras.items():
        _assert_same_value(ours[key], value, f"{what}[{key!r}]")


def _assert_same_value(ours, keras, what):
    if isinstance(keras, dict):
        assert isinstance(ours, dict), f"{what}: {ours!r} instead of {keras!r}"
        assert set(keras) <= set(ours), f"{what}: {ours!r} instead of {keras!r}"
        for key in keras:
            _assert_same_value(ours[key], keras[key], f"{what}[{key!r}]")
    elif isinstance(keras, list):
        assert isinstance(ours, list), f"{what}: {ours!r} instead of {keras!r}"
        assert len(ours) == len(keras), f"{what}: {ours!r} instead of {keras!r}"
        for place, (a, b) in enumerate(zip(ours, keras)):
            _assert_same_value(a, b, f"{what}[{place}]")
    elif isinstance(keras, float):
        assert isinstance(ours, (int, float)), f"{what}: {ours!r} instead of {keras!r}"
        assert abs(ours - keras) <= 1e-6 * abs(keras), (
            f"{what}: {ours!r} instead of {keras!r}"
        )  # Keras rounds to float32
    else:
        assert ours == keras, f"{what}: {ours!r} instead of {keras!r}"
        assert type(ours) is type(keras), f"{what}: {ours!r} instead of {keras!r}"
