"""`as_keras`."""


def as_keras(active=True):
    """Written next."""
    raise NotImplementedError("as_keras")
