"""No secret, token or signature in any log line, record, error or answer, whatever goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from handler.errors import GifOnUploadError, RequestRejected
from harness.cloud import LocalCloud, local_cloud
from harness.ram.identity import IdentityError
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, upload

FAULTS = [
    "multimediaai:CreateGifTask:error=400/SignatureDoesNotMatch",
    "multimediaai:CreateGifTask:error=400/InvalidParameter",
    "multimediaai:CreateGifTask:reset_after",
    "multimediaai:CreateGifTask:truncate=20",
    "multimediaai:*:throttle",
    "oss:AppendObject:error=403/SignatureDoesNotMatch",
    "oss:AppendObject:reset",
    "oss:*:expire",
    "multimediaai:*:expire",
]
_SIGNED = re.compile(
    r"x-oss-signature=|[?&]Signature=|Signature=[0-9a-f]{16}|security-token[=:]\s*\S{20}", re.IGNORECASE
)
_LONG = re.compile(r"[A-Za-z0-9+/=]{60,}")


def assert_nothing_secret(text: str, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in text
    assert not _SIGNED.search(text)


def assert_no_token(cloud: LocalCloud, text: str) -> None:
    """No text in it is a security token that this cloud has issued."""
    for candidate in _LONG.findall(text):
        with pytest.raises(IdentityError, match="malformed_token"):
            cloud.identities.resolve("STS.somebody", candidate)


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_nothing_secret_leaves_the_handler(
    cloud: LocalCloud, make_handler: Callable[..., Handler], fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if fault:
        cloud.faults.add(fault)
    handler = make_handler(CLAIM_LEASE_SECONDS="1.5", timeout=6)
    said = ""
    for event in (event_for("clip.mp4"), {"videos": [f"oss://{VIDEOS}/no.mp4"]}):
        try:
            said += json.dumps(handler(event))
        except GifOnUploadError as error:
            # The cause is what a log that prints whole tracebacks would show: it has its own words.
            said += f"{error} {error!r} {error.args}"
    out, err = capfd.readouterr()
    kept = "".join(cloud.oss.store.get(RECORDS, entry.key).decode() for entry in cloud.oss.store.list(RECORDS))
    journal = " ".join(str(dict(entry.fields)) for entry in cloud.journal.entries())
    assert out
    role = handler.role
    for text in (said, out, err, kept, journal):
        assert_nothing_secret(
            text, role.access_key_secret, str(role.token), cloud.identities.owner.access_key_secret
        )


def test_the_handler_knows_what_is_secret_here(make_handler: Callable[..., Handler]) -> None:
    """However a service may put it: the secrets of the invocation and of CALLBACK_URL are known by value."""
    handler = make_handler(CALLBACK_URL="https://callback.example/done?key=s3cret-of-the-team")
    handler(event_for("clip.mp4"))
    token = str(handler.role.token)
    said = str(RequestRejected(f"SecurityToken {quote(quote(token))} invalid, nor is s3cret-of-the-team"))
    assert said == "SecurityToken [removed] invalid, nor is [removed]"
    assert_nothing_secret(
        str(RequestRejected(f"it was {handler.role.access_key_secret}")), handler.role.access_key_secret
    )


def test_nothing_secret_leaves_the_function() -> None:
    with local_cloud(retry_delay=lambda _: 0.05, function_environment={"CLAIM_LEASE_SECONDS": "1.5"}) as cloud:
        cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
        cloud.faults.add("oss:AppendObject:error=403/SignatureDoesNotMatch:nth=4")
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        for task in cloud.multimediaai.tasks.list():
            cloud.multimediaai.tasks.wait(task.task_id, 20)
        texts = [str(dict(entry.fields)) for entry in cloud.journal.entries()]
        texts += [f"{record}" for record in cloud.fc.invocations]
        texts += [cloud.oss.store.get(RECORDS, entry.key).decode() for entry in cloud.oss.store.list(RECORDS)]
        assert len(texts) > 10
        for text in texts:
            assert_nothing_secret(text, cloud.identities.owner.access_key_secret)
            assert_no_token(cloud, text)
