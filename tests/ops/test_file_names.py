"""Whatever a key is, its file is inside the folder, has a name that every disk takes, and is no other key's."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ops.file_names import MOST_BYTES, file_name

#: What is special somewhere, and what two forms of one letter are.
parts = st.one_of(
    st.text(alphabet="aA./\\%~2eE:\0 \n猫éÉ\u0301e0", max_size=8),
    st.sampled_from(
        ["..", ".", "", "con", "CON.mp4", "nul", "com1 .x", "a.gif", "A.GIF", "x.part", "a~" + "0" * 16]
    ),
    st.integers(80, 1000).map(lambda count: "x" * count),
)
keys = st.lists(parts, min_size=1, max_size=4).map("/".join)
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


def as_compared(name: tuple[str, ...]) -> tuple[str, ...]:
    """As a disk does that knows neither case nor normal forms."""
    return tuple(unicodedata.normalize("NFD", unicodedata.normalize("NFD", part).casefold()) for part in name)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(keys, st.booleans())
def test_each_part_is_a_name_on_every_disk(key: str, folds: bool) -> None:
    name = file_name("my-videos", key, folds=folds)
    assert len(name) == key.count("/") + 2
    assert name[-1].endswith(".gif")
    for part in name:
        assert part not in ("", ".", "..")
        assert not set(part) & set('/\\<>:"|?*\0\n')
        assert len(part.encode()) <= MOST_BYTES
        assert part.rstrip(". ") == part
        assert part.partition(".")[0].strip().lower() not in DEVICES


@settings(max_examples=500, deadline=None, derandomize=True)
@given(keys, keys)
@example("IMG.mp4", "img.mp4")
@example("\u00e9.mp4", "e\u0301.mp4")
@example("a//b", "a/%/b")
@example("a\\b", "a%5cb")
@example("a.gif/b", "a%2egif/b")
@example("x" * 300, "x" * 301)
@example("x.mp4", "x.mp4.gif/y")
def test_two_keys_are_two_files(one: str, other: str) -> None:
    for folds in (False, True):
        first, second = (file_name("my-videos", key, folds=folds) for key in (one, other))
        if one != other:
            assert first != second
            assert not folds or as_compared(first) != as_compared(second)
        # Nor is one a folder where the other is a file.
        assert first != second[: len(first)] or one == other


@pytest.mark.parametrize("key", ["clip.mp4", "a/b c.MP4", "猫 +.mp4", "100%.mp4", "a'b&c.mp4", "-x.mp4"])
def test_what_is_fit_stays_as_it_is(key: str) -> None:
    assert "/".join(file_name("my-videos", key, folds=False)) == f"my-videos/{key}.gif"


def test_a_bucket_may_be_called_as_a_device_is() -> None:
    assert file_name("com1", "a", folds=False) == ("%63om1", "a.gif")
