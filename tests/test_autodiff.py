"""The tape, `GradientTape` and `value_and_grad`."""

import gc
import weakref

import numpy as np
import pytest

from nbkeras import ops, tree
from nbkeras.autodiff import Tape, Tensor, detach
from nbkeras.backends import use_backend
from nbkeras.gradients import GradientTape, value_and_grad
from nbkeras.variables import Variable

a = np.float32([1.0, 2.0, 3.0])


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected, "float32"), rtol=1e-5)


class TestTape:
    def test_gradients_of_several_uses_add_up(self):
        tape = Tape()
        x = tape.watch(a)
        y = x * x + ops.exp(x) - x
        close(tape.gradient(y, np.ones(3, "float32"), [x])[0], 2 * a + np.exp(a) - 1)

    def test_no_path_is_none(self):
        tape = Tape()
        x, z = tape.watch(a), tape.watch(a)
        assert tape.gradient(x * 2, np.ones(3, "float32"), [z]) == [None]

    @pytest.mark.parametrize(
        ("loss", "expected"),
        [
            (lambda t, p: ops.binary_crossentropy(t, p), lambda t, p: p - t),
            (lambda t, p: ops.binary_crossentropy(t, p) + 3 * p, lambda t, p: p - t + 3 * p * (1 - p)),
            (lambda t, p: 3 * p + ops.binary_crossentropy(t, p), lambda t, p: p - t + 3 * p * (1 - p)),
            (lambda t, p: 2 * ops.binary_crossentropy(t, p), lambda t, p: 2 * (p - t)),
            (lambda t, p: ops.binary_crossentropy(t, p) + ops.binary_crossentropy(1 - t, p), lambda t, p: 2 * p - 1),
            (lambda t, p: ops.binary_crossentropy(t, p * 0.5), lambda t, p: (p / 2 - t) / (1 - p / 2) * (1 - p)),
            (
                lambda t, p: ops.reshape(ops.binary_crossentropy(t.T, ops.reshape(p, (1, 3))), (3, 1)),
                lambda t, p: p - t,
            ),
        ],
        ids=["alone", "then another", "another then", "scaled", "twice", "of something else", "reshaped"],
    )
    def test_crossentropy_after_a_sigmoid(self, loss, expected):
        """Its shortcut past the sigmoid is taken where it leads there, and gives what the way round would."""
        tape = Tape()
        x, t = a[:, None], np.float32([[1], [0], [1]])
        kernel = tape.watch(np.float32([[0.5]]))
        p = ops.dense(x, kernel, None, activation="sigmoid")
        y, d_y, d_kernel = loss(t, p), np.ones((3, 1), "float32"), (x * expected(t, p.value)).sum()
        found = tape.gradient(y, d_y, [kernel, p])
        close(found[0], [[d_kernel]])
        close(found[1], expected(t, p.value) / (p.value * (1 - p.value)))

    def test_a_saturated_sigmoid_has_no_gradient(self):
        tape = Tape()
        kernel = tape.watch(np.float32([[100.0]]))
        p = ops.dense(a[:, None], kernel, None, activation="sigmoid")
        loss = ops.binary_crossentropy(np.zeros((3, 1), "float32"), p)
        close(tape.gradient(loss, np.ones((3, 1), "float32"), [kernel])[0], [[0]])

    def test_intermediate_tensors_are_sources(self):
        tape = Tape()
        x = tape.watch(a)
        y = x * 3
        z = y * y
        found = tape.gradient(z, np.ones(3, "float32"), [x, y, z])
        for g, expected in zip(found, (18 * a, 6 * a, [1, 1, 1])):
            close(g, expected)

    def test_one_of_several_outputs_is_a_source(self):
        tape = Tape()
        x = tape.watch(np.float32([3.0, 1.0, 2.0]))
        values, places = ops.top_k(x, 2)
        assert type(values) is Tensor
        found = tape.gradient(values * values, np.ones(2, "float32"), [values, x])
        close(found[0], [6, 4])
        close(found[1], [6, 0, 4])
        np.testing.assert_array_equal(detach(places), [0, 2])

    def test_what_has_no_gradient_is_plain(self):
        tape = Tape()
        x = tape.watch(a)
        for value in (x > 1, ops.argmax(x), ops.cast(x, "int32"), ops.stop_gradient(x), ops.isnan(x)):
            assert type(value) is not Tensor
        assert not tape.entries

    def test_the_record_is_consumed_unless_kept(self):
        tape = Tape()
        x = tape.watch(a)
        y = x * x
        d = np.ones(3, "float32")
        close(tape.gradient(y, d, [x], keep=True)[0], 2 * a)
        close(tape.gradient(y, d, [x])[0], 2 * a)
        assert not tape.entries

    def test_activations_are_freed_on_the_way_back(self):
        """When the first kernel's gradient runs, what the last one saved is gone."""
        alive = []

        class Saved(np.ndarray):
            pass

        def last(v):
            saved = np.ones(3, "float32").view(Saved)
            alive.append(weakref.ref(saved))
            return v * 1, lambda d: (d * np.asarray(saved),)

        def first(v):
            def vjp(d):
                gc.collect()
                alive.append(alive[0]() is None)
                return (d,)

            return v * 1, vjp

        tape = Tape()
        x = tape.watch(a)
        y = tape.run(last, (tape.run(first, (x,), {}),), {})
        tape.gradient(y, np.ones(3, "float32"), [x])
        assert alive[1] is True

    def test_a_stopped_tape_computes_plain_values(self):
        tape = Tape()
        x = tape.watch(a)
        tape.recording = False
        assert type(x * 2) is np.ndarray

    def test_operators_and_indexing(self):
        tape = Tape()
        x = tape.watch(a)
        y = (1 - x) / 2 + x[::-1] ** 2 - abs(-x) * (x @ a) + a / x
        n = (1 - a) / 2 + a[::-1] ** 2 - a * (a @ a) + 1
        close(y.value, n)
        assert [float(v) for v in x] == a.tolist()
        assert len(x) == 3
        assert x.ndim == 1
        assert bool(x[0] == 1)

    def test_numpy_functions_do_not_cut_gradients_in_silence(self):
        tape = Tape()
        x = tape.watch(a)
        for function in (np.asarray, np.mean, lambda v: np.exp(v), lambda v: np.stack([v, v])):
            with pytest.raises(TypeError, match=r"use ops\.\*|does not support ufuncs"):
                function(x)
        np.testing.assert_array_equal(x.numpy(), a)
        tape.recording = False
        np.testing.assert_array_equal(np.asarray(x), a)

    def test_dtype_of_gradients(self):
        """Promotion on the way forward is undone on the way back."""
        tape = Tape()
        half = tape.watch(np.float16([1.0, 2.0]))
        y = ops.sum(half * np.float32([3.0, 4.0]) + np.int32([1, 2]))
        assert y.dtype == np.float32
        g = tape.gradient(y, np.float32(1), [half])[0]
        assert g.dtype == np.float16
        close(g, [3, 4])


class TestGradientTape:
    def test_variables_that_are_read(self):
        w, frozen = Variable([3.0, 1.0]), Variable([2.0, 2.0], trainable=False)
        with GradientTape() as tape:
            loss = ops.sum(w * w * frozen)
        grads = tape.gradient(loss, [w, {"frozen": frozen}])
        close(grads[0], [12, 4])
        assert grads[1] == {"frozen": None}

    def test_after_the_block_tensors_are_values(self):
        w = Variable([3.0])
        with GradientTape():
            loss = ops.sum(w * w)
        assert type(loss + 1) is not Tensor
        assert float(loss) == 9.0
        assert np.asarray(loss) == 9.0
        assert f"{loss:.1f}" == "9.0"

    def test_watch(self):
        with GradientTape() as tape:
            x = tape.watch(a)
            y = x * x
        close(tape.gradient(y, x), 2 * a)
        with GradientTape(persistent=True) as tape:
            p = tape.watch({"u": a, "v": [a]})
            y = p["u"] * p["v"][0]
        found = tape.gradient(y, p, output_gradients=np.float32([1, 0, 2]))
        close(found["u"], a * [1, 0, 2])
        close(tape.gradient(y, a), a)  # the array that was given to `watch`

    def test_several_targets(self):
        w = Variable([3.0])
        with GradientTape() as tape:
            losses = [ops.sum(w * w), ops.sum(5 * w)]
        close(tape.gradient(losses, w), [11])

    def test_once_or_persistent(self):
        w = Variable([3.0])
        with GradientTape() as tape:
            loss = w * w
        tape.gradient(loss, w)
        with pytest.raises(RuntimeError, match="persistent=True"):
            tape.gradient(loss, w)

    def test_nested_and_simultaneous(self):
        """Two tapes, as a generator and a discriminator use them, over variables they share."""
        g, d = Variable([2.0]), Variable([5.0])
        with GradientTape() as gen_tape, GradientTape() as disc_tape:
            fake = g * 3.0
            score = fake * d
            gen_loss, disc_loss = -score, score * score
        close(gen_tape.gradient(gen_loss, g), [-15])
        close(disc_tape.gradient(disc_loss, d), [2 * 30 * 6])

    def test_inner_tape_gradient_inside_the_outer_block(self):
        w = Variable([2.0])
        with GradientTape() as outer:
            with GradientTape() as inner:
                y = w * w
            close(inner.gradient(y, w), [4])
            z = y * 3.0
        close(outer.gradient(z, w), [12])

    def test_assignment_inside_the_block(self):
        w, count = Variable([2.0]), Variable(0.0, trainable=False)
        with GradientTape() as tape:
            count.assign_add(1.0)
            loss = w * count
        close(tape.gradient(loss, w), [1])
        assert float(count) == 1.0

    def test_unconnected(self):
        w, other = Variable([2.0]), Variable([2.0, 1.0])
        with GradientTape(persistent=True) as tape:
            loss = w * 1
        assert tape.gradient(loss, other) is None
        close(tape.gradient(loss, other, unconnected_gradients="zero"), [0, 0])

    def test_variables_not_watched(self):
        w = Variable([2.0])
        with GradientTape(watch_accessed_variables=False) as tape:
            x = tape.watch(a[:1])
            y = x * w
        assert tape.gradient(y, w) is None

    def test_watch_outside_the_block(self):
        with pytest.raises(RuntimeError, match="inside the tape's block"):
            GradientTape().watch(a)

    @pytest.mark.jax
    def test_jax_has_no_tape(self):
        with use_backend("jax"), pytest.raises(RuntimeError, match=r"use nbkeras\.value_and_grad"):
            GradientTape().__enter__()


@pytest.fixture(params=["numpy", pytest.param("jax", marks=pytest.mark.jax)])
def library(request):
    with use_backend(request.param) as module:
        yield module


class TestValueAndGrad:
    def test_over_arrays(self, library):
        value, grads = value_and_grad(lambda p, x: ops.sum(p["w"] * x) ** 2)({"w": a}, 2 * a)
        assert float(value) == 784.0
        close(grads["w"], 2 * 28 * 2 * a)

    def test_over_variables(self, library):
        w, b, count = Variable(a), Variable(1.0), Variable(0.0, trainable=False)

        def loss(x):
            count.assign_add(1.0)
            return ops.sum(w * x), {"n": count.value}

        (value, aux), grads = value_and_grad(loss, [w, b], has_aux=True)(a)
        close(value, 14)
        close(grads[0], a)
        close(grads[1], 0)
        close(aux["n"], 1)
        assert count.numpy() == 1
        np.testing.assert_array_equal(w.numpy(), a)

    def test_one_variable(self, library):
        w = Variable(a)
        value, grad = value_and_grad(lambda: ops.mean(ops.square(w)), w)()
        close(value, np.mean(a * a))
        close(grad, 2 * a / 3)

    def test_results_are_plain(self, library):
        (_, aux), grads = value_and_grad(lambda x: (ops.sum(x), [x * 2]), has_aux=True)(a)
        assert all(library.is_array(v) and type(v) is not Tensor for v in tree.flatten([aux, grads]))

    def test_custom_gradient(self, library):
        @ops.custom_gradient
        def log1pexp(x):
            e = ops.exp(x)

            def grad(*args, upstream):
                return upstream * (1 - 1 / (1 + e))

            return ops.log(1 + e), grad

        value, grad = value_and_grad(lambda x: ops.sum(log1pexp(x)))(a)
        close(value, np.log1p(np.exp(a)).sum())
        close(grad, 1 / (1 + np.exp(-a)))
