"""Building a layer that lives inside another one."""

__all__ = ["build_inner"]


def build_inner(layer, *shapes):
    """Makes the weights of `layer` for inputs of these shapes, unless it has them."""
    if not layer.built:
        layer.build(*shapes)
        layer.built = True
