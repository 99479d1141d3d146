"""As many boxes for each image."""

from nbkeras import ops
from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.image_preprocessing.base import BaseImagePreprocessingLayer

__all__ = ["MaxNumBoundingBoxes"]


class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """Cuts or fills the boxes of each image to `max_number`; images, labels and masks pass.

    Args:
        max_number: how many boxes each image is to have.
        fill_value: of the coordinates and labels that are added.

    Example:
        >>> boxes = {"boxes": np.zeros((1, 2, 4), "float32"), "labels": np.zeros((1, 2), "int32")}
        >>> layer = MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
        >>> layer({"images": np.zeros((1, 8, 8, 3)), "bounding_boxes": boxes})["bounding_boxes"]["labels"]
        array([[ 0,  0, -1]], dtype=int32)
    """

    def __init__(self, max_number, fill_value=-1, **kwargs):
        super().__init__(**kwargs)
        self.max_number = positive_integer("max_number", max_number)
        self.fill_value = int(fill_value)

    def transform_images(self, images, transformation=None, training=True):
        return images

    def transform_bounding_boxes(self, bounding_boxes, transformation=None, training=True):
        return {**bounding_boxes, **{name: self._fitted(bounding_boxes[name]) for name in ("boxes", "labels")}}

    def _fitted(self, x):
        x = x[:, : self.max_number]
        widths = [(0, 0)] * len(x.shape)
        widths[1] = (0, self.max_number - x.shape[1])
        return ops.pad(x, widths, constant_values=self.fill_value)
