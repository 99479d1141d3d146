"""Layers that prepare and augment images; imported when one of them is asked for."""

from nbkeras.layers.image_preprocessing.affine import *
from nbkeras.layers.image_preprocessing.base import BaseImagePreprocessingLayer as BaseImagePreprocessingLayer
from nbkeras.layers.image_preprocessing.boxes import *
from nbkeras.layers.image_preprocessing.color import *
from nbkeras.layers.image_preprocessing.elastic import *
from nbkeras.layers.image_preprocessing.filtering import *
from nbkeras.layers.image_preprocessing.framing import *
from nbkeras.layers.image_preprocessing.histogram import *
from nbkeras.layers.image_preprocessing.mixing import *
from nbkeras.layers.image_preprocessing.pipeline import *
from nbkeras.layers.image_preprocessing.policies import *
from nbkeras.layers.image_preprocessing.tone import *
from nbkeras.layers.image_preprocessing.warping import *
