"""What tests of the whole harness share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.project import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """s.yaml and ram/ in a folder of their own, so that nobody's .env is read; the code stays where it is."""
    shutil.copy(PROJECT / "s.yaml", tmp_path)
    shutil.copytree(PROJECT / "ram", tmp_path / "ram")
    return tmp_path


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made
