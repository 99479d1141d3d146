"""Preprocessing layers, of real Keras or of nbkeras, measured by one function.

Real Keras needs TensorFlow for them, which the other tables do without:
`KERAS_BACKEND=tensorflow python -m tests.references.preparation` stores what it answers.
"""

import numpy as np

from tests.references import store, tables
from tests.references.measure import plain_config


def measure_preparation(k, tensor, numpy, case):
    """What the layer of a case learns and what it gives, its texts as lists.

    Args:
        k: the package.
        tensor: makes an input of a nested list.
        numpy: makes an array of an output.
    """
    layer = case.build(k)
    if case.adapt is not None:
        layer.adapt((np.asarray(batch) for batch in case.adapt) if isinstance(case.adapt, tuple) else case.adapt)
    inputs = [tensor(item) for item in case.inputs] if case.several else tensor(case.inputs)
    output = numpy(layer(inputs, **{name: tensor(value) for name, value in case.keywords}))
    facts = {"shape": list(output.shape), "config": plain_config(layer.get_config())}
    if hasattr(layer, "get_vocabulary"):
        facts["vocabulary"] = [str(item) if isinstance(item, str) else int(item) for item in layer.get_vocabulary()]
    is_text = output.dtype.kind in "OSU"
    facts["output"] = _texts(output) if is_text else output
    return facts


def _texts(output):
    return [item.decode() if isinstance(item, bytes) else str(item) for item in output.ravel().tolist()]


def main():
    import keras
    import tensorflow

    def tensor(value):
        return (
            tensorflow.constant(value, "int64") if np.asarray(value).dtype == np.int64 else tensorflow.constant(value)
        )

    results = {}
    for case in tables.rows("preprocessing"):
        keras.backend.clear_session()
        results[case.name] = measure_preparation(keras, tensor, np.asarray, case)
    store.save("preprocessing", keras.__version__, results)
    print(f"preprocessing: {len(results)} cases")


if __name__ == "__main__":
    main()
