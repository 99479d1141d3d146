"""What a call passes down to the layers inside it: the `training` flag and the losses that they add."""

import threading

from nbkeras import masks


class _Active(threading.local):
    context = None


_active = _Active()


class CallContext:
    """One outermost call of a layer or model, and everything called within it.

    Attributes:
        training: the flag that inner layers inherit, or `None`.
        losses: pairs of (layer, loss) in the order in which `add_loss` was called.
        mixed: whether a layer of mixed precision has been called, so that others must say which dtype they read.
    """

    mixed = False

    def __init__(self, training):
        self.training = training
        self.losses = []


class enter:
    """Joins the call in progress on this thread, or opens one; yields its context."""

    def __init__(self, training=None):
        self.training = training

    def __enter__(self):
        context = self.outer = _active.context
        if context is None:
            context = _active.context = CallContext(self.training)
            self.masks = masks.scope()
            self.masks.__enter__()
        self.outer_training = context.training
        if self.training is not None:
            context.training = self.training
        return context

    def __exit__(self, *error):
        _active.context.training = self.outer_training
        _active.context = self.outer
        if self.outer is None:
            self.masks.__exit__(*error)


def current():
    """The call in progress on this thread, or `None`."""
    return _active.context


class fresh:
    """Hides the call in progress, as symbolic inference within a call needs."""

    def __enter__(self):
        self.outer, _active.context = _active.context, None

    def __exit__(self, *error):
        _active.context = self.outer
