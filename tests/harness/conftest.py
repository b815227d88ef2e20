"""What tests of the whole harness share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .command_line import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """s.yaml in a folder of its own, so that nobody's .env is read; the code stays where it is."""
    shutil.copy(PROJECT / "s.yaml", tmp_path)
    return tmp_path
