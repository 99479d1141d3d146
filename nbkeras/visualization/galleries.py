"""Images side by side, in a figure or a file."""

import math

import numpy as np

from nbkeras import ops
from nbkeras.visualization.boxes import checked_batch, draw_bounding_boxes
from nbkeras.visualization.masks import draw_segmentation_masks

__all__ = ["plot_bounding_box_gallery", "plot_image_gallery", "plot_segmentation_mask_gallery"]


def _pyplot(function):
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(f"{function} needs matplotlib: pip install matplotlib") from error
    return pyplot


def plot_image_gallery(
    images,
    y_true=None,
    y_pred=None,
    label_map=None,
    rows=None,
    cols=None,
    value_range=(0, 255),
    scale=2,
    path=None,
    show=None,
    transparent=True,
    dpi=60,
    legend_handles=None,
    data_format=None,
):
    """Shows a batch of images in rows and columns, with their labels if there are any.

    Args:
        images: (batch, height, width, channels), of 1, 3 or 4 channels.
        y_true, y_pred: labels, written above; they need `label_map`, the words by label.
        rows, cols: default about as many of one as of the other.
        value_range: the least and the largest value of the images.
        scale: the side of an image in inches.
        path: a file to write instead of showing the figure, by name or open.
        show: whether to show it; default if there is no `path`.
        transparent, dpi: of the file.
        legend_handles: matplotlib handles for a legend below.

    Raises:
        ImportError: without matplotlib.

    Example:
        >>> file = io.BytesIO()
        >>> plot_image_gallery(np.zeros((4, 8, 8, 3)), path=file)
        >>> file.getvalue()[1:4]
        b'PNG'
    """
    pyplot = _pyplot("plot_image_gallery")
    if path is not None and show:
        raise ValueError("plot_image_gallery expects path or show, got both")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ValueError("plot_image_gallery expects label_map, the words by label, with y_true or y_pred")
    images = checked_batch("plot_image_gallery", images, data_format)
    rows = rows or math.ceil(math.sqrt(len(images)))
    cols = cols or math.ceil(len(images) / rows)
    pixels = np.clip(_to_255(images, value_range), 0, 255).astype("uint8")
    titles = [_title(index, y_true, y_pred, label_map) for index in range(len(images))]
    figure, axes = pyplot.subplots(
        rows, cols, figsize=(cols * scale, rows * scale), frameon=False, layout="tight", squeeze=False
    )
    _show_pixels(axes.ravel(), pixels, titles)
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    if path is not None:
        figure.savefig(path, pad_inches=0, bbox_inches="tight", transparent=transparent, dpi=dpi)
    elif show or show is None:
        pyplot.show()
    pyplot.close(figure)


def _to_255(images, value_range):
    low, high = value_range
    return (images.astype("float32") - low) / (high - low) * 255


def _show_pixels(axes, pixels, titles):
    """Each image on an axis without frame; axes that are left over are empty."""
    for axis in axes:
        axis.axis("off")
    for axis, image, title in zip(axes, pixels, titles):
        axis.imshow(image, cmap="gray" if image.shape[-1] == 1 else None, vmin=0, vmax=255)
        axis.set_title(title, fontsize=8)


def _title(index, y_true, y_pred, label_map):
    parts = []
    for word, labels in (("Label", y_true), ("Pred", y_pred)):
        if labels is not None and index < len(labels):
            label = ops.convert_to_numpy(labels)[index].item()
            parts.append(f"{word}: {label_map.get(label, 'Unknown')}")
    return "  ".join(parts)


def plot_bounding_box_gallery(
    images,
    bounding_box_format,
    y_true=None,
    y_pred=None,
    value_range=(0, 255),
    true_color=(0, 188, 212),
    pred_color=(255, 235, 59),
    line_thickness=2,
    font_scale=1.0,
    text_thickness=None,
    class_mapping=None,
    ground_truth_mapping=None,
    prediction_mapping=None,
    legend=False,
    legend_handles=None,
    rows=None,
    cols=None,
    data_format=None,
    **kwargs,
):
    """Shows a batch of images with true and predicted boxes, as `draw_bounding_boxes` draws them.

    Args:
        y_true, y_pred: dictionaries of boxes and labels.
        true_color, pred_color: from 0 to 255.
        class_mapping: words by label; `ground_truth_mapping` and `prediction_mapping` are those of one of them.
        legend: whether to say which colour is which.
        **kwargs: as of `plot_image_gallery`.

    Example:
        >>> boxes = {"boxes": np.array([[[1.0, 1.0, 4.0, 4.0]]]), "labels": np.array([[0]])}
        >>> plot_bounding_box_gallery(np.zeros((1, 8, 8, 3)), "xyxy", y_true=boxes, path=io.BytesIO())
    """
    _pyplot("plot_bounding_box_gallery")
    if legend and legend_handles:
        raise ValueError("plot_bounding_box_gallery expects legend or legend_handles, got both")
    images = checked_batch("plot_bounding_box_gallery", images, data_format)
    drawn = np.clip(_to_255(images, value_range), 0, 255).astype("uint8")
    settings = {"line_thickness": line_thickness, "text_thickness": text_thickness, "font_scale": font_scale}
    for boxes, color, mapping in (
        (y_true, true_color, ground_truth_mapping or class_mapping),
        (y_pred, pred_color, prediction_mapping or class_mapping),
    ):
        if boxes is not None:
            drawn = draw_bounding_boxes(
                drawn, boxes, bounding_box_format, mapping, color, data_format="channels_last", **settings
            )
    if legend:
        legend_handles = _legend({"Ground Truth": true_color, "Prediction": pred_color})
    plot_image_gallery(
        drawn, rows=rows, cols=cols, legend_handles=legend_handles, data_format="channels_last", **kwargs
    )


def _legend(colors):
    from matplotlib.patches import Patch

    return [Patch(color=np.array(color) / 255.0, label=label) for label, color in colors.items()]


def plot_segmentation_mask_gallery(
    images,
    num_classes,
    value_range=(0, 255),
    y_true=None,
    y_pred=None,
    color_mapping=None,
    blend=True,
    alpha=0.8,
    ignore_index=-1,
    data_format=None,
    **kwargs,
):
    """Shows each image of a batch in a row, beside it with its true and with its predicted mask.

    Args:
        num_classes, color_mapping, blend, alpha, ignore_index: as of `draw_segmentation_masks`.
        y_true, y_pred: masks, (batch, height, width, 1).
        **kwargs: as of `plot_image_gallery`.

    Example:
        >>> masks = np.ones((1, 8, 8, 1))
        >>> plot_segmentation_mask_gallery(np.zeros((1, 8, 8, 3)), 2, y_true=masks, path=io.BytesIO())
    """
    images = checked_batch("plot_segmentation_mask_gallery", images, data_format)
    plain = _to_255(images, value_range)
    columns = [plain]
    for masks in (y_true, y_pred):
        if masks is not None:
            masks = checked_batch("plot_segmentation_mask_gallery", masks, data_format).astype("int32")
            columns.append(
                draw_segmentation_masks(
                    plain, masks, num_classes, color_mapping, alpha, blend, ignore_index, "channels_last"
                )
            )
    gallery = np.stack(columns, 1).reshape(-1, *images.shape[1:])
    plot_image_gallery(gallery, rows=len(images), cols=len(columns), data_format="channels_last", **kwargs)
