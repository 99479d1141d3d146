"""VGG: Simonyan & Zisserman (2015), "Very deep convolutional networks", arXiv:1409.1556."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["VGG16", "VGG19", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # in each of the five blocks
HASHES = {
    16: ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    19: ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
}


def _vgg(
    depth,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """VGG with {kind} layers that have weights: Simonyan & Zisserman (2015), arXiv:1409.1556.

    The arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        for block, (number, filters) in enumerate(zip(CONVOLUTIONS[depth], FILTERS), 1):
            for index in range(1, number + 1):
                name = f"block{block}_conv{index}"
                x = layers.Conv2D(filters, (3, 3), activation="relu", padding="same", name=name)(x)
            x = layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool")(x)
        if not request.include_top:
            return request.pooled(x, names=(None, None))
        x = layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = layers.Dense(4096, activation="relu", name=name)(x)
        return request.classified(x)

    files = WeightFiles(f"{KERAS_FILES}/vgg{depth}", f"vgg{depth}_weights_tf_dim_ordering_tf_kernels", HASHES[depth])
    return assembled(request, network, request.shape(size=224, least=32), files)


VGG16 = variant(_vgg, 16, "VGG16", "vgg16")
VGG19 = variant(_vgg, 19, "VGG19", "vgg19")


def preprocess_input(x, data_format=None):
    """Blue, green and red from 0 to 255, each minus its mean over ImageNet; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
