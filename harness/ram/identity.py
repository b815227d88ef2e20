"""Who signs: the owner's access key, and STS credentials of roles.

STS credentials are derived, not stored: the token carries role and expiry under a MAC, and the secret is a MAC of
the access key id. They survive a restart of the local cloud because the key does, as real ones survive a deploy.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from serverless.local import ACCOUNT_ID as ACCOUNT_ID
from serverless.local import OWNER_KEY_ID, OWNER_KEY_SECRET


@dataclass(frozen=True)
class Credentials:
    """An access key; `token` and `role` are set on STS credentials only."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    role: str | None = None

    @property
    def is_owner(self) -> bool:
        return self.role is None


def signer_name(signer: Credentials | None) -> str:
    """How the journal names a signer: the role, else the access key id, else anonymous."""
    return "anonymous" if signer is None else signer.role or signer.access_key_id


class IdentityError(Exception):
    """`reason`: unknown_key, missing_token, malformed_token, mismatched_token, expired_token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Identities:
    """All who may sign in one local cloud. `clock` gives epoch seconds."""

    def __init__(
        self,
        owner: Credentials | None = None,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.owner = owner or Credentials(OWNER_KEY_ID, OWNER_KEY_SECRET)
        self._key = key or secrets.token_bytes(32)
        self._clock = clock
        self._expired_before = 0.0

    def assume_role(self, role: str, seconds: float = 36 * 3600) -> Credentials:
        """Fresh STS credentials of `role` (its short name), valid for `seconds`."""
        key_id = "STS.NT" + secrets.token_hex(11)
        issued = self._clock()
        claims = json.dumps([key_id, role, issued, issued + seconds]).encode()
        token = base64.b64encode(self._mac(b"token", claims) + claims).decode()
        return Credentials(key_id, self._secret(key_id), token, role)

    def resolve(self, access_key_id: str, token: str | None) -> Credentials:
        """The credentials that a request names; raises IdentityError."""
        if access_key_id == self.owner.access_key_id and token is None:
            return self.owner
        if not access_key_id.startswith("STS."):
            raise IdentityError("mismatched_token" if access_key_id == self.owner.access_key_id else "unknown_key")
        if not token:
            raise IdentityError("missing_token")
        key_id, role, issued, expires = self._claims(token)
        if key_id != access_key_id:
            raise IdentityError("mismatched_token")
        if not self._clock() < expires or issued < self._expired_before:
            raise IdentityError("expired_token")
        return Credentials(key_id, self._secret(key_id), token, role)

    def expire_all(self) -> None:
        """Every STS token issued so far is expired from now on (a fault)."""
        self._expired_before = self._clock()

    def forgive(self) -> None:
        """Tokens that only `expire_all` has expired are valid again."""
        self._expired_before = 0.0

    def _claims(self, token: str) -> tuple[str, str, float, float]:
        try:
            raw = base64.b64decode(token, validate=True)
            mac, claims = raw[:32], raw[32:]
            if not hmac.compare_digest(mac, self._mac(b"token", claims)):
                raise IdentityError("malformed_token")
            key_id, role, issued, expires = json.loads(claims)
        except ValueError as exc:
            raise IdentityError("malformed_token") from exc
        return key_id, role, issued, expires

    def _secret(self, key_id: str) -> str:
        return base64.b32encode(self._mac(b"secret", key_id.encode())).decode()[:44]

    def _mac(self, purpose: bytes, data: bytes) -> bytes:
        return hmac.new(self._key, purpose + b"\0" + data, hashlib.sha256).digest()
