"""Spectrograms."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import normal

SOUND = [(2, 40, 2)]


def stft(name, inputs=SOUND, **options):
    return Case(f"stft spectrogram {name}", lambda k: k.layers.STFTSpectrogram(frame_length=8, **options), inputs)


def mel(name, inputs=((2, 80),), models=True, **options):
    options = {"fft_length": 16, "sequence_stride": 4, "num_mel_bins": 5, "min_freq": 0.0, **options}
    return Case(f"mel spectrogram {name}", lambda k: k.layers.MelSpectrogram(**options), list(inputs), models=models)


CASES = [
    *[
        stft(mode, [normal(2, 40, 2, scale=5.0)], mode=mode)
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    ],
    stft("same", mode="psd", padding="same", frame_step=3),
    stft("long transform", mode="psd", fft_length=16, window="hamming", scaling="spectrum"),
    stft("without window", mode="real", window=None, scaling=None),
    stft("periodic", mode="imag", periodic=True, trainable=False),
    stft("as image", mode="psd", expand_dims=True),
    stft("channels first", [(2, 2, 40)], mode="stft", data_format="channels_first"),
    stft("channels first as image", [(2, 2, 40)], mode="psd", data_format="channels_first", expand_dims=True),
    mel("of a batch"),
    mel("of one sound", ((80,),), models=False),  # a model takes a batch
    mel("amplitude", mag_exp=1.0, power_to_db=False),
    mel("short stretches", sequence_length=12, window="hamming", max_freq=4000, ref_power=2.0, top_db=20.0),
    mel("of a low rate", sampling_rate=8000, num_mel_bins=3, power_to_db=False),
]
