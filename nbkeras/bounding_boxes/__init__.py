"""Bounding boxes: formats, geometry, overlap, and the differences from anchors that detectors predict."""

from nbkeras.bounding_boxes.deltas import decode_deltas_to_boxes, encode_box_to_deltas
from nbkeras.bounding_boxes.formats import FORMATS, convert_format
from nbkeras.bounding_boxes.geometry import affine_transform, clip_to_image_size, crop, pad
from nbkeras.bounding_boxes.overlap import compute_ciou, compute_iou

__all__ = [
    "FORMATS",
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]
