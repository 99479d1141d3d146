"""Hooks completion into IPython: a context matcher from 8.6 on, a plain function before (Google Colab has 7.34)."""

from typing import Any

from IPython.core import completer as ipython_completer

from nbkeras.notebook.completion.completer import Completer

__all__ = ["add_completion", "remove_completion"]

NAME = "nbkeras_matcher"


def add_completion(shell: Any, completer: Completer) -> None:
    """Lets IPython ask `completer`."""
    remove_completion(shell)
    modern = hasattr(ipython_completer, "context_matcher")
    shell.Completer.custom_matchers.append((_context_matcher if modern else _plain_matcher)(shell, completer))


def remove_completion(shell: Any) -> None:
    """Takes it back."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [matcher for matcher in matchers if getattr(matcher, "__name__", "") != NAME]


def _context_matcher(shell, completer):
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()
    def nbkeras_matcher(context):
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        lines[-1] = lines[-1][: context.cursor_position]
        offer = completer.complete("\n".join(lines))
        return {
            "completions": [SimpleCompletion(text=word, type=_kind(word)) for word in offer.words],
            "matched_fragment": offer.fragment,
            "suppress": offer.alone,  # Python's names and those of files would make a long list of a short one
        }

    return nbkeras_matcher


def _kind(word):
    """What a word is, for the icon beside it."""
    if word.endswith("="):
        return "param"
    return "magic" if word.startswith("--") else "class" if word[:1].isupper() else "instance"


def _plain_matcher(shell, completer):
    """IPython 7 shows a matcher the line alone, so that a line of a declaration is known by its looks only."""

    def nbkeras_matcher(token):
        line = shell.Completer.text_until_cursor
        is_magic = line.lstrip().startswith("%")
        offer = completer.complete(line if is_magic else f"%%model _\n{line}")
        is_sure = is_magic or offer.alone  # else names in lower case may be of anything
        words = [word for word in offer.words if is_sure or word.endswith("=") or word[:1].isupper()]
        return [token + word[len(offer.fragment) :] for word in words]

    return nbkeras_matcher
