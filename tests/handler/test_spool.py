"""The room for results: none is given twice, and who waits for it gets it or is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from handler.errors import ResultNotFetched
from handler.spool import Spool, SpoolFile

Reserve = Callable[[int], SpoolFile]


@pytest.fixture
def reserve() -> Iterator[Reserve]:
    """A file of so many bytes, of 100 in all; at once or not at all."""
    spool = Spool(100)
    with ExitStack() as opened:

        def reserved(size: int, seconds: float = 0) -> SpoolFile:
            file = spool.file()
            opened.callback(file.close)
            file.reserve(size, seconds)
            return file

        yield reserved


def expect_full(reserve: Reserve, size: int = 1) -> None:
    with pytest.raises(ResultNotFetched, match="too little room for"):
        reserve(size)


def test_no_room_is_given_twice(reserve: Reserve) -> None:
    first = reserve(60)
    expect_full(reserve, 41)
    first.close()
    first.close()  # gives nothing back twice
    reserve(100)
    expect_full(reserve)


def test_who_finds_no_room_waits_for_it() -> None:
    spool = Spool(100)
    first, second = spool.file(), spool.file()
    first.reserve(60, 0)
    waiting = threading.Thread(target=second.reserve, args=(60, 10))
    waiting.start()
    first.close()
    waiting.join(10)
    assert not waiting.is_alive()
    second.close()


def test_what_is_larger_than_all_of_it_has_it_alone(reserve: Reserve) -> None:
    large = reserve(1000)
    expect_full(reserve)
    large.close()
    reserve(1)
    expect_full(reserve, 1000)


def test_what_turns_out_to_be_smaller_gives_the_rest_back(reserve: Reserve) -> None:
    unsure = reserve(100)
    unsure.write(b"GIF89a")
    unsure.shrink(6)
    reserve(94)
    expect_full(reserve)
