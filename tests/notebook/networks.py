"""Networks whose pictures are hard to draw, and those of every kind that is shown."""

from nbkeras import Input, Model, Sequential, layers
from tests.notebook.cells import declare
from tests.notebook.examples import EXAMPLES

TRANSLATOR = """
def attend(memory):
    skip = _
    MultiHeadAttention(4, 16)(_, memory)
    _ + skip
    LayerNormalization()
def think():
    skip = _
    Dense(256, activation="relu")
    Dense(64)
    _ + skip
    LayerNormalization()
source: Input((30,), dtype="int32")
Embedding(2000, 64)
for _ in range(6):
    attend(_)
    think()
memory = _
target: Input((25,), dtype="int32")
Embedding(3000, 64)
for _ in range(6):
    attend(_)
    attend(memory)
    think()
Dense(3000, activation="softmax")
"""


def encoder(blocks=12):
    """A transformer's encoder."""
    _, _, cell = EXAMPLES["encoder"].partition("\n")
    return declare(cell, {"n_blocks": blocks}, name="encoder")


def translator():
    """A transformer with encoder and decoder; every block of the decoder reads the encoder's result."""
    return declare(TRANSLATOR, name="translator")


def resnet50():
    """The residual network with 50 layers of He et al. (2016), on small images."""

    def conv(x, filters, size, strides=1, activation=True):
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if activation else x

    def block(x, filters, strides, projects):
        skip = conv(x, 4 * filters, 1, strides, activation=False) if projects else x
        x = conv(conv(x, filters, 1, strides), filters, 3)
        return layers.ReLU()(layers.add([conv(x, 4 * filters, 1, activation=False), skip]))

    first = Input((64, 64, 3))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(conv(first, 64, 7, 2))
    for stage, depth in enumerate((3, 4, 6, 3)):
        for index in range(depth):
            x = block(x, 64 * 2**stage, 2 if stage and not index else 1, not index)
    x = layers.Dense(1000, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return Model(first, x, name="resnet50")


def unet(depth=3):
    """Convolutions down and up again, with a long skip connection on each level."""
    first = x = Input((64, 64, 1))
    skips = []
    for level in range(depth):
        x = layers.Conv2D(16 * 2**level, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(16 * 2**depth, 3, padding="same", activation="relu")(x)
    for level in reversed(range(depth)):
        x = layers.concatenate([layers.UpSampling2D(2)(x), skips[level]])
        x = layers.Conv2D(16 * 2**level, 3, padding="same", activation="relu")(x)
    return Model(first, layers.Conv2D(1, 1, activation="sigmoid")(x), name="unet")


def densenet():
    """Each layer reads all those before it."""
    found = [Input((32,))]
    for _ in range(6):
        joined = layers.concatenate(found) if len(found) > 1 else found[0]
        found.append(layers.Dense(16, activation="relu")(joined))
    return Model(found[0], layers.Dense(1)(found[-1]), name="densenet")


def towers():
    """Two deep branches side by side, each with equal blocks."""

    def tower(x, units):
        for _ in range(8):
            x = layers.Dropout(0.1)(layers.Dense(units, activation="relu")(x))
        return x

    left, right = Input((32,), name="left"), Input((64,), name="right")
    joined = layers.concatenate([tower(left, 32), tower(right, 64)])
    return Model([left, right], layers.Dense(1)(joined), name="towers")


def inception():
    """Four branches of different lengths, three times."""
    first = x = Input((32, 32, 64))
    for _ in range(3):
        one = layers.Conv2D(16, 1)(x)
        three = layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 1)(x))
        five = layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 1)(x)))
        pooled = layers.Conv2D(16, 1)(layers.MaxPooling2D(3, strides=1, padding="same")(x))
        x = layers.concatenate([one, three, five, pooled])
    return Model(first, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)), name="inception")


def nested(depth=4):
    """Models in models."""
    inner = Sequential([Input((8,)), layers.Dense(8)], name="level_0")
    for level in range(1, depth):
        inner = Sequential([Input((8,)), inner, layers.Dense(8)], name=f"level_{level}")
    return inner


def blocks(times=12):
    """Equal models one after the other."""
    first = x = Input((16,))
    for _ in range(times):
        inside = Input((16,))
        y = layers.Dense(16)(layers.Dense(64, activation="relu")(inside))
        x = Model(inside, layers.add([inside, y]))(x)
    return Model(first, x, name="blocks")


def chain(depth=1000, growing=False):
    """A chain of layers, alike or each of another width."""
    dense = [layers.Dense(2 + index * growing) for index in range(depth)]
    return Sequential([Input((2,)), *dense], name="chain")


class Subclassed(Model):
    """Defined by its call."""

    def __init__(self):
        super().__init__(name="own")
        self.first = layers.Dense(4)
        self.second = layers.Dense(2)

    def call(self, x):
        return self.second(self.first(x))
