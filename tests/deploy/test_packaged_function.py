"""The main job once more, done by what is deployed instead of by the sources."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from harness.cloud import LocalCloud, local_cloud
from harness.package import Package

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
def cloud(package: Package, tmp_path: Path) -> Iterator[LocalCloud]:
    """A local cloud whose function is the package, unpacked as Function Compute does it."""
    with zipfile.ZipFile(package.archive) as archive:
        archive.extractall(tmp_path)
    with local_cloud(code=tmp_path, render=False) as started:
        yield started


def submitted(cloud: LocalCloud) -> list[int]:
    """The TaskIds on record."""
    keys = [entry.key for entry in cloud.oss.store.list(RECORDS, "")]
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


def test_an_upload_starts_the_packaged_function(cloud: LocalCloud, package: Package) -> None:
    if package.python_version != f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"the local cloud runs functions in this Python; the package is for {package.python_version}")
    keys = cloud.identities.owner
    bucket = oss2.Bucket(oss2.Auth(keys.access_key_id, keys.access_key_secret), cloud.url, VIDEOS)
    bucket.put_object(KEY, b"a film")
    assert cloud.fc.drain(30)
    assert submitted(cloud) == [task.task_id for task in cloud.multimediaai.tasks.list()]
    assert len(submitted(cloud)) == 1
