"""The main job once more, done by what is deployed instead of by the sources."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from deploy.package import Package
from harness.cloud import LocalCloud, local_cloud

VIDEOS, RECORDS = "my-videos", "my-gif-records"
KEY = "视频/a+b 100% #1?.mp4"
#: A runtime of our own, in an interpreter that has nothing but the package: the variables are its only help.
RUNTIME = """
import json, sys, types
sys.path.insert(0, sys.argv[1])
import index
function = types.SimpleNamespace(name="gif-on-upload", memory=256, timeout=120)
context = types.SimpleNamespace(request_id="request-1", region="cn-beijing", account_id="1", function=function)
index.initialize(context)
print(json.dumps(index.handler(sys.argv[2].encode(), context)))
"""


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(render=False) as started:
        yield started


def submitted(cloud: LocalCloud) -> list[int]:
    """The TaskIds on record."""
    keys = [entry.key for entry in cloud.oss.store.list(RECORDS, "") if "/.pending/" not in entry.key]
    lines = [json.loads(cloud.oss.store.get(RECORDS, key).splitlines()[-1]) for key in keys]
    return [line["task_id"] for line in lines if line["status"] == "submitted"]


def test_the_package_alone_submits_a_video(cloud: LocalCloud, package: Package, interpreter: str) -> None:
    cloud.oss.store.put(VIDEOS, KEY, b"a film")
    role = cloud.identities.assume_role("gif-on-upload")
    environ = {
        "APPLICATION_ID": "an-application",
        "TRACKING_BUCKET": RECORDS,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": role.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": role.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": role.token or "",
        **dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), cloud.url),
    }
    event = json.dumps({"videos": [f"oss://{VIDEOS}/{KEY}"]})
    command = [interpreter, "-I", "-S", "-B", "-c", RUNTIME, str(package.code), event]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout.splitlines()[-1])["results"]
    assert (result["video"], result["outcome"]) == (f"oss://{VIDEOS}/{KEY}", "submitted")
    assert submitted(cloud) == [result["task_id"]]
