"""The side of a process that measures: one library, and one task after another."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def answer(measure: Callable[..., dict[str, Any]]) -> None:
    """Answers each line of standard input, a task, with a line, what `measure` returned for it.

    `measure` is called with the task, the library and the time at which the process began; `began` is `None` from the
    second task on. What a library prints goes to the errors, so that the answers stand alone.
    """
    library, began = json.loads(sys.argv[1])
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            print(json.dumps(measure(library, began=began, **json.loads(line))), file=answers, flush=True)
            began = None
