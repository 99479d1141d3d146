"""Every architecture beside real Keras' as it is now: the layers, and what both make of images of the proper size.

The tests do the same with the smaller of each family, small images and stored results. This takes a quarter of an
hour and 10 GB with Keras on PyTorch. There Keras has no NASNet; on JAX it has, but compiles for minutes.

KERAS_BACKEND=torch python -m tests.references.compare_architectures                       # all but NASNet
KERAS_BACKEND=jax python -m tests.references.compare_architectures NASNetMobile NASNetLarge    # those named
"""

import gc
import sys
import time

import numpy as np

from tests.cases.applications import NAMES, ArchitectureCase
from tests.references.architectures import cheap_weights, facts, prediction

WORST = 1e-4  # of the largest number: float32 through up to 700 layers, each of which adds up in its own order


def difference(keras, nbkeras, name):
    """The largest difference between the logits of both, over the largest logit; and the shape of the images."""
    from nbkeras.layers.unfilled import unfilled
    from nbkeras.naming import fresh_names

    with fresh_names(), unfilled(2**62):
        model = getattr(nbkeras.applications, name)(weights=None)
        shape = tuple(side or 224 for side in model.input_shape[1:])
        case = ArchitectureCase(name, {"input_shape": shape, "classifier_activation": None})
        ours = prediction(nbkeras.applications, case)
    gc.collect()
    keras.backend.clear_session(free_memory=True)
    with cheap_weights():
        assert facts(model) == facts(getattr(keras.applications, name)(weights=None)), f"{name} has other layers"
        theirs = prediction(keras.applications, case)
    return np.abs(ours - theirs).max() / np.abs(theirs).max(), shape


def main(names):
    import keras

    import nbkeras

    backend, worst = keras.backend.backend(), 0.0
    names = names or [name for name in NAMES if backend != "torch" or not name.startswith("NASNet")]
    for name in names:
        start = time.perf_counter()
        found, shape = difference(keras, nbkeras, name)
        worst = max(worst, found)
        print(
            f"{name:18} {shape!s:14} same layers, logits differ by {found:.1e} ({time.perf_counter() - start:.0f} s)",
            flush=True,
        )
    print(
        f"{len(names or NAMES)} architectures beside Keras {keras.__version__} on {keras.backend.backend()}: ", end=""
    )
    print(f"the largest difference is {worst:.1e} of the largest logit")
    return int(worst > WORST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
