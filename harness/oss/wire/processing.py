"""AsyncProcessObject: what Intelligent Media Management (IMM) makes of an object. Here the GIF of a video.

Sources: OSS's pages on video to animated image, sys/saveas, permissions and error responses of data processing. A
refusal by IMM comes as the code "Imm Client", with IMM's own code first in the message.
Unsure, since no page says it: the HTTP status of such a refusal (IMM's own is taken); that a source and a target
bucket that do not exist are refused at once, and unknown parameters too; that names may have Base64's padding,
which some of the SDKs' samples send; in which order all of it is checked.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.http.server import Response
from harness.multimediaai.media.wanted import SCALES, Wanted
from harness.multimediaai.openapi.errors import ApiError
from harness.oss.errors import OssError
from harness.oss.state.model import check_bucket_name, check_key
from harness.oss.wire.call import Call, Handler
from harness.oss.wire.objects import require_readable

_FIELD = "x-oss-async-process"
_VARIABLE = re.compile(r"\{[^{}]*\}")
_BASE64 = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def async_process_object(call: Call) -> Response:
    media = call.media
    if media is None:
        raise OssError("NotImplemented", f"{_FIELD} is not implemented by this local OSS.")
    call.authorize("oss:ProcessImm", call.bucket, call.key)
    call.authorize("oss:GetObject", call.bucket, call.key)
    wanted, (bucket, key) = _read(call.document(), call.bucket)
    require_readable(call.store.objects.follow(call.store.objects.find(call.bucket, call.key)))
    call.store.bucket(bucket)
    call.authorize("oss:PutObject", bucket, key)
    try:
        project = media.project_of(call.bucket)
        call.access.allow_convert(call, project)
        accepted = media.animate(project, (call.bucket, call.key), (bucket, key), wanted)
    except ApiError as exc:
        raise by_imm(exc) from exc
    return Response(200, {"Content-Type": "application/json"}, json.dumps(accepted).encode())


def by_imm(error: ApiError) -> OssError:
    """IMM's refusal as OSS hands it on."""
    return OssError("Imm Client", f"{error.code}, {error.message}", error.status)


def _read(document: bytes, source_bucket: str) -> tuple[Wanted, tuple[str, str]]:
    """What the body asks for, and (bucket, key) of where it is to be stored. Raises OssError."""
    field, _, text = document.decode("utf-8", "replace").strip().partition("=")
    if field != _FIELD or not text:
        raise OssError("InvalidArgument", f"The body must be {_FIELD}=…", ArgumentName=_FIELD)
    process, _, then = text.partition("|")
    action, *options = process.split(",")
    if action != "video/animation":
        message = f"Only video/animation is implemented by this local OSS, not {action[:60]}."
        raise OssError("NotImplemented", message, ArgumentName=_FIELD)
    wanted = _wanted(_options(options))
    system, _, notify = then.partition("/notify")
    if notify:
        raise OssError("NotImplemented", "There are no topics in this local cloud: leave /notify out.")
    saving, *places = system.split(",")
    if saving != "sys/saveas":
        raise _invalid("sys/saveas is required: the result of an asynchronous task must have a name")
    return wanted, _target(_options(places), source_bucket)


def _options(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("_") for text in texts]
    if wrong := [text for text, (_, _, value) in zip(texts, pairs, strict=True) if not value]:
        raise _invalid(f"{wrong[0][:60]!r} is not of the form name_value")
    return {name: value for name, _, value in pairs}


def _wanted(options: Mapping[str, str]) -> Wanted:
    readers: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
        "ss": ("start", _whole(0)),
        "num": ("frames", _whole(1)),
        "inter": ("interval", _whole(1)),
        "fps": ("rate", _rate),
        "w": ("width", _whole(32, 4096)),
        "h": ("height", _whole(32, 4096)),
        "scaletype": ("scale", _scale),
    }
    given = dict(options)
    form = given.pop("f", "")
    if form == "webp":
        raise OssError("NotImplemented", "This local OSS makes GIFs only: ask for f_gif.")
    if form != "gif":
        raise _invalid("f must be gif or webp")
    if unknown := sorted(given.keys() - readers.keys()):
        raise _invalid(f"the parameter {unknown[0][:60]!r} is unknown")
    return Wanted(**{readers[name][0]: readers[name][1](name, text) for name, text in given.items()})


def _target(places: Mapping[str, str], source_bucket: str) -> tuple[str, str]:
    if unknown := sorted(places.keys() - {"b", "o"}):
        raise _invalid(f"the parameter {unknown[0][:60]!r} of sys/saveas is unknown")
    if "o" not in places:
        raise _invalid("sys/saveas needs the name of the object: o_<its URL-safe Base64>")
    bucket = _decoded("b", places["b"]) if "b" in places else source_bucket
    key = _decoded("o", places["o"])
    check_bucket_name(bucket)
    check_key(key)
    return bucket, key


def _decoded(name: str, text: str) -> str:
    """A name in URL-safe Base64. Raises OssError, also for variables, which OSS would replace."""
    try:
        if not _BASE64.fullmatch(text):
            raise ValueError(text)
        plain = text.rstrip("=")
        decoded = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except ValueError as exc:
        raise _invalid(f"{name} of sys/saveas is not URL-safe Base64 of UTF-8") from exc
    if found := _VARIABLE.search(decoded):
        message = f"Variables are not implemented by this local OSS, and {found[0][:60]} would be one."
        raise OssError("NotImplemented", message, ArgumentName=name)
    return decoded


def _whole(least: int, most: int = (1 << 31) - 1) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise _invalid(f"{name} must be a whole number from {least} to {most}")
        return int(text)

    return read


def _rate(name: str, text: str) -> float | None:
    """0 is as good as none: the default."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", text) or not 0 <= float(text) <= 240:
        raise _invalid(f"{name} must be a number from 0 to 240")
    return float(text) or None


def _scale(name: str, text: str) -> str:
    if text not in SCALES:
        raise _invalid(f"{name} must be one of {', '.join(SCALES)}")
    return text


def _invalid(why: str) -> OssError:
    return by_imm(ApiError("InvalidArgument", 400, why))


HANDLERS: dict[str, Handler] = {"AsyncProcessObject": async_process_object}
