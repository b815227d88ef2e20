"""What a signed OSS request claims, whichever signature version carried it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import Message
from email.utils import parsedate_to_datetime

from harness.signatures import MAX_SKEW, SignatureError

_FIRST_SECOND = datetime.min.replace(tzinfo=timezone.utc).timestamp()
_LAST_SECOND = datetime.max.replace(tzinfo=timezone.utc, microsecond=0).timestamp()


@dataclass(frozen=True)
class Claim:
    """`sign` computes the signature that the holder of the given secret would have sent."""

    access_key_id: str
    token: str | None = field(repr=False)
    provided: str = field(repr=False)
    string_to_sign: bytes = field(repr=False)
    sign: Callable[[str], str] = field(repr=False)

    def verify(self, secret: str) -> None:
        """Raises SignatureError with the elements by which OSS helps to find the difference."""
        if hmac.compare_digest(self.sign(secret).encode(), self.provided.encode()):
            return
        raise SignatureError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            OSSAccessKeyId=self.access_key_id,
            SignatureProvided=self.provided,
            StringToSign=self.string_to_sign.decode("utf-8", "replace"),
            StringToSignBytes=" ".join(f"{byte:02X}" for byte in self.string_to_sign),
        )


def signed_pairs(headers: Message) -> Iterator[tuple[bytes, bytes]]:
    """Header names in lower case and their values, as the bytes that were sent, by name."""
    pairs = ((name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers.items())
    yield from sorted(pairs, key=lambda pair: pair[0])


def too_skewed(sent: float, now: float) -> SignatureError:
    return SignatureError(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        RequestTime=iso(sent),
        ServerTime=iso(now),
        MaxAllowedSkewMilliseconds=str(MAX_SKEW * 1000),
    )


def parse_seconds(text: str) -> int | None:
    """Whole seconds as they stand in a query, None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def parse_http_date(text: str) -> float:
    """Epoch seconds of an RFC 1123 date; raises ValueError."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, IndexError, OverflowError) as exc:
        raise ValueError("not a date") from exc
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def iso(seconds: float) -> str:
    """As in XML and events: UTC, with milliseconds that OSS always writes as 000 (oss2 reads nothing else).

    What is before or after the years that there are is their first or last second.
    """
    seconds = min(max(seconds, _FIRST_SECOND), _LAST_SECOND)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
