"""Image preprocessing, a row or two for each layer; what they do in training is in tests/cases/image_transforms.py."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import integers, uniform

shares = [uniform(2, 6, 5, 3)]
first = [uniform(2, 3, 6, 5)]
bytes_ = [integers(2, 6, 5, 3, high=256, dtype="uint8")]


def random(name, build):
    """A row of a layer that draws in training."""
    return Case(name, build, shares, random=True)


CASES = [
    Case("resizing", lambda k: k.layers.Resizing(4, 7, antialias=True), shares),
    Case("resizing bytes", lambda k: k.layers.Resizing(9, 4, interpolation="bicubic"), bytes_),
    Case(
        "resizing pad channels first",
        lambda k: k.layers.Resizing(7, 7, pad_to_aspect_ratio=True, fill_value=0.5, data_format="channels_first"),
        first,
    ),
    Case("center crop", lambda k: k.layers.CenterCrop(3, 4), shares),
    Case("random crop of all", lambda k: k.layers.RandomCrop(6, 5, seed=1), shares),
    Case("auto contrast", lambda k: k.layers.AutoContrast(value_range=(0, 1)), shares),
    random("equalization", lambda k: k.layers.Equalization(value_range=(0, 1), bins=16)),
    Case(
        "clahe",
        lambda k: k.layers.ContrastLimitedAdaptiveHistogramEqualization((0, 1), 2.0, (2, 3)),
        shares,
        smooth=False,
    ),
    Case("brightness", lambda k: k.layers.RandomBrightness((0.2, 0.2), value_range=(0, 1)), shares),
    random("contrast", lambda k: k.layers.RandomContrast((0.1, 0.4), seed=3)),
    random("color degeneration", lambda k: k.layers.RandomColorDegeneration((0.3, 0.6))),
    random("grayscale", lambda k: k.layers.RandomGrayscale(0.4)),
    random("hue", lambda k: k.layers.RandomHue((0.2, 0.4))),
    random("saturation", lambda k: k.layers.RandomSaturation((0.4, 0.5))),
    random("color jitter", lambda k: k.layers.RandomColorJitter(brightness_factor=(0.1, 0.2), hue_factor=0.2)),
    random("invert", lambda k: k.layers.RandomInvert((0.2, 1.0))),
    random("posterization", lambda k: k.layers.RandomPosterization((3, 5))),
    random("solarization", lambda k: k.layers.Solarization(0.2, 0.4)),
    random("sharpness", lambda k: k.layers.RandomSharpness((0.2, 0.9))),
    random("gaussian blur", lambda k: k.layers.RandomGaussianBlur(0.7, kernel_size=(3, 5), sigma=(0.5, 0.7))),
    random("flip", lambda k: k.layers.RandomFlip("horizontal", seed=2)),
    Case("rotation", lambda k: k.layers.RandomRotation((0.13, 0.13)), shares),
    random("translation", lambda k: k.layers.RandomTranslation(0.2, (-0.3, 0.1), "wrap")),
    random("zoom", lambda k: k.layers.RandomZoom(0.3, (-0.2, 0.1), fill_value=2.0)),
    random("shear", lambda k: k.layers.RandomShear((0.1, 0.3), 0.2)),
    random("perspective", lambda k: k.layers.RandomPerspective(scale=0.4)),
    random("elastic transform", lambda k: k.layers.RandomElasticTransform(0.5, 0.5)),
    random("erasing", lambda k: k.layers.RandomErasing(0.5, (0.1, 0.4), fill_value=2.0)),
    random("cut mix", lambda k: k.layers.CutMix()),
    random("mix up", lambda k: k.layers.MixUp(0.4)),
    random("rand augment", lambda k: k.layers.RandAugment(num_ops=3)),
    random("aug mix", lambda k: k.layers.AugMix(num_chains=2)),
    Case("max num bounding boxes", lambda k: k.layers.MaxNumBoundingBoxes(3), shares),
    Case(
        "pipeline",
        lambda k: k.layers.Pipeline([k.layers.RandomInvert((1.0, 1.0), (0, 1)), k.layers.CenterCrop(4, 4)]),
        shares,
    ),
]
