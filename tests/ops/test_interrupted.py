from __future__ import annotations

import pytest

from harness.cloud import LocalCloud
from tests.ops.interrupted import backfill_interrupted
from tests.ops.stock import keys

pytestmark = pytest.mark.slow


def test_a_backfill_that_is_killed_and_throttled_loses_and_doubles_nothing(cloud: LocalCloud) -> None:
    ended = backfill_interrupted(cloud, keys(64), kills=2, per_second=100)
    assert ended.kills
    assert (ended.with_gif + ended.in_failed, ended.neither, ended.doubled) == (64, (), ())
