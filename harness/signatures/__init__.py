"""Verification of the request signatures that Alibaba Cloud's clients send, one scheme per file.

Written from the published algorithms, never from the handler's signer, so that the two check each other.
"""

from __future__ import annotations

#: seconds that a request's time may differ from the service's, in every scheme
MAX_SKEW = 15 * 60


class SignatureError(Exception):
    """A request whose signature is refused. `code` is the service's error code, `status` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 403, **fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        #: further elements of the error answer (OSS: StringToSign, SignatureProvided, …)
        self.fields = fields
