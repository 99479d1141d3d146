"""What is aimed at."""

BEST_KERAS = "Keras' best backend"

# Ratios of a peer's median to that of nbkeras, as (on NumPy alone, with native kernels); None where there is none.
TARGETS = {
    "W1": {
        BEST_KERAS: (20, 60),
        "keras-tensorflow": (80, None),
        "torch": (20, None),
        "scikit-learn": (10, None),
    },
    "W2": {"torch": (1.4, 3), BEST_KERAS: (1.5, 3.5)},
    "W2b": {"torch": (1.4, 3), BEST_KERAS: (1.5, 3.5)},
    "W3": {BEST_KERAS: (1, None), "torch": (0.7, 1.5)},
    "W3b": {BEST_KERAS: (1, 2)},
    "W4": {"torch": (1.5, 2.5), BEST_KERAS: (1.5, 2.5)},
    "W5": {BEST_KERAS: (1, 1.25), "torch": (3, None), "scikit-learn": (3, None)},
    "W6 predict": {BEST_KERAS: (30, None)},
    "W6 call": {"onnxruntime": (1 / 2.5, 1 / 1.5)},
    "W7": {BEST_KERAS: (15, None)},
}

# What nbkeras itself may take at most, as (workload, unit); and its wheel, in MB.
LIMITS = {("W7", "s"): 0.25, ("W7", "MB"): 60}
WHEEL = 2.0
