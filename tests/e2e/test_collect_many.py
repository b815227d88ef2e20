"""Many entries at once: requests that are linear in their number, and none left behind."""

from __future__ import annotations

import pytest

from handler.errors import EventError
from harness.cloud import LocalCloud
from tests.e2e.uploads import RECORDS

from .collecting import PENDING, collector_for, load_waiting, operations


@pytest.mark.parametrize(("count", "pages"), [(20, 1), (60, 1)])
def test_each_entry_that_waits_costs_three_requests(cloud: LocalCloud, count: int, pages: int) -> None:
    load_waiting(cloud, range(count))
    run = collector_for(cloud)()
    assert (run["pending"], run["left"]) == (count, count)
    assert len(operations(cloud)) == pages + 3 * count


def test_a_thousand_are_on_one_page_and_every_page_is_read(cloud: LocalCloud) -> None:
    for number in range(1001):
        cloud.oss.store.put(RECORDS, f"{PENDING}{number:032x}.json", b"not an entry")
    collect = collector_for(cloud)
    pending = collect.collector._pending
    with pytest.raises(EventError):
        collect({})  # which hands over the credentials, and does nothing
    assert len({entry.key for entry in pending.list(lambda: 0.0)}) == 1001
    assert operations(cloud) == ["ListObjectsV2"] * 2
