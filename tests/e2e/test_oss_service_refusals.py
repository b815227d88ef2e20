"""What OSS's processing makes no GIF of: each upload ends in one clear record, most before they are paid for.

Each test brings its upload to the list of what needs a person, and sees there why, and what to do about it.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import alibabacloud_oss_v2 as oss
import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.collecting import FAILED, PENDING, dead, listed, set_age
from tests.e2e.handling import SHORT
from tests.e2e.imm_site import imm_collector, imm_handler, make_gif, orders, uploaded
from tests.e2e.uploads import VIDEOS, event_for, owner_client, records, unheard

KEY = "clip.mp4"


class Site(NamedTuple):
    cloud: LocalCloud
    clock: Clock

    def deliver(self, event: Any) -> None:
        imm_handler(self.cloud, self.clock, SHORT)(event)

    def refuses(self, event: Any, why: str) -> None:
        """The event ends badly, with this in the message, and nothing is paid for."""
        with pytest.raises(VideosFailed, match=why):
            self.deliver(event)
        assert orders(self.cloud) == []

    def told(self) -> dict[str, Any]:
        """What the collector puts before a person: one upload, which is followed no longer."""
        imm_collector(self.cloud)()
        assert listed(self.cloud, PENDING) == []
        (entry,) = listed(self.cloud, FAILED)
        return dict(entry)

    def last(self) -> dict[str, Any]:
        (lines,) = records(self.cloud).values()
        return lines[-1]

    def put(self, key: str, storage_class: str) -> dict[str, Any]:
        """An upload in this class; its event."""
        request = oss.PutObjectRequest(bucket=VIDEOS, key=key, body=b"film", storage_class=storage_class)
        with unheard(self.cloud):
            etag = owner_client(self.cloud).put_object(request).etag
        return event_for(key, str(etag).strip('"'), 4)

    def put_symlink(self) -> dict[str, Any]:
        """One that leads nowhere; its event as if it had led somewhere when it was put."""
        link = oss.PutSymlinkRequest(bucket=VIDEOS, key=KEY, symlink_target="films/missing.bin")
        with unheard(self.cloud):
            owner_client(self.cloud).put_symlink(link)
        return event_for(KEY)


@pytest.fixture
def site(shared_oss: tuple[LocalCloud, Clock]) -> Site:
    cloud, clock = shared_oss
    clock.ahead = 0.0
    cloud.reset()
    return Site(cloud, clock)


@pytest.mark.parametrize("storage_class", ["Archive", "ColdArchive", "DeepColdArchive"])
def test_an_archived_video_is_refused_before_it_is_paid_for(site: Site, storage_class: str) -> None:
    event = site.put(KEY, storage_class)
    site.refuses(event, r"VideoUnusable: .*InvalidObjectState.* → restore it")
    last = site.last()
    assert (last["status"], last["code"], last["retryable"]) == ("failed", "InvalidObjectState", False)
    told = site.told()
    assert (told["code"], told["video"]) == ("InvalidObjectState", f"oss://{VIDEOS}/{KEY}")
    assert told["reason"].startswith(f"AsyncProcessObject oss://{VIDEOS}/{KEY}: 403 InvalidObjectState")
    assert "restore it" in told["reason"]
    assert 'name it in {"videos": ["oss://bucket/key"]}' in told["reason"]


def test_an_archived_video_that_a_person_names_is_refused_too(site: Site) -> None:
    site.put(KEY, "Archive")
    site.refuses({"videos": [f"oss://{VIDEOS}/{KEY}"]}, "it is archived and not restored.* → restore it")
    assert records(site.cloud) == {}


def test_a_video_that_was_archived_has_its_task_when_it_can_be_read(site: Site) -> None:
    """The local OSS restores nothing; so it is stored in another class, which changes its eTag as little."""
    event = site.put(KEY, "Archive")
    site.refuses(event, "InvalidObjectState")
    site.put(KEY, "Standard")
    site.deliver({"videos": [f"oss://{VIDEOS}/{KEY}"]})
    assert orders(site.cloud) == [site.last()["task_id"]]
    assert len(records(site.cloud)) == 1


def test_a_video_that_is_archived_when_its_turn_comes_is_told_of(site: Site) -> None:
    """Of this the task itself tells: it was ordered before."""
    site.deliver(uploaded(site.cloud, b"film"))
    (task,) = orders(site.cloud)
    site.cloud.imm.tasks.end(task, "InvalidObjectState", f"oss://{VIDEOS}/{KEY}: it is archived")
    told = site.told()
    assert (told["code"], told["reason"]) == ("InvalidObjectState", f"oss://{VIDEOS}/{KEY}: it is archived")
    assert site.last()["status"] == "task_failed"


def test_a_symlink_that_leads_nowhere_is_a_dead_letter(site: Site) -> None:
    """Nothing is on record: without its target nobody knows what the upload is."""
    event = site.put_symlink()
    event["events"][0]["eventName"] = "ObjectCreated:PutSymlink"
    del event["events"][0]["oss"]["object"]["size"]
    with pytest.raises(
        VideosFailed, match=r"VideoNotFound: .*SymlinkTargetNotExist.*upload what it names"
    ) as caught:
        site.deliver(event)
    assert (records(site.cloud), orders(site.cloud)) == ({}, [])
    letter = {**dead(event), "responsePayload": json.dumps({"errorMessage": str(caught.value)})}
    assert imm_collector(site.cloud)(letter)["kept"] is True
    assert "the symlink leads nowhere: upload what it names" in site.told()["reason"]


def test_a_symlink_whose_target_goes_meanwhile_is_on_record(site: Site) -> None:
    site.refuses(site.put_symlink(), "VideoNotFound: .*SymlinkTargetNotExist.*upload what it names")
    assert "upload what it names" in site.told()["reason"]


def test_a_bucket_that_is_bound_to_no_project_is_told_of(site: Site) -> None:
    site.cloud.imm.projects.detach(VIDEOS)
    site.refuses(uploaded(site.cloud, b"film"), "ServiceNotActive")
    told = site.told()
    assert told["code"] == "ResourceNotFound"
    assert "bind the bucket to the project IMM_PROJECT" in told["reason"]
    assert "AttachOSSBucket" in site.last()["hint"]


def test_without_its_project_nothing_is_finished_and_a_person_is_told(site: Site) -> None:
    """It was deleted when the task was on record: whether the GIF is the task's, only the project could tell."""
    site.deliver(uploaded(site.cloud, b"film"))
    make_gif(site.cloud)
    site.cloud.imm.projects.clear()
    assert imm_collector(site.cloud)()["left"] == 1
    set_age(site.cloud, site.clock, 24.01 * 3600)
    told = site.told()
    assert told["code"] == "GivenUp"
    assert "project" in told["reason"]
    assert "bind the bucket to the project IMM_PROJECT" in told["reason"]
    assert site.last()["status"] == "submitted"
