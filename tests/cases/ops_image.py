"""Calls of `ops.image`."""

from tests.cases.numbers import given, integers, uniform
from tests.cases.ops import numbered, row

batch = uniform(2, 7, 9, 3)
image = uniform(8, 6, 3)
first = uniform(2, 3, 7, 9)
wide = uniform(1, 5, 12, 2)
tall = uniform(11, 4, 1)
bytes_ = integers(2, 6, 5, 3, high=256, dtype="uint8")
line = uniform(6, low=-1.0)
volume = uniform(2, 5, 6, 4, 2)
grid = uniform(5, 6, low=-1.0)
# Between pixels and beyond the border; none at a half, where the nearest pixel is a matter of rounding, and none on a
# pixel, where the slope is another on either side.
places = given([[-1.3, 0.2, 3.7, 4.1, 6.4, -6.2], [2.1, 5.3, -0.4, 8.3, 1.9, 12.6]])
turn = given([[0.9, -0.3, 1.1537, 0.25, 1.1, -0.8519, 0.0, 0.0], [1.2, 0.1, -0.7137, -0.2, 0.8, 0.3571, 0.0, 0.0]])
corners = given([[0.0, 0.0], [8.0, 0.0], [0.0, 6.0], [8.0, 6.0]])
seen = given([[0.7, 0.4], [7.1, 0.2], [0.3, 5.2], [8.6, 6.9]])
MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def image_row(op, *args, traced=True, **kwargs):
    return row(f"image.{op}", *args, reference=None, traced=traced, **kwargs)


RESIZING = [
    *[
        image_row("resize", x, size, interpolation=name, antialias=antialias)
        for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        for x, size, antialias in ((batch, (4, 12), False), (batch, (3, 4), True), (image, (16, 13), False))
    ],
    image_row("resize", first, (5, 4), data_format="channels_first"),
    image_row("resize", bytes_, (9, 4), interpolation="bicubic"),
    image_row("resize", bytes_, (4, 8), interpolation="nearest"),
    image_row("resize", wide, (4, 4), crop_to_aspect_ratio=True),
    image_row("resize", tall, (4, 6), crop_to_aspect_ratio=True, interpolation="nearest"),
    image_row("resize", wide, (4, 4), pad_to_aspect_ratio=True, fill_value=0.5),
    image_row("resize", tall, (5, 7), pad_to_aspect_ratio=True, interpolation="bicubic"),
    image_row("resize", first, (8, 8), pad_to_aspect_ratio=True, data_format="channels_first"),
    *[
        image_row(
            "scale_and_translate",
            batch,
            (2, 9, 7, 3),
            given([1.3, 0.7]),
            given([-0.4519, 1.2713]),
            (1, 2),
            method,
            antialias,
        )
        for method, antialias in (("linear", True), ("cubic", False), ("lanczos3", True), ("lanczos5", False))
    ],
]
COLORS = [
    image_row("rgb_to_grayscale", batch),
    image_row("rgb_to_grayscale", image),
    image_row("rgb_to_grayscale", first, data_format="channels_first"),
    image_row("rgb_to_grayscale", bytes_),
    image_row("rgb_to_grayscale", tall),
    image_row("rgb_to_hsv", batch),
    image_row("rgb_to_hsv", first, data_format="channels_first"),
    image_row("rgb_to_hsv", given([[[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 0.0, 0.2], [0.0, 1.0, 1.0]]])),
    image_row("hsv_to_rgb", batch),
    image_row("hsv_to_rgb", first, data_format="channels_first"),
    image_row("hsv_to_rgb", uniform(3, 4, 3, low=-0.5, high=1.5)),
]
SAMPLING = [
    *[image_row("map_coordinates", grid, places, order, fill_mode=m) for m in MODES for order in (0, 1)],
    image_row("map_coordinates", line, uniform(1, 3, 4, low=-2.0, high=8.0), 1, fill_value=2.5),
    image_row("map_coordinates", integers(5, 6, high=90), places, 1, fill_mode="reflect"),
    image_row("map_coordinates", volume, uniform(5, 7, low=-1.0, high=4.0), 1, fill_mode="nearest"),
    *[image_row("affine_transform", batch, turn, fill_mode=m) for m in MODES],
    image_row("affine_transform", batch, turn, interpolation="nearest", fill_mode="reflect"),
    image_row("affine_transform", image, given([1.1, 0.2, -0.7137, 0.1, 0.9, 0.4519, 0.0, 0.0]), fill_value=0.5),
    image_row("affine_transform", first, turn, fill_mode="wrap", data_format="channels_first"),
    image_row("affine_transform", bytes_, turn, fill_mode="nearest"),
    image_row("perspective_transform", image, corners, seen, tolerance=10),
    image_row("perspective_transform", image, corners, seen, interpolation="nearest", fill_value=0.5),
]
FRAMES = [
    image_row("crop_images", batch, 1, 2, 3, 1),
    image_row("crop_images", image, None, 1, 2, None, 3, 4),
    image_row("crop_images", first, 2, None, None, 3, 4, 2, data_format="channels_first"),
    image_row("pad_images", batch, 1, 2, 3, 1),
    image_row("pad_images", image, None, 1, 2, None, 13, 14),
    image_row("pad_images", first, 2, None, None, 3, 14, 12, data_format="channels_first"),
]
PATCHES = [
    image_row("extract_patches", batch, 3),
    image_row("extract_patches", batch, (2, 3), strides=(1, 2), padding="same"),
    image_row("extract_patches", image, (3, 2), strides=1, dilation_rate=2),
    image_row("extract_patches", first, 3, padding="same", data_format="channels_first"),
    image_row("extract_patches", volume, (2, 3, 2)),
    image_row("extract_patches_3d", volume, 2, strides=(1, 2, 3), padding="same"),
    image_row("extract_patches_3d", uniform(4, 5, 6, 2), (2, 3, 2)),
]
FILTERS = [
    # Keras 3.15 takes data_format=None for channels first in gaussian_blur, so it is always given here.
    image_row("gaussian_blur", batch, (3, 5), (0.8, 1.7), data_format="channels_last"),
    image_row("gaussian_blur", image, (5, 5), data_format="channels_last"),
    image_row("gaussian_blur", first, (4, 3), (1.1, 0.4), data_format="channels_first"),
    image_row("sobel_edges", batch),
    image_row("sobel_edges", first, data_format="channels_first"),
    image_row("ssim", uniform(2, 13, 14, 3), uniform(2, 13, 14, 3)),
    image_row("ssim", uniform(12, 12, 1), uniform(12, 12, 1), max_val=2.0, filter_size=5, filter_sigma=0.9),
]
CASES = [*numbered([*RESIZING, *COLORS, *SAMPLING, *FRAMES, *PATCHES, *FILTERS])]
