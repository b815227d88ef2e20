"""What can arrive, as pydantic models, and which videos it names. No I/O.

Three kinds: a native OSS trigger event, CloudEvents of EventBridge (one or an array), and a person's request.
Shapes: the OSS trigger and EventBridge pages of the documentation. Keys are raw UTF-8 and are never decoded: a key
such as `a+b 100%.mp4` is that name and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from handler.errors import EventError
from handler.escaping import json_line, shortened
from handler.event_names import SKIPPED_EVENTS, SYMLINK_EVENT, is_about_an_object, why_skipped
from handler.settings import BucketName, RegionId, Settings
from handler.video import MAX_KEY_BYTES, Video
from handler.video_names import ANY_VIDEO, why_no_video

#: Characters of a name that a message or a log line repeats: more than OSS lets any object have.
MOST_SHOWN = 1200


class Skipped(NamedTuple):
    """A record that is understood and is not a video to submit. is_strange: a person should look at it."""

    uri: str
    reason: str
    is_strange: bool = False


class Rejected(NamedTuple):
    """A record that cannot be understood. where: its place in the event; uri: the object, if that can be read."""

    where: str
    error: EventError
    uri: str | None = None


class Batch(NamedTuple):
    """What one event asks for, in its order. force: submit even what was submitted before."""

    items: tuple[Video | Skipped | Rejected, ...]
    force: bool = False


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Bucket(_Model):
    name: BucketName


class _Object(_Model):
    key: Annotated[str, StringConstraints(min_length=1)]
    eTag: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,128}$")] | None = None
    size: int | None = None
    objectMeta: object = None  # not in every event, and nothing but a hint

    @property
    def content_type(self) -> str | None:
        given = self.objectMeta.get("mimeType") if isinstance(self.objectMeta, dict) else None
        return given if isinstance(given, str) and given else None


class _Oss(_Model):
    bucket: _Bucket
    object: _Object


class OssRecord(_Model):
    """One record of a native event, and the `data` of a CloudEvent."""

    eventSource: Literal["acs:oss"]
    eventName: str
    region: RegionId
    oss: _Oss


class NativeEvent(_Model):
    """Records are validated one by one, so that a bad one does not take the others with it."""

    events: list[object]


class CloudEvent(_Model):
    specversion: Literal["1.0"]
    source: Literal["acs.oss"]
    type: str
    data: object = None


class PersonRequest(_Model):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    videos: list[object]
    force: bool = False


def read_event(event: bytes | str, settings: Settings) -> Batch:
    """The videos that `event` names. Raises EventError when it is none of the known kinds."""
    try:
        raw = json.loads(event)
    except (ValueError, RecursionError) as exc:
        raise EventError(f"the event is not JSON: {exc}") from exc
    if isinstance(raw, dict) and "events" in raw:
        records = _validate(NativeEvent, raw, "event").events
        return _batch(records, "events", lambda r, where: _from_record(r, where, settings))
    if isinstance(raw, dict) and "videos" in raw:
        request = _validate(PersonRequest, raw, "event")
        return _batch(request.videos, "videos", lambda v, where: _requested(v, where, settings), request.force)
    if isinstance(raw, dict) and "specversion" in raw:
        return _batch([raw], "event", lambda e, where: _from_cloud_event(e, where, settings))
    if isinstance(raw, list):
        return _batch(raw, "event", lambda e, where: _from_cloud_event(e, where, settings))
    raise EventError(
        'the event is of no known kind: it has neither "events" (OSS trigger), "specversion" (EventBridge) '
        'nor "videos" (a person\'s request), and is not an array of CloudEvents',
        hint="see events/ for a sample of each kind",
    )


def _batch(
    entries: list[object], name: str, read: Callable[[object, str], Video | Skipped], force: bool = False
) -> Batch:
    if not entries:
        raise EventError(f"the event is empty: {name} has no entry")
    items: list[Video | Skipped | Rejected] = []
    for index, entry in enumerate(entries):
        where = f"{name}[{index}]"
        try:
            items.append(read(entry, where))
        except EventError as error:
            items.append(Rejected(where, error, _named(entry)))
    return Batch(tuple(items), force)


def _named(entry: object) -> str | None:
    """The object that an entry is about, as far as it can be read; None when it names none."""
    if isinstance(entry, str) and entry.startswith("oss://"):
        return shortened(entry, MOST_SHOWN)
    try:
        given: Any = json.loads(entry) if isinstance(entry, str) else entry
        place = given.get("data", given)["oss"]
        bucket, key = place["bucket"]["name"], place["object"]["key"]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    if not isinstance(bucket, str) or not isinstance(key, str):
        return None
    return shortened(f"oss://{bucket}/{key}", MOST_SHOWN)


def _from_record(entry: object, where: str, settings: Settings) -> Video | Skipped:
    return _classify(_validate(OssRecord, entry, where), where, settings)


def _from_cloud_event(entry: object, where: str, settings: Settings) -> Video | Skipped:
    if isinstance(entry, str):
        try:
            entry = json.loads(entry)
        except (ValueError, RecursionError) as exc:
            raise EventError(f"{where}: a text that is not JSON: {exc}") from exc
    event = _validate(CloudEvent, entry, where)
    if not is_about_an_object(event.type):
        return Skipped(where, f"{_shown(event.type)} is not about an object")
    return _classify(_validate(OssRecord, event.data, f"{where}.data"), where, settings)


def _classify(record: OssRecord, where: str, settings: Settings) -> Video | Skipped:
    bucket, thing = record.oss.bucket.name, record.oss.object
    uri = shortened(f"oss://{bucket}/{thing.key}", MOST_SHOWN)
    if reason := why_skipped(record.eventName):
        return Skipped(uri, shortened(reason, MOST_SHOWN), is_strange=record.eventName not in SKIPPED_EVENTS)
    if reason := _not_to_submit(bucket, thing.key, thing.content_type, settings):
        return Skipped(uri, reason)
    if thing.eTag is None:
        raise EventError(f"{where}.oss.object: eTag is missing")
    size = None  # of a symlink: it has none of its own
    if record.eventName != SYMLINK_EVENT:
        if (size := thing.size) is None:
            raise EventError(f"{where}.oss.object: size is missing")
        if size <= 0:
            return Skipped(uri, "the object is empty")
    _check_key(thing.key, f"{where}.oss.object.key")
    return Video(bucket, thing.key, record.region, thing.eTag.upper(), size)


def _requested(entry: object, where: str, settings: Settings) -> Video | Skipped:
    if not isinstance(entry, str) or not entry.startswith("oss://"):
        raise EventError(f"{where}: must be a text of the form oss://bucket/key, it is {_shown(entry)}")
    bucket, _, key = entry.removeprefix("oss://").partition("/")
    _validate(_Bucket, {"name": bucket}, where)
    if not key:
        raise EventError(f"{where}: names a bucket, but no object: {_shown(entry)}")
    _check_key(key, where)
    if reason := _not_to_submit(bucket, key, ANY_VIDEO, settings):
        return Skipped(entry, reason)
    return Video(bucket, key, settings.region)


def _not_to_submit(bucket: str, key: str, content_type: str | None, settings: Settings) -> str | None:
    if bucket == settings.tracking_bucket and key.startswith(settings.tracking_prefix):
        return "it is a record of ours, below TRACKING_PREFIX"
    if bucket == settings.gifs and key.startswith(settings.gif_prefix):
        return "it is a GIF of ours, below GIF_PREFIX"
    return why_no_video(key, content_type, settings)


def _check_key(key: str, where: str) -> None:
    try:
        length = len(key.encode())
    except UnicodeEncodeError as exc:
        raise EventError(f"{where}: is not valid Unicode") from exc
    if length > MAX_KEY_BYTES:
        raise EventError(f"{where}: is {length} bytes long, and OSS allows {MAX_KEY_BYTES}")
    if key.startswith(("/", "\\")):
        raise EventError(f"{where}: starts with a slash, which OSS does not allow: {_shown(key)}")
    if any(segment in (".", "..") for segment in key.split("/")):
        # Every HTTP client folds them, so no URL leads to this object.
        raise EventError(f'{where}: has a path segment "." or "..", which no URL can carry: {_shown(key)}')


_M = TypeVar("_M", bound=BaseModel)


def _validate(model: type[_M], raw: object, where: str) -> _M:
    try:
        return model.model_validate(raw)
    except ValidationError as exc:
        raise EventError("; ".join(_problems(exc.errors(include_url=False), where))) from exc


def _problems(errors: Iterable[Any], where: str) -> Iterable[str]:
    for error in errors:
        place = ".".join([where, *(str(part) for part in error["loc"])])
        given = "" if error["type"] == "missing" else f", it is {_shown(error['input'])}"
        yield f"{place}: {error['msg']}{given}"


def _shown(value: object) -> str:
    """As JSON, for that is what the sender wrote."""
    return shortened(json_line(value), MOST_SHOWN if isinstance(value, str) else 80)
