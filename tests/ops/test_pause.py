"""A pause holds at once, loses nothing, and ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from tests.e2e.uploads import RECORDS
from tests.ops.running import Ran
from tests.ops.telling import entry
from tests.ops.uploading import COLLECT, SUBMIT, collect, upload_all

Gifs = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _as_before(cloud: LocalCloud) -> object:
    """The functions are of the whole package's server."""
    yield
    cloud.settle()
    for function in list(cloud.fc.functions):
        assert function.environment.get("PAUSED", "") in ("", "false"), function.name


def tasks(cloud: LocalCloud) -> int:
    return len(cloud.multimediaai.tasks.list())


def test_uploads_during_a_pause_have_their_tasks_after_it(gifs: Gifs, cloud: LocalCloud) -> None:
    before = {function.name: dict(function.environment) for function in cloud.fc.functions}
    paused = gifs("pause", "--json").document
    assert paused == {"paused": True, "changed": [SUBMIT, COLLECT]}
    assert gifs("pause", "--json").document["changed"] == []
    upload_all(cloud, "a.mp4", "猫 +.mp4")
    collect(cloud)
    assert tasks(cloud) == 0
    assert len(cloud.oss.store.list(RECORDS, "gif-tasks/.pending/deferred-")) == 2
    resumed = gifs("resume")
    assert (resumed.code, "2 uploads wait" in resumed.out) == (0, True)
    after = {function.name: dict(function.environment) for function in cloud.fc.functions}
    assert {name: {key: value for key, value in values.items() if value} for name, values in after.items()} == {
        name: {key: value for key, value in values.items() if value} for name, values in before.items()
    }
    collect(cloud)
    assert tasks(cloud) == 2
    assert gifs("resume", "--json").document == {
        "paused": False,
        "changed": [],
        "waiting": 0,
        "max_tasks_per_day": None,
    }


def test_who_may_not_change_a_function_is_told_which_right_is_missing(
    gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = cloud.role_credentials(SUBMIT)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", role.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", role.access_key_secret)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", str(role.token))
    ran = gifs("pause")
    assert (ran.code, "fc:GetFunction" in ran.err) == (4, True)


def test_a_pause_and_what_waits_are_seen(gifs: Gifs, cloud: LocalCloud) -> None:
    gifs("pause")
    upload_all(cloud, "a.mp4")
    ran = gifs("status")
    assert ran.code == 0
    assert "Paused: uploads wait" in ran.out
    assert "waiting for the end of a pause, or for the next day: 1" in ran.out
    document = gifs("status", "--json").document
    assert (document["paused"], document["pending"], document["waiting"]) == (True, 1, 1)
    shown = gifs("show", "oss://my-videos/a.mp4", "--json")
    assert (shown.code, shown.document["state"]) == (0, "deferred")
    assert shown.document["pending"][0]["deferred"] is True
    gifs("resume")
    collect(cloud)
    assert gifs("status", "--json").document["paused"] is False
    # Its entry has not the name of a claim, and is found all the same.
    followed = gifs("show", "oss://my-videos/a.mp4", "--json")
    assert (followed.code, followed.document["state"]) == (0, "submitted")
    assert len(followed.document["pending"]) == 1


@pytest.mark.parametrize(("is_paused", "code"), [(True, 0), (False, 1)])
def test_who_waits_on_purpose_is_not_late(gifs: Gifs, cloud: LocalCloud, is_paused: bool, code: int) -> None:
    if is_paused:
        gifs("pause")
    entry(cloud, ".pending/", f"deferred-{'0' * 32}", at=cloud.options.clock() - 7200)
    assert gifs("status").code == code
    gifs("resume")
