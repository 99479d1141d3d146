"""What the training of a student adds to that of any model; the numbers are compared in the table guides/classes."""

import numpy as np
import pytest

import nbkeras
from nbkeras import layers, losses, ops
from nbkeras.distillation import DistillationLoss, Distiller, FeatureDistillation, LogitsDistillation

RNG = np.random.RandomState(0)
X, Y = RNG.standard_normal((12, 4)).astype("float32"), RNG.randint(0, 3, 12)


def chain(name, units=3, width=4):
    return nbkeras.Sequential([nbkeras.Input((width,)), layers.Dense(5, name="inner"), layers.Dense(units)], name=name)


def distiller(terms, **options):
    model = Distiller(chain("teacher"), chain("student"), terms, **options)
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def test_only_the_student_learns():
    model = distiller(LogitsDistillation())
    before = model.teacher.get_weights(), model.student.get_weights()
    history = model.fit(X, Y, epochs=2, verbose=0).history
    assert {"loss", "student_loss", "distillation_loss", "total_loss", "accuracy"} <= set(history)
    assert all(map(np.array_equal, model.teacher.get_weights(), before[0]))
    assert not any(map(np.array_equal, model.student.get_weights(), before[1]))
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.student.predict(X, verbose=0))


def test_a_share_of_one_is_plain_training():
    model = distiller(LogitsDistillation(), student_loss_weight=1.0)
    plain = nbkeras.models.clone_model(model.student)
    plain.set_weights(model.student.get_weights())
    plain.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    for one in (model, plain):
        one.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    for a, b in zip(model.student.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_logits_against_the_formula():
    teacher, student = RNG.standard_normal((2, 6, 3))
    p, q = (np.exp(z / 2) / np.exp(z / 2).sum(axis=-1, keepdims=True) for z in (teacher, student))
    expected = 4 * np.mean(np.sum(p * np.log(p / q), axis=-1))
    found = LogitsDistillation(temperature=2.0).compute_loss(np.float32(teacher), np.float32(student))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_outputs_by_name_and_left_out():
    loss = FeatureDistillation({"a": "mse", "b": None})
    teacher, student = ({"a": np.full((2, 1), v, "float32"), "b": np.ones((2, 1))} for v in (3.0, 1.0))
    loss.validate_outputs(teacher, student)
    assert float(loss.compute_loss(teacher, student)) == 4.0


def test_a_loss_of_ones_own():
    class Gap(DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return ops.max(ops.abs(teacher_outputs - student_outputs))

    assert np.isfinite(distiller([Gap(), LogitsDistillation()]).fit(X, Y, verbose=0).history["loss"][0])


def test_a_saved_distiller_goes_on(tmp_path):
    model = distiller([LogitsDistillation(2.0), FeatureDistillation("mse", "inner", "inner")])
    model.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    model.save(tmp_path / "m.keras")
    again = nbkeras.models.load_model(tmp_path / "m.keras")
    for one in (model, again):
        one.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    for a, b in zip(again.get_weights(), model.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Distiller(chain("a"), chain("b", 2), LogitsDistillation()), ValueError, "models with equal outputs"),
        (lambda: Distiller(chain("a"), chain("b", 3, 5), LogitsDistillation()), ValueError, "models with equal inputs"),
        (lambda: Distiller(chain("a"), 3, LogitsDistillation()), ValueError, "the student to be a model, got 3"),
        (lambda: distiller(None), ValueError, "got None; give LogitsDistillation()"),
        (lambda: distiller(LogitsDistillation(), student_loss_weight=2), ValueError, "a number in [0, 1], got 2"),
        (lambda: distiller([LogitsDistillation()], distillation_loss_weights=[1, 2]), ValueError, "one for each loss"),
        (lambda: distiller(FeatureDistillation("mse", "outer", "inner")), ValueError, "no layer 'outer'; it has inner"),
        (lambda: LogitsDistillation(temperature=0), ValueError, "a positive number, got 0"),
        (lambda: LogitsDistillation(loss={"a": None}), ValueError, "expects at least one loss"),
        (lambda: DistillationLoss().compute_loss(1, 2), NotImplementedError, "needs a compute_loss"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
