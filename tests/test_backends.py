"""What a backend offers beside primitives: control flow, packing, updates; the choice of one; shape inference."""

import sys
import threading

import numpy as np
import pytest

from nbkeras import backends, config, ops, symbolic
from nbkeras.autodiff import Tape
from nbkeras.backends import abstract, backend, set_backend, use_backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.symbolic import KerasTensor


@pytest.fixture(params=["numpy", pytest.param("jax", marks=pytest.mark.jax)])
def library(request):
    with use_backend(request.param) as module:
        yield module


@pytest.fixture(params=["plain", "compiled"])
def run(request, library):
    """Runs a function of arrays as it is, and as a step that the backend compiles."""

    def compiled(function):
        step = library.compile_step(lambda values, batch: (values, function(*batch)))
        return lambda *args: step([], args)[1]

    return compiled if request.param == "compiled" else lambda function: function


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-5)


class TestChoice:
    def test_numpy_is_the_default(self):
        assert backend().name == config.backend() == "numpy"

    @pytest.mark.jax
    def test_a_thread_may_have_its_own(self):
        seen = []
        with use_backend("jax"):
            thread = threading.Thread(target=lambda: seen.append(backend().name))
            thread.start()
            thread.join()
            seen.append(backend().name)
        assert seen == ["numpy", "jax"]
        assert backend().name == "numpy"

    @pytest.mark.jax
    def test_set_backend(self):
        try:
            set_backend("jax")
            assert config.backend() == "jax"
            assert backend().is_array(ops.ones((2,)))
        finally:
            set_backend("numpy")

    def test_unknown(self):
        with pytest.raises(ValueError, match="backend must be one of numpy, jax, got 'cupy'"):
            set_backend("cupy")

    def test_missing_library(self, monkeypatch):
        def missing(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name="jax")

        monkeypatch.setattr(backends.importlib, "import_module", missing)
        with pytest.raises(ImportError, match=r"pip install 'nbkeras\[jax\]'"):
            backends.load("jax")

    def test_none_changes_nothing(self):
        with use_backend(None) as module:
            assert module.name == "numpy"


class TestControlFlow:
    def test_cond(self, run):
        f = run(lambda x: ops.cond(ops.sum(x) > 0, lambda: x * 2, lambda: x - 1))
        close(f(np.float32([1, 2])), [2, 4])
        close(f(np.float32([-1, -2])), [-2, -3])

    def test_switch(self, run):
        f = run(lambda i, x: ops.switch(i, [lambda v: v, lambda v: v * 2, lambda v: v * 3], x))
        for i, factor in ((0, 1), (1, 2), (2, 3), (7, 3), (-1, 1)):
            close(f(np.int32(i), np.float32([1, 2])), np.float32([1, 2]) * factor)

    def test_while_loop(self, run):
        def powers(x):
            return ops.while_loop(lambda i, y: ops.sum(y) < 100, lambda i, y: (i + 1, y * 2), (0, x))

        count, y = run(powers)(np.float32([1, 2]))
        assert int(count) == 6
        close(y, [64, 128])

    def test_while_loop_of_one_variable_and_a_limit(self, run):
        f = run(lambda x: ops.while_loop(lambda y: y < 1e9, lambda y: y * 2, x, maximum_iterations=3))
        close(f(np.float32(1)), 8)

    def test_fori_loop(self, run):
        f = run(lambda x: ops.fori_loop(2, 5, lambda i, y: y + i, x))
        close(f(np.float32(1)), 10)

    def test_scan(self, run):
        xs = np.float32([[1, 2], [3, 4], [5, 6]])

        def f(xs):
            return ops.scan(lambda c, x: (c + x["a"], {"y": c * x["a"]}), ops.zeros(2), {"a": xs})

        carry, ys = run(f)(xs)
        close(carry, [9, 12])
        close(ys["y"], [[0, 0], [3, 8], [20, 36]])

    def test_scan_in_reverse_and_without_inputs(self, run):
        xs = np.float32([1, 2, 3])
        carry, ys = run(lambda xs: ops.scan(lambda c, x: (c * 2 + x, c), 0.0, xs, reverse=True))(xs)
        close(carry, 17)
        close(ys, [8, 3, 0])
        carry, ys = run(lambda x: ops.scan(lambda c, _: (c * 2, c), x, length=3))(np.float32(1))
        close(carry, 8)
        close(ys, [1, 2, 4])

    def test_scan_of_nothing(self):
        """Zero steps: the carry as it was."""
        carry, _ = ops.scan(lambda c, x: (c + x, c), np.float32(1), np.zeros((0,), "float32"))
        close(carry, 1)

    def test_map(self, run):
        close(run(lambda x: ops.map(lambda v: ops.sum(v) * 2, x))(np.float32([[1, 2], [3, 4]])), [6, 14])
        close(ops.vectorized_map(lambda v: v + 1, np.float32([1, 2])), [2, 3])

    def test_gradient_through_a_scan(self, library):
        xs = np.float32([2.0, 3.0])

        def loss(arrays):
            carry, ys = ops.scan(lambda c, x: (c * x, c + x), arrays[0], arrays[1])
            return carry + ops.sum(ys), None

        (value, _), grads = library.value_and_grad(loss)([np.float32(5.0), xs])
        close(value, 30 + 7 + 13)
        close(grads[0], 6 + 1 + 2)
        close(grads[1], [15 + 1 + 5, 10 + 1])

    def test_symbolic(self):
        x = KerasTensor((None, 4))
        carry, ys = ops.scan(lambda c, v: (c + v, c), ops.zeros(4), x)
        assert carry.shape == (4,)
        assert ys.shape == (None, 4)
        assert ops.cond(x[0, 0] > 0, lambda: np.ones(3), lambda: np.zeros(3)).shape == (3,)
        assert ops.while_loop(lambda v: True, lambda v: v * 2, x).shape == (None, 4)
        assert ops.fori_loop(0, 3, lambda i, v: v + i, x).shape == (None, 4)


def test_a_compiled_step_is_silent(library):
    """Overflow and division by zero give inf and NaN without a warning, as on accelerators."""
    step = library.compile_step(lambda values, x: (values, ops.exp(x) / ops.zeros_like(x)))
    for _ in range(3):
        _, y = step([], np.float32([1000.0]))
        assert np.isinf(np.asarray(y)).all()


class TestConversion:
    def test_lists_and_numbers(self, library):
        for value, dtype in (
            (1.5, "float32"),
            (2, "int32"),
            (True, "bool"),
            ([1.0, 2], "float32"),
            ([[1], [2]], "int32"),
        ):
            tensor = ops.convert_to_tensor(value)
            assert ops.is_tensor(tensor)
            assert ops.dtype(tensor) == dtype
            assert tensor.shape == np.shape(value)
        assert ops.dtype(ops.convert_to_tensor([1, 2], dtype="float32")) == "float32"
        assert type(ops.convert_to_numpy(ops.ones((2,)))) is np.ndarray

    def test_lists_of_tensors_are_stacked(self, library):
        one, two = ops.ones((2,)), ops.zeros((2,))
        close(ops.convert_to_tensor([one, two]), [[1, 1], [0, 0]])
        close(ops.sum([one, two], axis=0), [1, 1])

    def test_numbers_never_promote(self, library):
        x = ops.ones((2,))
        for y in (x * 2.5, 2.5 * x, ops.add(x, np.float64(1.5)), x / 3, ops.power(x, 2), ops.maximum(0.0, x)):
            assert ops.dtype(y) == "float32"
        i = ops.ones((2,), "int32")
        assert ops.dtype(ops.add(i, 1)) == "int32"
        assert ops.dtype(ops.add(i, 1.5)) == "float32"
        assert ops.dtype(ops.multiply(i, x)) == "float32"
        assert ops.dtype(ops.true_divide(i, 2)) == "float32"
        assert ops.dtype(ops.add(True, 1)) == "int32"
        assert ops.dtype(ops.exp(2)) == "float32"

    def test_float64_stays(self):
        x = np.linspace(0.1, 1.0, 5)
        for f in (ops.exp, ops.mean, ops.std, ops.softmax, ops.gelu, ops.erf, lambda v: ops.sqrt(ops.sum(v)) / 2):
            assert np.asarray(f(x)).dtype == np.float64


def step(w, g, m, v):
    m = 0.9 * m + 0.1 * g
    v = 0.99 * v + 0.01 * g * g
    return w - 0.01 * m / (v**0.5 + 1e-7), m, v


class TestUpdate:
    shapes = ((300, 200), (200,), (), (1, 7))

    def state(self):
        generator = np.random.RandomState(0)
        draw = lambda: [np.asarray(generator.randn(*s), "float32") for s in self.shapes]
        return draw(), draw(), [draw(), [np.abs(a) for a in draw()]]

    def test_packed_equals_one_by_one(self):
        weights, grads, slots = self.state()
        packed_weights, packed_slots = backend().pack(weights), [backend().pack(s) for s in slots]
        for _ in range(3):
            alone = [step(w, g, *s) for w, g, *s in zip(weights, grads, *slots)]
            weights = [new[0] for new in alone]
            slots = [[new[i] for new in alone] for i in (1, 2)]
            new_weights, new_slots = backend().update(step, packed_weights, grads, packed_slots)
            assert all(a is b for a, b in zip(new_weights, packed_weights))
            assert all(a is b for s, t in zip(new_slots, packed_slots) for a, b in zip(s, t))
        for found, expected in zip([packed_weights, *packed_slots], [weights, *slots]):
            for a, b in zip(found, expected):
                np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)

    def test_packed_arrays_share_one_buffer_in_order(self):
        weights, *_ = self.state()
        packed = backend().pack(weights)
        assert len({id(a.base) for a in packed}) == 1
        np.testing.assert_array_equal(packed[0].base, np.concatenate([w.reshape(-1) for w in weights]))
        assert not np.shares_memory(packed[0], weights[0])

    def test_the_flat_path_is_taken_and_others_work(self, monkeypatch):
        """Blocks are smaller than the buffer; what is not packed goes weight by weight, in place."""
        calls = []

        def counted(*args):
            calls.append(args[0].size)
            return step(*args)

        monkeypatch.setattr(sys.modules["nbkeras.backends.numpy.update"], "BLOCK", 1000)
        weights, grads, slots = self.state()
        packed, packed_slots = backend().pack(weights), [backend().pack(s) for s in slots]
        backend().update(counted, packed, grads, packed_slots)
        total = sum(w.size for w in weights)
        assert calls == [1000] * (total // 1000) + [total % 1000]
        calls.clear()
        new, _ = backend().update(counted, weights, grads, slots)
        assert calls == [w.size for w in weights]
        assert all(a is b for a, b in zip(new, weights))
        calls.clear()
        some = [packed[0], packed[2]], [grads[0], grads[2]], [[s[0], s[2]] for s in packed_slots]
        backend().update(counted, *some)
        assert calls == [packed[0].size, packed[2].size]

    def test_dtypes_have_buffers_of_their_own(self):
        packed = backend().pack([np.ones(2, "float32"), np.ones(3, "float64"), np.ones(4, "float32")])
        assert [a.dtype.name for a in packed] == ["float32", "float64", "float32"]
        assert packed[0].base is packed[2].base

    def test_nothing_to_update(self, library):
        assert library.update(step, [], [], [[], []]) == ([], [[], []])

    @pytest.mark.jax
    def test_jax_equals_numpy(self):
        weights, grads, slots = self.state()
        expected = [step(w, g, *s) for w, g, *s in zip(weights, grads, *slots)]
        with use_backend("jax") as jax:
            new, new_slots = jax.update(step, jax.pack(weights), grads, [jax.pack(s) for s in slots])
        for i, rest in enumerate(expected):
            np.testing.assert_allclose(new[i], rest[0], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(new_slots[1][i], rest[2], rtol=1e-5, atol=1e-6)


class TestShapeInference:
    def test_unknown_sizes_stay_unknown(self):
        x = KerasTensor((None, 8, None, 3))
        for y, shape in (
            (ops.mean(x, 2), (None, 8, 3)),
            (ops.reshape(x, (-1, 3)), (None, 3)),
            (ops.concatenate([x, x], 1), (None, 16, None, 3)),
            (x[:, ::2, 0], (None, 4, 3)),
            (ops.transpose(x, (3, 0, 1, 2)), (3, None, 8, None)),
            (ops.one_hot(ops.argmax(x, -1), 5), (None, 8, None, 5)),
            (ops.matmul(x, np.ones((3, 7), "float32")), (None, 8, None, 7)),
        ):
            assert y.shape == shape

    def test_dtypes(self):
        x = KerasTensor((None, 4), "int32")
        assert (x + 1).dtype == "int32"
        assert (x / 2).dtype == "float32"
        assert (x > 1).dtype == "bool"
        assert ops.mean(x).dtype == "float32"
        assert ops.cast(x, "float64").dtype == "float64"

    def test_shape_of_a_symbolic_tensor_makes_arrays(self):
        x = KerasTensor((None, 4))
        z = ops.zeros(ops.shape(x)) + x
        assert z.shape == (None, 4)
        assert ops.shape(x) == (None, 4)
        assert ops.ndim(x) == 2
        assert ops.size(x) is None
        assert ops.size(np.ones((3, 2))) == 6

    def test_a_primitive_without_a_rule_runs_on_zeros(self):
        y = abstract.run("svd", AbstractArray((4, 3), "float32"), full_matrices=False, compute_uv=True)
        assert "svd" not in abstract.RULES
        assert [a.shape for a in y] == [(4, 3), (3,), (3, 3)]

    def test_rules_are_of_known_primitives(self):
        assert abstract.RULES.keys() <= KERNELS.keys()

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: KerasTensor((None, 4)) @ np.ones((3, 2), "float32"), "matmul expects the last size"),
            (lambda: ops.concatenate([KerasTensor((2, 3)), KerasTensor((3, 4))], 1), "agree except along axis 1"),
            (lambda: ops.stack([KerasTensor((2, 3)), KerasTensor((3, 4))]), "stack expects equal shapes"),
            (lambda: ops.max_pool(KerasTensor((None, 2, 2, 1)), 3), "a window of 3 does not fit into a length of 2"),
            (lambda: ops.reshape(KerasTensor((2, 3)), (7,)), "cannot be reshaped"),
            (lambda: ops.sum(np.ones((2, 3)), axis=2), "axis 2 is out of range for an array of 2 dimensions"),
            (lambda: ops.squeeze(np.ones((2, 3)), 0), "length 1 along axis 0"),
            (lambda: ops.einsum("ij,jk->ik", KerasTensor((2, 3)), KerasTensor((4, 2))), "axis j is 3 and 4"),
            (lambda: ops.conv(KerasTensor((None, 8, 8, 3)), np.ones((3, 3, 4, 2), "float32")), "got 3 channels"),
            (lambda: ops.conv(np.ones((2, 3), "float32"), np.ones((3, 2))), r"expect \(batch, spatial…, channels\)"),
            (
                lambda: ops.max_pool(np.ones((1, 4, 4, 1)), 2, padding="sme"),
                "padding must be 'valid' or 'same', got 'sme'",
            ),
            (lambda: ops.max_pool(np.ones((1, 4, 4, 1)), (2, 0)), "pool_size expects a positive int, or 2 of them"),
            (lambda: ops.split(np.ones((3, 2)), 2), "3 elements cannot be split into 2 equal sections"),
            (lambda: ops.pad(np.ones(3), 1, mode="wrap"), "pad expects mode"),
            (lambda: ops.scatter_update(np.ones(3), [[0]], [1.0], "sum"), "reduction must be"),
        ],
    )
    def test_errors(self, call, message):
        with pytest.raises(ValueError, match=message):
            call()

    def test_numpy_on_a_value_without_numbers(self):
        with pytest.raises(TypeError, match=r"use ops\.\* instead of NumPy"):
            symbolic.infer(lambda x: np.asarray(x), [KerasTensor((None, 2))], {})


PUBLIC = [name for name in dir(ops) if callable(getattr(ops, name)) and not name.startswith("_")]


class TestDispatch:
    def test_an_op_on_symbolic_tensors_is_one_node(self):
        x = KerasTensor((None, 4))
        y = ops.layer_normalization(x)
        assert y.node.operation.function is ops.layer_normalization
        assert y.node.input_tensors == [x]

    def test_nodes_run_again(self):
        x = KerasTensor((None, 4))
        y = ops.stack([x, x * 2], axis=1)
        assert y.shape == (None, 2, 4)
        node = y.node
        assert len(node.input_tensors) == 2
        assert node.operation(*[[np.ones((3, 4), "float32")] * 2], **node.kwargs).shape == (3, 2, 4)

    def test_the_tape_sees_one_entry_for_a_fused_op(self):
        tape = Tape()
        x = tape.watch(np.ones((3, 4), "float32"))
        ops.softmax(x)
        ops.dense(x, np.ones((4, 2), "float32"), np.zeros(2, "float32"), activation="relu")
        assert len(tape.entries) == 2

    def test_pooling_steps_by_its_size(self):
        image = np.arange(32, dtype="float32").reshape(1, 4, 8, 1)
        np.testing.assert_array_equal(ops.max_pool(image, (2, 4)), ops.max_pool(image, (2, 4), strides=(2, 4)))

    def test_every_op_has_a_sentence(self):
        for name in PUBLIC:
            assert getattr(ops, name).__doc__.strip().split("\n")[0].endswith((".", ":")), name
