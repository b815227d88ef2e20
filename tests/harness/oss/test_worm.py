"""Retention policies (WORM), by the official SDK."""

from __future__ import annotations

from collections.abc import Callable

import alibabacloud_oss_v2 as oss_v2
import pytest

from harness.oss import OssError
from tests.harness.oss.local import LocalOss

DAY = 24 * 3600


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(oss_v2.exceptions.OperationError) as caught:
        call()
    return str(caught.value.unwrap().code)


def initiate(oss: LocalOss, days: int) -> str:
    wanted = oss_v2.InitiateWormConfiguration(retention_period_in_days=days)
    return str(oss.v2().initiate_bucket_worm(oss_v2.InitiateBucketWormRequest("videos", wanted)).worm_id)


def lock(oss: LocalOss, worm_id: str) -> None:
    oss.v2().complete_bucket_worm(oss_v2.CompleteBucketWormRequest("videos", worm_id))


def extend(oss: LocalOss, worm_id: str, days: int) -> None:
    wanted = oss_v2.ExtendWormConfiguration(retention_period_in_days=days)
    oss.v2().extend_bucket_worm(oss_v2.ExtendBucketWormRequest("videos", worm_id, wanted))


def abort(oss: LocalOss) -> None:
    oss.v2().abort_bucket_worm(oss_v2.AbortBucketWormRequest("videos"))


def state(oss: LocalOss) -> tuple[str, str, int]:
    found = oss.v2().get_bucket_worm(oss_v2.GetBucketWormRequest("videos")).worm_configuration
    return found.worm_id, found.state, found.retention_period_in_days


def test_the_life_of_a_policy(oss: LocalOss) -> None:
    assert refused(lambda: state(oss)) == "NoSuchWORMConfiguration"
    worm_id = initiate(oss, 3)
    assert state(oss) == (worm_id, "InProgress", 3)
    assert refused(lambda: initiate(oss, 5)) == "InvalidWORMConfiguration"
    assert refused(lambda: extend(oss, worm_id, 5)) == "InvalidWORMConfiguration"
    assert refused(lambda: lock(oss, "other")) == "NoSuchWORMConfiguration"
    lock(oss, worm_id)
    assert refused(lambda: extend(oss, worm_id, 2)) == "InvalidWORMConfiguration"
    extend(oss, worm_id, 5)
    assert state(oss) == (worm_id, "Locked", 5)
    assert refused(lambda: abort(oss)) == refused(lambda: initiate(oss, 9)) == "WORMConfigurationLocked"
    oss.clock.ahead = 400 * DAY
    found = oss.store.worms.of("videos")
    assert found
    assert (found.worm_id, found.locked) == (worm_id, True)


def test_a_policy_that_nobody_locks_is_void_after_a_day(oss: LocalOss) -> None:
    initiate(oss, 3)
    abort(oss)
    assert refused(lambda: state(oss)) == "NoSuchWORMConfiguration"
    initiate(oss, 3)
    assert oss.store.worms.of("videos")
    oss.clock.ahead = DAY
    assert oss.store.worms.of("videos") is None


@pytest.mark.parametrize("days", [0, 25_551])
def test_how_long_it_may_be(oss: LocalOss, days: int) -> None:
    assert refused(lambda: initiate(oss, days)) == "MalformedXML"


def test_what_it_protects(oss: LocalOss) -> None:
    client = oss.v2()
    initiate(oss, 2)

    def put(key: str) -> None:
        client.put_object(oss_v2.PutObjectRequest("videos", key, body=b"film"))

    def append() -> None:
        client.append_object(oss_v2.AppendObjectRequest("videos", "log", position=0, body=b"line"))

    def delete() -> None:
        client.delete_object(oss_v2.DeleteObjectRequest("videos", "k"))

    put("k")  # what is new may come
    assert refused(lambda: put("k")) == refused(append) == refused(delete) == "FileImmutable"
    assert [found.key for found in oss.store.list("videos")] == ["k"]
    lock(oss, state(oss)[0])
    oss.clock.ahead = 2 * DAY  # by which no client could sign
    oss.store.put("videos", "k", b"other")
    with pytest.raises(OssError, match="FileImmutable"):
        oss.store.objects.delete("videos", "k")
    oss.clock.ahead = 4 * DAY
    oss.store.objects.delete("videos", "k")
    assert oss.store.list("videos") == []
