"""Calls of the ops that transform signals, bits, windows and axes, of factorizations and of decoding."""

import numpy as np

from tests.cases.numbers import given, integers, normal, uniform
from tests.cases.ops import keras_only, numbered, row

x = normal(3, 8)
pair = [normal(3, 8), normal(3, 8)]
square_pair = [normal(2, 4, 6), normal(2, 4, 6)]
sound = normal(2, 50)
bins = [normal(2, 6, 9), normal(2, 6, 9)]
image = normal(2, 3, 6, 5)
scores = normal(3, 7, 4, scale=2.0)
lengths = given([7, 5, 3], "int32")


def parts(function):
    """NumPy's transform of complex numbers as one of pairs."""

    def reference(pair, *args, **kwargs):
        z = function(pair[0] + 1j * pair[1], *args, **kwargs)
        return z.real.astype("float32"), z.imag.astype("float32")

    return reference


def of_real(a, fft_length=None):
    z = np.fft.rfft(a, fft_length)
    return z.real.astype("float32"), z.imag.astype("float32")


def to_real(pair, fft_length=None):
    return np.fft.irfft(pair[0] + 1j * pair[1], fft_length).astype("float32")


def rearranged(*steps):
    """Reshapes and transpositions, one after the other."""

    def reference(array, pattern, **lengths):
        for name, argument in steps:
            array = getattr(np, name)(array, argument)
        return array

    return reference


FOURIER = [
    row("fft", pair, reference=parts(np.fft.fft)),
    row("fft2", square_pair, reference=parts(np.fft.fft2), tolerance=5),
    row("ifft2", square_pair, reference=parts(np.fft.ifft2)),
    *[row("rfft", x, reference=of_real, **more) for more in ({}, {"fft_length": 5}, {"fft_length": 11})],
    *[row("irfft", bins, reference=to_real, **more) for more in ({}, {"fft_length": 15}, {"fft_length": 20})],
    row("stft", sound, 8, 3, 16, reference=None),
    row("stft", sound, 8, 4, 8, window="hamming", center=False, reference=None),
    row("stft", sound, 6, 4, 9, window=None, reference=None),
    row("stft", sound, 4, 2, 8, given([0.5, 1.0, 0.7, 0.2]), reference=None),
    row("stft", normal(20), 7, 2, 7, reference=None),
    row("istft", bins, 12, 4, 16, reference=None, tolerance=5),
    row("istft", bins, 16, 4, 16, length=20, window="hamming", reference=None, tolerance=5),
    row("istft", bins, 10, 5, 16, center=False, reference=None, tolerance=50),
]
VIEWS = [
    row("view", given([[1.0, -2.0], [0.5, 3.0]]), "int32", reference=lambda a, d: a.view(d)),
    row("view", given([[1, 2, 3, 4]], "int32"), "uint8", reference=lambda a, d: a.view(d)),
    row("view", given([[1, 2, 3, 4]], "int16"), "int32", reference=lambda a, d: a.view(d)),
    row("view", x, reference=lambda a: a),
    row("view_as_complex", normal(3, 2), reference=lambda a: a[:, 0] + 1j * a[:, 1], keras=False),
    row("polar", uniform(3), normal(3), reference=lambda r, t: (r * np.exp(1j * t)).astype("complex64"), keras=False),
]
WINDOWS = [
    row("unfold", image, 2, reference=None),
    row("unfold", image, (3, 2), padding=(1, 0), stride=(2, 1), reference=None),
    row("unfold", image, 2, dilation=2, padding=1, reference=None),
    row("fold", normal(2, 12, 20), (6, 5), 2, reference=None),
    row("fold", normal(2, 18, 12), (6, 5), (3, 2), padding=(1, 0), stride=(2, 1), reference=None),
    row("fold", normal(2, 8, 30), (6, 5), 2, dilation=2, padding=1, reference=None),
]
AXES = [
    row("rearrange", normal(2, 3, 4), "a b c -> c a b", reference=rearranged(("transpose", (2, 0, 1)))),
    row(
        "rearrange",
        normal(2, 3, 4),
        "a b c -> a (c b)",
        reference=rearranged(("transpose", (0, 2, 1)), ("reshape", (2, 12))),
    ),
    row(
        "rearrange",
        normal(2, 6, 4),
        "b (h k) c -> b h (c k)",
        k=2,
        reference=rearranged(("reshape", (2, 3, 2, 4)), ("transpose", (0, 1, 3, 2)), ("reshape", (2, 3, 8))),
    ),
    row(
        "rearrange",
        normal(4, 6),
        "(a b) (c d) -> a c b d",
        a=2,
        d=3,
        reference=rearranged(("reshape", (2, 2, 2, 3)), ("transpose", (0, 2, 1, 3))),
    ),
]
LINALG = [
    row("lu_factor", normal(4, 4), reference=None, tolerance=5),
    row("lu_factor", normal(2, 3, 3), reference=None, tolerance=5),
    row("lu_factor", normal(5, 3), reference=None, tolerance=5),
    row("i0", given([[-3.0, 0.0, 0.5], [2.0, 9.0, 30.0]]), reference=np.i0),
    row("i0", integers(4, high=5), reference=None),
    row(
        "jvp",
        lambda a: a * a,
        [x],
        [normal(3, 8)],
        traced=False,
        reference=lambda f, p, t: (p[0] ** 2, 2 * p[0] * t[0]),
    ),
    row(
        "jvp",
        lambda a, b: (a @ b, a[:, :1]),
        [normal(2, 3), normal(3, 2)],
        [normal(2, 3), normal(3, 2)],
        traced=False,
        reference=lambda f, p, t: ((p[0] @ p[1], p[0][:, :1]), (p[0] @ t[1] + t[0] @ p[1], t[0][:, :1])),
    ),
    row(
        "jvp",
        lambda a: (a * 3.0, a + 1.0),
        [x],
        [normal(3, 8)],
        has_aux=True,
        traced=False,
        reference=lambda f, p, t, has_aux: (3 * p[0], 3 * t[0], p[0] + 1),
    ),
]
DECODING = [
    *keras_only("ctc_decode", scores, lengths),
    *keras_only("ctc_decode", scores, lengths, merge_repeated=False, mask_index=None),
    *keras_only("ctc_decode", scores, lengths, strategy="beam_search", beam_width=4, top_paths=2),
    *keras_only("ctc_decode", scores, lengths, strategy="beam_search", beam_width=30, top_paths=4, mask_index=3),
    *keras_only("ctc_decode", normal(2, 12, 6), given([12, 9], "int32"), strategy="beam_search", mask_index=None),
    *keras_only(
        "ctc_decode", given(np.zeros((1, 4, 3))), given([4], "int32"), strategy="beam_search", beam_width=5, top_paths=3
    ),
]

ALL = [*numbered([*FOURIER, *VIEWS, *WINDOWS, *AXES, *LINALG, *DECODING])]
CASES = [case for case in ALL if case.keras]  # those that real Keras can run
