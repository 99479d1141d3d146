"""A training in the notebook: `%fit` around the engine's `fit`, its live view, its interrupts, its record."""
