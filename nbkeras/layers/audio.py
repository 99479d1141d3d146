"""Spectrograms of sounds."""

import math

import numpy as np

from nbkeras import config, initializers, ops
from nbkeras.layers.arguments import choice, positive_integer
from nbkeras.layers.layer import Layer
from nbkeras.layers.layouts import channels_spec

__all__ = ["MelSpectrogram", "STFTSpectrogram"]

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """The short-time Fourier transform of each channel, by convolutions whose kernels can be trained.

    (batch, time, channels) → (batch, stretches, channels · bins), with fft_length // 2 + 1 bins.

    Args:
        mode: what comes out: `"log"` or plain `"magnitude"`, `"psd"` (power, of both halves of the spectrum), `"real"`,
            `"imag"`, `"angle"`, or `"stft"` (the real bins, then the imaginary ones).
        frame_length: of a stretch.
        frame_step: from one stretch to the next; default half of `frame_length`.
        fft_length: default the power of two that is at least `frame_length`.
        window: `"hann"`, `"hamming"`, …, a vector of `frame_length` numbers, or `None`.
        periodic: whether a window given by name is periodic instead of symmetric.
        scaling: `"density"`, `"spectrum"` or `None`: what the window is divided by, see `initializers.STFT`.
        padding: `"valid"`, or `"same"`: zeros around the sound.
        expand_dims: whether channels and bins are two axes: (batch, stretches, bins, channels).
        data_format: `"channels_last"` or `"channels_first"`; first, (batch, channels · bins, stretches), or (batch,
            channels, stretches, bins).

    Example:
        >>> STFTSpectrogram(frame_length=16)(np.zeros((1, 64, 1), "float32")).shape
        (1, 7, 9)
    """

    def __init__(
        self,
        mode="log",
        frame_length=256,
        frame_step=None,
        fft_length=None,
        window="hann",
        periodic=False,
        scaling="density",
        padding="valid",
        expand_dims=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mode = choice("mode", mode, _MODES)
        self.frame_length = positive_integer("frame_length", frame_length)
        if frame_step is not None and not 1 <= frame_step <= frame_length:
            raise ValueError(f"frame_step must be from 1 to frame_length, {frame_length}, got {frame_step}")
        if fft_length is not None and fft_length < frame_length:
            raise ValueError(f"fft_length must be at least frame_length, {frame_length}, got {fft_length}")
        self.frame_step = frame_step
        self.fft_length = fft_length
        self.window = window
        self.periodic = periodic
        self.scaling = scaling
        self.padding = choice("padding", padding, ("valid", "same"))
        self.expand_dims = expand_dims
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = channels_spec(1, self.data_format)
        self._initializers = {side: initializers.STFT(side, window, scaling, periodic) for side in ("real", "imag")}

    def build(self, input_shape):
        fft_length = self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))
        shape = (self.frame_length, 1, fft_length // 2 + 1)
        if self.mode != "imag":
            self.real_kernel = self.add_weight(shape, self._initializers["real"], name="real_kernel")
        if self.mode != "real":
            self.imag_kernel = self.add_weight(shape, self._initializers["imag"], name="imag_kernel")

    def call(self, inputs):
        x = inputs if self.data_format == "channels_last" else ops.swapaxes(inputs, 1, 2)
        x = ops.moveaxis(ops.expand_dims(x, -1), 2, 1)  # (batch, channels, time, 1)
        if self.mode in ("real", "imag"):
            return self._arranged(self._transformed(x, getattr(self, f"{self.mode}_kernel")))
        real, imag = self._transformed(x, self.real_kernel), self._transformed(x, self.imag_kernel)
        if self.mode == "angle":
            return self._arranged(ops.arctan2(imag, real))
        if self.mode == "stft":
            return self._arranged(ops.concatenate([real, imag], axis=-1))
        return self._arranged(self._of_power(ops.square(real) + ops.square(imag)))

    def _of_power(self, power):
        if self.mode == "psd":  # all bins but the first and the last stand for two
            return power + ops.pad(power[..., 1:-1], ((0, 0), (0, 0), (0, 0), (1, 1)))
        magnitude = ops.sqrt(ops.maximum(power, config.epsilon()))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, config.epsilon()))

    def _transformed(self, x, kernel):
        """(batch, channels, time, 1) → (batch, channels, stretches, bins)."""
        batch, channels, time, _ = x.shape
        step = self.frame_step or self.frame_length // 2
        rows = ops.reshape(x, (batch * channels, time, 1))
        y = ops.conv(rows, ops.cast(kernel, x.dtype), step, self.padding, "channels_last")
        return ops.reshape(y, (batch, channels, *y.shape[1:]))

    def _arranged(self, y):
        """(batch, channels, stretches, bins) in the layout that was asked for."""
        if self.expand_dims:
            return ops.transpose(y, (0, 2, 3, 1)) if self.data_format == "channels_last" else y
        batch, channels, stretches, bins = y.shape
        if self.data_format == "channels_last":
            return ops.reshape(ops.swapaxes(y, 1, 2), (batch, stretches, channels * bins))
        return ops.reshape(ops.swapaxes(y, 2, 3), (batch, channels * bins, stretches))


class MelSpectrogram(Layer):
    """The power of a sound in bands that are evenly spaced on the mel scale, over time, in decibels.

    (time,) or (batch, time) → (num_mel_bins, stretches) or (batch, num_mel_bins, stretches).

    Args:
        fft_length: of the transforms of stretches.
        sequence_stride: from one stretch to the next.
        sequence_length: of a stretch; default `fft_length`.
        window: as of `ops.stft`.
        sampling_rate: samples per second.
        num_mel_bins: how many bands.
        min_freq, max_freq: in hertz, the edges of the lowest and the highest band; default of the latter half of
            `sampling_rate`.
        power_to_db: whether to give `10 · log10(power / ref_power)`.
        top_db: what lies farther below the maximum is raised to that.
        mag_exp: the exponent of the magnitude: 2 for power, 1 for amplitude.
        min_power: what power counts as at least.
        ref_power: what counts as 0 dB.

    Example:
        >>> MelSpectrogram(num_mel_bins=8, fft_length=64, sequence_stride=32)(np.ones(320, "float32")).shape
        (8, 11)
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        sampling_rate=16000,
        num_mel_bins=128,
        min_freq=20.0,
        max_freq=None,
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.fft_length = positive_integer("fft_length", fft_length)
        self.sequence_stride = positive_integer("sequence_stride", sequence_stride)
        self.sequence_length = sequence_length or fft_length
        if self.fft_length < self.sequence_length:
            raise ValueError(f"fft_length must be at least sequence_length, {sequence_length}, got {fft_length}")
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = positive_integer("num_mel_bins", num_mel_bins)
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power

    def call(self, inputs):
        dtype = self.compute_dtype if self.compute_dtype in ("float32", "float64") else "float32"
        power = self._spectrogram(ops.cast(inputs, dtype))
        bands = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, power.shape[-1], self.sampling_rate, self.min_freq, self.max_freq, dtype
        )
        y = ops.matmul(power, bands)
        y = self._decibels(y) if self.power_to_db else y
        return ops.cast(ops.swapaxes(y, -1, -2), self.compute_dtype)

    def _spectrogram(self, x):
        real, imag = ops.stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        power = ops.square(real) + ops.square(imag)
        return power if self.mag_exp == 2 else ops.power(ops.sqrt(power), self.mag_exp)

    def _decibels(self, power):
        reference = 10 * math.log10(max(abs(self.ref_power), self.min_power))
        decibels = 10 * ops.log10(ops.maximum(power, self.min_power)) - reference
        return ops.maximum(decibels, ops.max(decibels) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins=20,
        num_spectrogram_bins=129,
        sampling_rate=8000,
        lower_edge_hertz=125.0,
        upper_edge_hertz=3800.0,
        dtype="float32",
    ):
        """The (bins, bands) matrix of triangles of height 1 on the mel scale, `2595 · log10(1 + hertz / 700)`.

        The lowest bin, of frequency 0, counts for no band, as in the Hidden Markov Model Toolkit.
        """
        mel = _mel(np.linspace(0, sampling_rate / 2, int(num_spectrogram_bins)))[1:, None]
        edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
        lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (mel - lower) / (centre - lower), (upper - mel) / (upper - centre)
        triangles = np.maximum(0, np.minimum(rising, falling))
        return np.pad(triangles, ((1, 0), (0, 0))).astype(dtype)


def _mel(hertz):
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)
