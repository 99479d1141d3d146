"""The examples of the notation's definition, word for word: by name, the cell."""

EXAMPLES = {
    "cnn": """%%model cnn --seed 0
Input((32, 32, 3))
for filters in (32, 64):
    Conv2D(filters, 3, activation="relu")
    MaxPooling2D(2)
Flatten()
Dense(width, activation="relu")          # width: a variable of the notebook
Dense(10, activation="softmax")
compile("adam", "categorical_crossentropy", ["accuracy", F1Score(average="macro")])
""",
    "resnet": """%%model resnet
def residual(filters, strides=1):
    skip = _ if strides == 1 else Conv2D(filters, 1, strides=strides)(_)
    Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)
    BatchNormalization()
    ReLU()
    Conv2D(filters, 3, padding="same", use_bias=False)
    BatchNormalization()
    _ + skip
    ReLU()
Input((32, 32, 3))
Conv2D(16, 3, padding="same", activation="relu")
residual(16) * 3
residual(32, strides=2)
residual(32) * 2
GlobalAveragePooling2D()
Dense(10, activation="softmax")
""",
    "two_inputs": """%%model two_inputs
Input((20,), dtype="int32", name="text")
Embedding(1000, 32, mask_zero=True)
words: LSTM(16)
Input((4,), name="price")
numbers: Dense(8, activation="relu")
concatenate([words, numbers])
Dense(1)
""",
    "translator": """%%model translator
source: Input((30,), dtype="int32")
target: Input((25,), dtype="int32")
encoded, h, c = LSTM(128, return_sequences=True, return_state=True)(Embedding(nx, 64)(source))
decoded = LSTM(128, return_sequences=True)(Embedding(ny, 64)(target), initial_state=[h, c])
context = Attention()([decoded, encoded])
concatenate([decoded, context])
Dense(ny, activation="softmax")
""",
    "encoder": """%%model encoder
def block(dim, heads, hidden, rate=0.1):
    skip = _
    MultiHeadAttention(heads, dim // heads)(_, _)
    Dropout(rate)
    _ + skip
    skip: LayerNormalization()
    Dense(hidden, activation="gelu")
    Dense(dim)
    _ + skip
    LayerNormalization()
Input((50,), dtype="int32")
Embedding(5000, 64)
for _ in range(n_blocks):
    block(64, heads=4, hidden=256)
GlobalAveragePooling1D()
Dense(2, activation="softmax")
""",
    "vae": """%%model vae
x: Input((784,))
Dense(256, activation="relu")
h: Dense(256, activation="relu")
mean = Dense(2)(h)
log_var = Dense(2)(h)
z: mean + ops.exp(log_var / 2) * random.normal(ops.shape(mean))
Dense(256, activation="relu")
Dense(784, activation="sigmoid")
add_loss(beta * ops.mean(-0.5 * ops.sum(1 + log_var - mean**2 - ops.exp(log_var), axis=-1)), name="kl")
compile("adam", "binary_crossentropy")
""",
    "siamese": """%%model siamese
def tower(n):
    Dense(n, activation="relu")
    Dense(n)
shared = tower(32)
left: Input((20,))
right: Input((20,))
ops.square(shared(left) - shared(right))
Dense(1, activation="sigmoid")
""",
}

# What the cells read of the notebook around them.
NAMESPACE = {"width": 16, "nx": 50, "ny": 40, "n_blocks": 2, "beta": 0.5}
