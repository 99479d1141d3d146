"""Tables of cases: each row builds with real Keras or with nbkeras and says nothing about what should come out.

What should come out is measured on real Keras by `python -m tests.references.make` and stored in `tests/references/`.
"""
