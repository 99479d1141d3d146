"""Programs written for Keras, run unedited in a fresh process after `as_keras()`."""

import subprocess
import sys

import pytest

TABULAR = """
from keras.models import Sequential
from keras.layers import Dense
import numpy as np

X_train = np.random.default_rng(0).normal(size=(100, 8))
y_train = (X_train.sum(axis=1) > 0).astype(int)

model = Sequential()
model.add(Dense(10, input_dim=8, activation='relu'))
model.add(Dense(8, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, y_train, epochs=150, batch_size=10)
scores = model.evaluate(X_train, y_train)
print("Accuracy: %.2f%%" % (scores[1]*100))
assert scores[1] > 0.95
"""

IMAGES = """
import keras
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
from keras.utils import to_categorical
import numpy as np

rng = np.random.default_rng(0)
y_train = rng.integers(0, 10, size=64)
X_train = rng.random((64, 32, 32, 3)) + y_train[:, None, None, None]
y_train = to_categorical(y_train, 10)

model = Sequential()
model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(32, 32, 3)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(128, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=3, batch_size=32)
loss, accuracy = model.evaluate(X_train, y_train)
assert history.history['loss'][-1] < history.history['loss'][0]
"""

NAMES = """
import keras, keras.layers as L
from keras import backend as K, layers, ops
from keras.callbacks import EarlyStopping
from keras.layers import Dense
import nbkeras
assert keras is nbkeras and L is layers is nbkeras.layers and L.Dense is Dense
assert nbkeras.__spec__.name == "nbkeras"
"""

TENSORFLOW = """
import sys
sys.modules.pop("tensorflow", None)
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import Dense
import nbkeras
assert tf.keras is keras is nbkeras and Dense is nbkeras.layers.Dense
try:
    tf.constant(1)
except AttributeError as error:
    assert "stands for tensorflow.keras alone" in str(error)
else:
    raise AssertionError("tf.constant should not be there")
for statement in ("from tensorflow import constant", "import tensorflow.data"):
    try:
        exec(statement)
    except ModuleNotFoundError as error:
        assert "stands for tensorflow.keras alone" in str(error), error
    else:
        raise AssertionError(statement)
"""

OLD_MODULES = """
from keras.layers.convolutional import Conv2D, MaxPooling2D
from keras.layers.core import Dense, Dropout, Flatten
from keras.optimizers.schedules import ExponentialDecay
from keras.preprocessing import sequence
from keras.preprocessing.sequence import pad_sequences
from keras.utils import np_utils
from keras.utils.np_utils import to_categorical
import nbkeras
assert Flatten is nbkeras.layers.Flatten and np_utils.to_categorical is to_categorical is nbkeras.utils.to_categorical
assert sequence.pad_sequences is pad_sequences is nbkeras.utils.pad_sequences
"""

FORGOTTEN = """
import sys
import keras.layers
import nbkeras
nbkeras.as_keras(False)
assert not [name for name in sys.modules if name.split(".")[0] == "keras"]
nbkeras.as_keras()
nbkeras.as_keras()
import keras
assert keras is nbkeras
"""

MISSING = """
try:
    import keras.nope
except ModuleNotFoundError as error:
    assert str(error) == "nbkeras has no 'keras.nope' (yet)", error
else:
    raise AssertionError
"""


def run(program):
    source = f"import nbkeras; nbkeras.as_keras()\n{program}"
    return subprocess.run([sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", [TABULAR, IMAGES, NAMES, OLD_MODULES, TENSORFLOW, FORGOTTEN, MISSING])
def test_the_program_runs(program):
    result = run(program)
    assert result.returncode == 0, result.stderr


def test_keras_that_is_imported_already_is_not_exchanged():
    program = "import sys, types; sys.modules['keras'] = types.ModuleType('keras'); import nbkeras; nbkeras.as_keras()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "real Keras is imported already; restart the kernel and call nbkeras.as_keras()" in result.stderr
