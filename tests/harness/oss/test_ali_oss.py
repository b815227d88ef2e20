"""ali-oss, the JavaScript client that Serverless Devs uploads code with. Needs node and npm's registry once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.ram.identity import ACCOUNT_ID
from tests.harness.oss.local import AWKWARD_KEY, TEMP_BUCKET, LocalOss
from tests.npm import ALI_OSS, Unavailable, install

pytestmark = pytest.mark.slow

SCRIPT = """
const OSS = require('ali-oss');
const dns = require('dns');
const http = require('http');
const {options, run} = JSON.parse(process.argv[1]);
// <bucket>.localhost is loopback, which not every resolver knows.
const agent = new http.Agent({lookup: (name, how, done) =>
  done(null, how.all ? [{address: '127.0.0.1', family: 4}] : '127.0.0.1', 4)});
const client = new OSS({...options, agent, retryMax: 0});
(async () => {
  const out = [];
  for (const [name, ...args] of run) {
    try {
      const result = await client[name](...args.map(a => a && a.bytes ? Buffer.from(a.bytes) : a));
      out.push({status: result.res && result.res.status, url: typeof result === 'string' ? result : undefined,
        content: result.content && result.content.toString(), names: (result.objects || []).map(o => o.name),
        next: result.nextAppendPosition});
    } catch (error) {
      out.push({code: error.code, status: error.status});
    }
  }
  console.log(JSON.stringify(out));
})();
"""


@pytest.fixture(scope="module")
def modules(pytestconfig: pytest.Config) -> Path:
    """A folder with ali-oss in node_modules."""
    assert pytestconfig.cache is not None
    try:
        return install(ALI_OSS, pytestconfig.cache.mkdir("npm"))
    except Unavailable as exc:
        pytest.skip(str(exc))


def run(modules: Path, oss: LocalOss, endpoint: str, *calls: list[Any], **options: Any) -> list[dict[str, Any]]:
    """Calls the client's methods in turn and returns what each gave."""
    given: dict[str, Any] = {
        "accessKeyId": oss.owner.access_key_id,
        "accessKeySecret": oss.owner.access_key_secret,
        "endpoint": f"http://{endpoint}:{oss.server.port}",
        "bucket": "videos",
        "region": "oss-cn-beijing",
        **options,
    }
    given = {name: value for name, value in given.items() if value is not None}
    argument = json.dumps({"options": given, "run": calls})
    done = subprocess.run(
        ["node", "-e", SCRIPT, argument], cwd=modules, capture_output=True, timeout=30, check=True
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def text(data: str) -> dict[str, list[int]]:
    return {"bytes": list(data.encode())}


@pytest.mark.parametrize("v4", [False, True])
def test_virtual_hosted_style(oss: LocalOss, modules: Path, v4: bool) -> None:
    put, got, listed, first, again, missing, gone = run(
        modules,
        oss,
        "localhost",
        ["put", AWKWARD_KEY, text("moving")],
        ["get", AWKWARD_KEY],
        ["listV2", {"prefix": "视频/"}],
        ["append", "log", text("one\n")],
        ["append", "log", text("two\n"), {"position": "0"}],
        ["get", "nothing"],
        ["deleteMulti", [AWKWARD_KEY]],
        authorizationV4=v4,
    )
    assert put["status"] == 200
    assert got["content"] == "moving"
    assert listed["names"] == [AWKWARD_KEY]
    assert first["next"] == "4"
    assert again == {"code": "PositionNotEqualToLength", "status": 409}
    assert missing == {"code": "NoSuchKey", "status": 404}
    assert gone["status"] == 200
    assert [found.key for found in oss.store.list("videos")] == ["log"]


def test_wrong_keys_and_tokens(oss: LocalOss, modules: Path) -> None:
    (refused,) = run(modules, oss, "localhost", ["get", "k"], accessKeySecret="wrong")
    assert refused == {"code": "SignatureDoesNotMatch", "status": 403}
    role = oss.identities.assume_role("deployer")
    oss.identities.expire_all()
    (expired,) = run(
        modules,
        oss,
        "localhost",
        ["get", "k"],
        accessKeyId=role.access_key_id,
        accessKeySecret=role.access_key_secret,
        stsToken=role.token,
    )
    assert expired == {"code": "SecurityTokenExpired", "status": 403}


@pytest.mark.parametrize("region", [None, "oss-cn-beijing", "oss-ap-southeast-1"])
def test_code_as_serverless_devs_uploads_it(oss: LocalOss, modules: Path, region: str | None) -> None:
    """To an IP address it names the bucket in Host only; without a region of its own, in Hangzhou."""
    role = oss.identities.assume_role("deployer")
    oss.rights.let("deployer", {"Effect": "Allow", "Action": "oss:PutObject", "Resource": "*"})
    key = f"{ACCOUNT_ID}/code-123.zip"
    (put,) = run(
        modules,
        oss,
        "127.0.0.1",
        ["put", key, text("PK")],
        bucket=TEMP_BUCKET,
        region=region,
        timeout="600000",
        accessKeyId=role.access_key_id,
        accessKeySecret=role.access_key_secret,
        stsToken=role.token,
    )
    assert put["status"] == 200
    assert oss.store.get(TEMP_BUCKET, key) == b"PK"


def test_multipart_and_presigned(oss: LocalOss, modules: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 2000)
    upload, presigned = run(
        modules,
        oss,
        "localhost",
        ["multipartUpload", AWKWARD_KEY, str(source), {"partSize": 200 * 1024}],
        ["signatureUrl", AWKWARD_KEY, {"expires": 60}],
    )
    assert upload["status"] == 200
    host = f"videos.localhost:{oss.server.port}"
    url = presigned["url"].replace("videos.localhost", "127.0.0.1")
    assert requests.get(url, headers={"Host": host}, timeout=10).content == source.read_bytes()
