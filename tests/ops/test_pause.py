"""A pause holds at once, loses nothing, and ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from tests.e2e.uploads import RECORDS
from tests.ops.running import Ran
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
