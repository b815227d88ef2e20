"""The table in docs/local-cloud.md is the one that the tests of the clients make."""

from __future__ import annotations

import pytest

from tests.clients.table import END, START, between, table
from tests.project import PROJECT


@pytest.mark.parametrize("name", ["docs/local-cloud.md", "docs/local-cloud.zh-CN.md"])
def test_the_guide_has_the_table(name: str) -> None:
    parts = between((PROJECT / name).read_text(encoding="utf-8"))
    assert parts is not None, f"{name} has no {START} … {END}"
    assert parts[1] == table(), f"python -m tests.clients.table {name} puts it right"


def test_every_client_and_service_is_in_it() -> None:
    names = [
        "oss2",
        "alibabacloud-oss-v2",
        "alibabacloud-oss-v2 (asyncio)",
        "ali-oss",
        "alibabacloud-multimediaai20190810",
        "aliyun-python-sdk-multimediaai",
        "alibabacloud-tea-openapi",
        "alibabacloud-imm20200930",
        "aliyun-fc2",
        "alibabacloud-fc20230330",
    ]
    assert [name for name in names if f"`{name}`" not in table()] == []


def test_writing_again_changes_nothing() -> None:
    text = f"before\n{START}\n{table()}{END}\nafter\n"
    parts = between(text)
    assert parts is not None
    assert f"{parts[0]}\n{parts[1]}{parts[2]}" == text
