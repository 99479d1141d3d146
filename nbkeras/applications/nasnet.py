"""NASNet-A: Zoph, Vasudevan, Shlens & Le (2018), "Learning transferable architectures", arXiv:1707.07012."""

from typing import NamedTuple

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, only_channels_last
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.nasnet_cells import normal_cell, normalized, reduction_cell
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


class Kind(NamedTuple):
    """The numbers of a network.

    Args:
        label: in the names of the files of weights.
        size: of the images.
        blocks: normal cells between two reductions.
        filters: of the first normal cells; each reduction doubles them.
        stem: filters of the first convolution.
        skips: whether the cell after a reduction reads what came in two cells before that, not one.
        hashes: of the files of weights.
    """

    label: str
    size: int
    blocks: int
    filters: int
    stem: int
    skips: bool
    hashes: tuple[str, str]


MOBILE_HASHES = ("020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63")
LARGE_HASHES = ("11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5")
MOBILE = Kind("mobile", size=224, blocks=4, filters=44, stem=32, skips=False, hashes=MOBILE_HASHES)
LARGE = Kind("large", size=331, blocks=6, filters=168, stem=96, skips=True, hashes=LARGE_HASHES)


def _nasnet(
    kind,
    input_shape=None,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """The {kind.label} NASNet-A: Zoph et al. (2018), arXiv:1707.07012.

    The arguments are those of all architectures, see `applications`; images are
    {kind.size} × {kind.size}, at least 32 × 32.
    """
    only_channels_last("NASNet")
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = layers.Conv2D(
            kind.stem, (3, 3), strides=(2, 2), use_bias=False, name="stem_conv1", kernel_initializer="he_normal"
        )(x)
        x, before = normalized(x, "stem_bn1"), None
        x, before = reduction_cell(x, before, kind.filters // 4, "stem_1")
        x, before = reduction_cell(x, before, kind.filters // 2, "stem_2")
        for stage in range(3):
            width, first = kind.filters * 2**stage, stage * kind.blocks
            if stage:
                x, reduced = reduction_cell(x, before, width, f"reduce_{first}")
                before = before if kind.skips else reduced
            for number in range(kind.blocks):
                x, before = normal_cell(x, before, width, str(first + number + (stage > 0)))
        x = layers.Activation("relu")(x)
        return request.headed(x, average=None, names=(None, None))

    files = WeightFiles(
        f"{KERAS_FILES}/nasnet",
        f"NASNet-{kind.label}",
        kind.hashes,
        without_top="-no-top",
        saved_as=f"nasnet_{kind.label}",
    )
    return assembled(request, network, request.shape(kind.size, least=32), files)


NASNetMobile = variant(_nasnet, MOBILE, "NASNetMobile", "nasnet_mobile")
NASNetLarge = variant(_nasnet, LARGE, "NASNetLarge", "nasnet_large")


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
