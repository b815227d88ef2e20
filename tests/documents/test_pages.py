"""Every page: its links lead somewhere, and both languages say the same."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

import handler.errors
from handler.errors import GifOnUploadError
from tests.project import PROJECT

from .pages import PAGES, TRANSLATED, anchors, blocks, chinese, headings, prose, read, row_names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(read(page))):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(PROJECT), link
        assert not anchor or anchor in anchors(read(target)), link


def test_the_readme_is_one_page() -> None:
    for page in ("README.md", "README.zh-CN.md"):
        assert len(read(page).splitlines()) <= 150


def test_every_guide_is_there_in_both_languages() -> None:
    guides = {"README.md", *(f"docs/{name}.md" for name in ("deploy", "operate", "record", "local-cloud"))}
    assert guides | {"docs/benchmarks.md"} <= set(TRANSLATED)
    for page in guides:
        assert chinese(Path(page).name) in read(page)
        assert Path(page).name in read(chinese(page))


@pytest.mark.parametrize("page", TRANSLATED)
def test_both_languages_have_the_same_headings(page: str) -> None:
    levels = [[level for level, _ in headings(read(name))] for name in (page, chinese(page))]
    assert levels[0] == levels[1]


@pytest.mark.parametrize("page", TRANSLATED)
def test_both_languages_have_the_same_commands(page: str) -> None:
    """But for comments, which are translated, as is the picture of the flow."""
    commands = [
        [_code(block) for kind in ("", "python") for block in blocks(read(name), kind) if "▼" not in block]
        for name in (page, chinese(page))
    ]
    assert commands[0] == commands[1]


@pytest.mark.parametrize("page", TRANSLATED)
def test_both_languages_have_the_same_rows(page: str) -> None:
    assert row_names(read(page)) == row_names(read(chinese(page)))


@pytest.mark.parametrize("page", TRANSLATED)
def test_both_languages_have_the_same_numbers_of_rows(page: str) -> None:
    rows = [len(re.findall(r"^\|", read(name), re.MULTILINE)) for name in (page, chinese(page))]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("page", [chinese(page) for page in TRANSLATED])
def test_chinese_reads_as_chinese(page: str) -> None:
    """Its own words for a response and for taking over; its own brackets around its own words."""
    words = re.sub(r"\]\([^)]*\)|<[^>]*>", "]", prose(read(page)))
    assert not [word for word in ("回答", "接手", "多媒体 AI") if word in words]
    assert re.findall(r"\([^()\n]*[一-鿿][^()\n]*\)|[一-鿿]\(|\)[一-鿿]", words) == []


def _code(block: str) -> str:
    lines = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in block.splitlines())
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("page", ["docs/operate.md", "docs/operate.zh-CN.md"])
def test_every_error_is_in_the_table(page: str) -> None:
    """But for those that are only the bases of others, and the one that never leaves the handler."""
    classes = {name: kind for name, kind in vars(handler.errors).items() if isinstance(kind, type)}
    errors = {name: kind for name, kind in classes.items() if issubclass(kind, GifOnUploadError)}
    bases = {"GifOnUploadError", "TrackingError", "GifTaskError", "AppendConflict", "ResultError"}
    assert errors.keys() - bases - set(row_names(read(page))) == set()
