"""Pictures of images with their boxes and masks; needs matplotlib for galleries and for text."""

from nbkeras.visualization.boxes import draw_bounding_boxes
from nbkeras.visualization.galleries import (
    plot_bounding_box_gallery,
    plot_image_gallery,
    plot_segmentation_mask_gallery,
)
from nbkeras.visualization.masks import draw_segmentation_masks

__all__ = [
    "draw_bounding_boxes",
    "draw_segmentation_masks",
    "plot_bounding_box_gallery",
    "plot_image_gallery",
    "plot_segmentation_mask_gallery",
]
