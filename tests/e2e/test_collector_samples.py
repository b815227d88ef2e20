"""Every sample in events/collector/, by the collector as it is deployed, in its process and with its role."""

from __future__ import annotations

import json

from harness.cloud import local_cloud
from tests.e2e.uploads import RECORDS
from tests.project import PROJECT

SAMPLES = sorted((PROJECT / "events" / "collector").glob("*.json"))


def test_every_sample_ends_as_its_name_says() -> None:
    with local_cloud(render=False) as cloud:
        answers = {}
        for sample in SAMPLES:
            result = cloud.fc.invoke("gif-on-upload-collect", sample.read_bytes())
            assert not result.error_type, (sample, result)
            answers[sample.stem] = json.loads(result.body)
        assert answers["callback-with-a-wrong-token"]["statusCode"] == 403
        assert answers["timer"] == answers["person"]
        kept = [entry.key for entry in cloud.oss.store.list(RECORDS, "gif-tasks/")]
        assert kept == ["gif-tasks/.failed/1-69b1023c-0-2.json"]  # the dead letter, of a video not on record
        assert cloud.journal.entries("denied") == []
