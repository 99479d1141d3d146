"""Feature spaces, of real Keras or of nbkeras, measured by one function.

Real Keras needs TensorFlow for them: `KERAS_BACKEND=tensorflow python -m tests.references.feature_spaces` stores what
it answers.
"""

import numpy as np

from tests.cases.feature_spaces import TABLE
from tests.references import store, tables
from tests.references.libraries import flatten
from tests.references.measure import plain_config

SHOWN = 5  # rows


def columns_of(case, rows=None):
    """The columns that a case takes."""
    return {name: TABLE[name][:rows] for name in case.columns}


def measure_feature_space(space, case):
    """What a space gives for a few rows, and for one; and the shapes of its symbolic outputs."""
    one = {name: values[2] for name, values in columns_of(case).items()}
    return {
        "rows": [np.asarray(y) for y in flatten(space(columns_of(case, SHOWN)))],
        "row": [np.asarray(y) for y in flatten(space(one))],
        "symbolic": [list(y.shape) for y in flatten(space.get_encoded_features())],
        "inputs": {name: [list(x.shape), x.dtype] for name, x in space.get_inputs().items()},
        "config": plain_config(space.get_config()),
    }


def main():
    import keras
    import tensorflow

    results = {}
    for case in tables.rows("feature_spaces"):
        keras.backend.clear_session()
        space = case.build(keras)
        space.adapt(tensorflow.data.Dataset.from_tensor_slices(columns_of(case)))
        results[case.name] = measure_feature_space(space, case)
    store.save("feature_spaces", keras.__version__, results)
    print(f"feature spaces: {len(results)} cases")


if __name__ == "__main__":
    main()
