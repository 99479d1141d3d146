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
        fragment, words = completer.complete("\n".join(lines))
        kinds = ["param" if word.endswith("=") else "magic" if word.startswith("--") else "class" for word in words]
        return {
            "completions": [SimpleCompletion(text=word, type=kind) for word, kind in zip(words, kinds)],
            "matched_fragment": fragment,
            "suppress": fragment.startswith("--"),  # Python's names would make a long list of a short one
        }

    return nbkeras_matcher


def _plain_matcher(shell, completer):
    """IPython 7 shows a matcher the line alone, so that a line of a declaration is known by its looks only."""

    def nbkeras_matcher(token):
        line = shell.Completer.text_until_cursor
        is_magic = line.lstrip().startswith("%")
        fragment, words = completer.complete(line if is_magic else f"%%model _\n{line}")
        if not is_magic:
            words = [word for word in words if word.endswith("=") or word[:1].isupper()]
        return [token + word[len(fragment) :] for word in words]

    return nbkeras_matcher
