"""The operations of retention policies (WORM)."""

from __future__ import annotations

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.times import iso
from harness.oss.wire.xml import parse, text_of

#: days that a policy may hold: one to seventy years
_DAYS = range(1, 25_551)


def initiate_bucket_worm(call: Call) -> Response:
    made = call.store.worms.initiate(call.bucket, _days(call, "InitiateWormConfiguration"))
    return empty({"x-oss-worm-id": made.worm_id})


def complete_bucket_worm(call: Call) -> Response:
    call.store.worms.lock(call.bucket, call.params["wormId"])
    return empty()


def extend_bucket_worm(call: Call) -> Response:
    days = _days(call, "ExtendWormConfiguration")
    call.store.worms.extend(call.bucket, call.params.get("wormId", ""), days)
    return empty()


def abort_bucket_worm(call: Call) -> Response:
    call.store.worms.abort(call.bucket)
    return empty(status=204)


def get_bucket_worm(call: Call) -> Response:
    found = call.store.worms.of(call.bucket)
    if found is None:
        raise OssError("NoSuchWORMConfiguration", BucketName=call.bucket)
    return answer_xml(
        (
            "WormConfiguration",
            [
                ("WormId", found.worm_id),
                ("State", "Locked" if found.locked else "InProgress"),
                ("RetentionPeriodInDays", str(found.days)),
                ("CreationDate", iso(found.created)),
            ],
        )
    )


def _days(call: Call, root: str) -> int:
    text = text_of(parse(call.document(), root), "RetentionPeriodInDays").strip()
    if not text.isascii() or not text.isdigit() or int(text[:9]) not in _DAYS:
        raise OssError("MalformedXML", ErrorDetail=f"RetentionPeriodInDays must be 1 to {_DAYS[-1]}")
    return int(text)


HANDLERS: dict[str, Handler] = {
    "InitiateBucketWorm": initiate_bucket_worm,
    "CompleteBucketWorm": complete_bucket_worm,
    "ExtendBucketWorm": extend_bucket_worm,
    "AbortBucketWorm": abort_bucket_worm,
    "GetBucketWorm": get_bucket_worm,
}
