"""What real Keras answers to the cases, and the script that asks it: `python -m tests.references.make`."""
