"""PostObject: uploads from HTML forms, signed by their policy (V1 and V4)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import Content, StoredObject, check_key
from harness.oss.wire import attributes as wire
from harness.oss.wire.call import MAX_BODY, Call, Handler, answer_xml, empty
from harness.oss.wire.forms import Form, read_form
from harness.oss.wire.objects import announce
from harness.oss.wire.post_policy import PostPolicy
from harness.oss.wire.unsupported import refuse_callbacks


def post_object(call: Call) -> Response:
    form = read_form(call.request.header("Content-Type"), call.upload())
    fields = form.fields
    refuse_callbacks(fields)
    key = fields.get("key", "").replace("${filename}", form.filename)
    if not key:
        message = "Bucket POST must contain a field named 'key'. If it is specified, please check the order."
        raise OssError("InvalidArgument", message, ArgumentName="key")
    check_key(key)
    call.key = key
    smallest, largest = _admit(call, fields)
    content = _received(call, form, smallest, largest)
    try:
        names = list(fields)
        given = wire.from_headers(lambda name: _header(form, name), names, call.home)
    except BaseException:
        call.store.discard(content)
        raise
    forbid = fields.get("x-oss-forbid-overwrite", "").lower() == "true"
    change = call.store.objects.put(call.bucket, key, content, given, forbid_overwrite=forbid)
    told = announce(call, "PostObject", change.object, change.delta)
    return _answer(call, fields, change.object, wire.written_headers(call.home, change.object) | told)


def _admit(call: Call, fields: dict[str, str]) -> tuple[int, int]:
    """Checks signature, rights and policy; returns the sizes that are allowed."""
    policy = fields.get("policy", "")
    call.signer = call.signer_of_form(fields) if policy else None
    call.authorize("oss:PutObject", call.bucket, call.key)
    if not policy:
        return 0, MAX_BODY
    allowed = PostPolicy(policy)
    allowed.check(fields, call.bucket, call.place.clock())
    return allowed.min_size, allowed.max_size


def _received(call: Call, form: Form, smallest: int, largest: int) -> Content:
    def limited() -> Iterator[bytes]:
        size = 0
        for piece in form.pieces:
            size += len(piece)
            if size > largest:
                raise OssError("EntityTooLarge", MaxSizeAllowed=str(largest))
            yield piece

    content = call.store.write(limited())
    if content.size < smallest:
        call.store.discard(content)
        raise OssError("EntityTooSmall", MinSizeAllowed=str(smallest))
    return content


def _header(form: Form, name: str) -> str:
    """A form field as the header it stands for: UTF-8 bytes as latin-1 text."""
    value = form.fields.get(name.lower(), "")
    if name == "Content-Type":
        value = value or form.content_type
    return value.encode().decode("latin-1")


def _answer(call: Call, fields: dict[str, str], made: StoredObject, headers: dict[str, str]) -> Response:
    if redirect := fields.get("success_action_redirect"):
        query = urlencode({"bucket": call.bucket, "key": made.key, "etag": f'"{made.etag}"'})
        mark = "&" if "?" in redirect else "?"
        return empty({**headers, "Location": f"{redirect}{mark}{query}"}, 303)
    status = fields.get("success_action_status", "")
    if status != "201":
        return empty(headers, 200 if status == "200" else 204)
    location = f"http://{call.bucket}.oss-{call.place.region}.aliyuncs.com/{quote(made.key, safe='')}"
    elements = [("Bucket", call.bucket), ("Location", location), ("Key", made.key), ("ETag", f'"{made.etag}"')]
    return answer_xml(("PostResponse", elements), headers, 201)


HANDLERS: dict[str, Handler] = {"PostObject": post_object}
