from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from handler.credentials import CurrentCredentials, read_credentials
from handler.errors import CredentialsError

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.environment",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "token",
}


def context(**credentials: str) -> Any:
    return SimpleNamespace(request_id="r", credentials=SimpleNamespace(**credentials))


def test_the_context_comes_first() -> None:
    held = context(access_key_id="STS.context", access_key_secret="s", security_token="t")
    assert read_credentials(held, ENVIRON).access_key_id == "STS.context"


@pytest.mark.parametrize(
    "held", [None, SimpleNamespace(), context(access_key_id=""), SimpleNamespace(credentials=None)]
)
def test_then_the_environment(held: Any) -> None:
    assert read_credentials(held, ENVIRON).security_token == "token"


def test_without_any_the_message_says_what_to_do() -> None:
    with pytest.raises(CredentialsError, match="give the function a role"):
        read_credentials(None, {})


def test_they_are_read_again_for_every_invocation() -> None:
    current = CurrentCredentials()
    with pytest.raises(CredentialsError):
        current()
    current.set(read_credentials(None, ENVIRON))
    current.set(read_credentials(None, {**ENVIRON, "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.rotated"}))
    assert current().access_key_id == "STS.rotated"
