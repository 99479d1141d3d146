"""Sound in WAV files as arrays."""

import wave

import numpy as np

__all__ = ["read_wav", "resampled"]


def read_wav(path):
    """The samples of a WAV file, floats from -1 to 1 of shape `(samples, channels)`, and how many a second has.

    Whole numbers of 8 to 32 bits are read by the standard library; for any other form, `soundfile` must be installed.

    Raises:
        ImportError: for a form that needs `soundfile`, without it.
    """
    try:
        with wave.open(str(path), "rb") as file:
            frames = file.readframes(file.getnframes())
            return _samples(frames, file.getsampwidth(), file.getnchannels()), file.getframerate()
    except wave.Error as error:
        return _read_by_soundfile(path, error)


def _samples(frames, width, channels):
    if width == 1:  # the only width without a sign
        flat = np.frombuffer(frames, "u1").astype("float32") / 128 - 1
    elif width == 3:
        wide = np.zeros((len(frames) // 3, 4), "u1")
        wide[:, 1:] = np.frombuffer(frames, "u1").reshape(-1, 3)
        flat = wide.view("<i4")[:, 0].astype("float32") / 2**31
    else:
        flat = np.frombuffer(frames, f"<i{width}").astype("float32") / 2 ** (8 * width - 1)
    return flat.reshape(-1, channels)


def _read_by_soundfile(path, reason):
    try:
        import soundfile
    except ImportError:
        raise ImportError(
            f"'{path}' is not read by the standard library ({reason}), and soundfile is not installed: pip install "
            "soundfile"
        ) from reason
    return soundfile.read(str(path), dtype="float32", always_2d=True)


def resampled(samples, old, new):
    """Samples at another rate: those of the same sum of waves, without the ones too fast for it (by the FFT)."""
    count = round(len(samples) * new / old)
    if count == len(samples) or not len(samples):
        return samples
    spectrum = np.fft.rfft(samples, axis=0)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count, axis=0) * (count / len(samples))).astype(samples.dtype)
