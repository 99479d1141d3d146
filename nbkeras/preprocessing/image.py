"""What `keras.preprocessing.image` offers, from where each of it lives."""

from nbkeras.data.images import array_to_img, img_to_array, load_img, save_img, smart_resize

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
