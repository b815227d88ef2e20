from __future__ import annotations

from datetime import datetime, timezone

import pytest

from handler.reconcile import created_not_after


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("2021-01-01T08:00:00Z", "2021-01-01T08:00:00"),
        ("2021-01-01T08:00:00+08:00", "2021-01-01T00:00:00"),
        ("2021-01-01 08:00:00", "2021-01-01T08:00:00"),
        ("2021/01/01 08:00:00", "2021-01-01T08:00:00"),
        ("2021-01-01", "2021-01-02T00:00:00"),
        (1609488000000, "2021-01-01T08:00:00"),
        ("1609488000", "2021-01-01T08:00:00"),
    ],
)
def test_a_time_means_the_latest_that_it_may_mean(text: object, latest: str) -> None:
    assert created_not_after(text) == datetime.fromisoformat(latest).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["", None, "yesterday", "12", {}])
def test_a_time_that_says_nothing_is_none(text: object) -> None:
    assert created_not_after(text) is None
