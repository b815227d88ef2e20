from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.fc.account import LocalFc


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., LocalFc]]:
    """Makes a Function Compute with these options; all are closed at the end."""
    made: list[LocalFc] = []

    def make_one(**options: Any) -> LocalFc:
        made.append(LocalFc(tmp_path, options))
        return made[-1]

    yield make_one
    for local in made:
        local.close()


@pytest.fixture
def local(make: Callable[..., LocalFc]) -> LocalFc:
    return make()
