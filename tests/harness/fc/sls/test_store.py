"""State: it survives a restart, forgets the oldest, and is read while others write."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fc.sls import Line, SlsError
from harness.fc.sls.state import store as module
from harness.fc.sls.state.store import Store
from tests.clock import Clock
from tests.harness.fc.sls.asking import INDEX


def opened(directory: Path) -> Store:
    return Store(directory, Clock())


def numbered(first: int, last: int) -> list[Line]:
    """Ten a second."""
    return [Line(number // 10, {"n": str(number)}, "topic") for number in range(first, last)]


def numbers(store: Store, newest_first: bool = False, end: float = 1e12) -> list[int]:
    return [int(line.fields["n"]) for line in store.read("my-project", "my-store", 0, end, newest_first)]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    store = opened(tmp_path)
    store.create_project("my-project", "mine")
    store.create_logstore("my-project", "my-store")
    store.create_index("my-project", "my-store", INDEX)
    store.close()
    return tmp_path


def test_everything_survives_a_restart(directory: Path) -> None:
    store = opened(directory)
    store.write("my-project", "my-store", numbered(0, 3))
    before = store.project("my-project"), store.logstore("my-project", "my-store")
    store.close()
    store = opened(directory)
    assert (store.project("my-project"), store.logstore("my-project", "my-store")) == before
    assert store.index("my-project", "my-store")[0] == INDEX
    assert numbers(store) == [0, 1, 2]
    store.clear()
    assert store.projects() == []
    with pytest.raises(SlsError, match="ProjectNotExist"):
        store.write("my-project", "my-store", numbered(0, 1))
    store.close()
    store.write("my-project", "my-store", numbered(0, 1))  # an instance's last words


def test_pages_go_on_where_they_stopped_in_both_directions(directory: Path) -> None:
    store = opened(directory)
    store.write("my-project", "my-store", numbered(0, 2500))
    assert numbers(store) == [*range(2500)]
    assert numbers(store, newest_first=True) == [*range(2499, -1, -1)]
    assert numbers(store, end=200) == [*range(2000)]
    seen: list[int] = []
    for line in store.read("my-project", "my-store", 0, 1e12, False):
        if not seen:
            store.write("my-project", "my-store", numbered(2500, 2501))
        seen.append(int(line.fields["n"]))
    assert seen == [*range(2501)]
    store.close()


def test_the_oldest_lines_go_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINES", 100)
    store = opened(directory)
    for first in range(0, 3000, 500):
        store.write("my-project", "my-store", numbered(first, first + 500))
    kept = numbers(store)
    assert kept[-1] == 2999
    assert 100 <= len(kept) <= 1100
    store.close()
