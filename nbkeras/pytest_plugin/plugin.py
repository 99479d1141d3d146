"""What pytest asks for: which files are notebooks, and what to say at the end."""

from pathlib import Path
from typing import Any

import pytest

from nbkeras.pytest_plugin.item import UPDATED, NotebookFile

__all__ = ["NotebookPlugin"]


class NotebookPlugin:
    """Collects notebooks; registered by `--nbkeras` and by `--nb-update`."""

    def __init__(self, config: pytest.Config):
        self.config = config

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return NotebookFile.from_parent(parent, path=file_path) if file_path.suffix == ".ipynb" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for report in terminalreporter.stats.get("passed", ()):
            for name, value in report.user_properties:
                if name == UPDATED:
                    terminalreporter.line(f"nbkeras: stored the new outputs in {value}")
