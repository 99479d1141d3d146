"""Operations on images under Keras' names: `ops.image.resize`, `ops.image.rgb_to_grayscale`, ….

They take one image of rank 3 or a batch of rank 4, channels last or first as `data_format` says (default:
`config.image_data_format()`). All of them run on every backend and are differentiable where mathematics allows.
"""

from nbkeras.ops.image.colors import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from nbkeras.ops.image.filters import gaussian_blur, sobel_edges, ssim
from nbkeras.ops.image.framing import crop_images, pad_images
from nbkeras.ops.image.patches import extract_patches, extract_patches_3d
from nbkeras.ops.image.resizing import resize, scale_and_translate
from nbkeras.ops.image.sampling import affine_transform, map_coordinates, perspective_transform
from nbkeras.ops.image.warping import elastic_transform

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
