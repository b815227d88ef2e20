from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from handler.errors import EventError
from handler.events import Rejected, Skipped, read_event
from handler.settings import Settings, read_settings
from handler.video import Video
from tests.project import PROJECT

EVENTS = sorted((PROJECT / "events").glob("*.json"))
NATIVE = json.loads((PROJECT / "events" / "put-object.json").read_text(encoding="utf-8"))


def sample(**changes: Any) -> bytes:
    """The native event with fields changed, named by their dotted path; None takes a field away."""
    event = copy.deepcopy(NATIVE)
    for path, value in changes.items():
        holder = event["events"][0]
        *parents, name = path.split("__")
        for parent in parents:
            holder = holder[parent]
        if value is None:
            del holder[name]
        else:
            holder[name] = value
    return json.dumps(event).encode()


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_sample_is_read_as_its_name_says(path: Path, settings: Settings) -> None:
    batch = read_event(path.read_bytes(), settings)
    if path.stem.startswith("skipped-"):
        assert all(isinstance(item, Skipped) and item.reason for item in batch.items)
    elif path.stem.startswith("bad-") and path.stem != "bad-request-missing-object":
        assert any(isinstance(item, Rejected) for item in batch.items)
    else:
        assert any(isinstance(item, Video) for item in batch.items)
        assert not any(isinstance(item, Rejected) for item in batch.items)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_key_is_never_decoded(path: Path, settings: Settings) -> None:
    raw = path.read_text(encoding="utf-8").replace('\\"', '"')
    for item in read_event(path.read_bytes(), settings).items:
        if isinstance(item, Video):
            assert f'{item.key}"' in raw


def test_a_native_record_becomes_a_video(settings: Settings) -> None:
    (video,) = read_event(sample(oss__object__eTag="abc-3"), settings).items
    assert video == Video("my-videos", "uploads/clip.mp4", "cn-beijing", "ABC-3", 5242880)
    assert isinstance(video, Video)
    assert video.uri == "oss://my-videos/uploads/clip.mp4"


def test_a_person_may_force(settings: Settings) -> None:
    batch = read_event(b'{"videos": ["oss://my-videos/a b.mp4"], "force": true}', settings)
    assert batch.force
    assert batch.items == (Video("my-videos", "a b.mp4", "cn-beijing"),)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "no known kind"),
        (b"[]", "empty"),
        (b"{}", "no known kind"),
        (b'{"events": []}', "empty"),
        (b'{"events": {}}', "event.events: Input should be a valid list"),
        (b'{"videos": []}', "empty"),
        (b'{"videos": ["oss://b-1/a.mp4"], "forced": true}', "event.forced"),
        (b'{"videos": ["oss://b-1/a.mp4"], "force": "yes"}', "event.force"),
    ],
)
def test_an_event_of_no_known_kind_is_refused(event: bytes, message: str, settings: Settings) -> None:
    with pytest.raises(EventError, match=message):
        read_event(event, settings)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (sample(oss=None), "events[0].oss: Field required"),
        (sample(oss__object__eTag=None), "events[0].oss.object: eTag is missing"),
        (sample(oss__object__size=None), "events[0].oss.object: size is missing"),
        (sample(oss__object__size="5"), "events[0].oss.object.size"),
        (sample(oss__object__key=""), "events[0].oss.object.key"),
        (sample(oss__object__key="/a.mp4"), "starts with a slash"),
        (sample(oss__object__key="a/../b.mp4"), 'a path segment "." or ".."'),
        (sample(oss__object__key="猫" * 341 + ".mp4"), "1027 bytes long, and OSS allows 1023"),
        (sample(oss__object__key="\ud800.mp4"), "events[0].oss.object.key"),
        (sample(oss__object__eTag="../../x"), "events[0].oss.object.eTag"),
        (sample(oss__bucket__name="No_Bucket"), "events[0].oss.bucket.name"),
        (sample(eventSource="aws:s3"), "events[0].eventSource"),
        (b'[{"specversion": "1.0", "source": "acs.mns", "type": "x", "data": {}}]', "event[0].source"),
        (b'["not json"]', "event[0]: a text that is not JSON"),
        (b'{"videos": ["s3://b/a.mp4"]}', "videos[0]: must be a text of the form oss://bucket/key"),
        (b'{"videos": ["oss://my-videos"]}', "videos[0]: names a bucket, but no object"),
        (b'{"videos": [5]}', "videos[0]"),
    ],
)
def test_a_bad_record_says_what_and_where(event: bytes, message: str, settings: Settings) -> None:
    (item,) = read_event(event, settings).items
    assert isinstance(item, Rejected)
    assert message in str(item.error)


KEY = "上传/" + "很长的名字" * 60 + "\n\u202egpj.mp4"


@pytest.mark.parametrize(
    "event",
    [
        sample(oss__object__key=KEY, oss__object__eTag=None),
        sample(oss__object__key=KEY, oss__object__size="5"),
        sample(oss__object__key=KEY, region=5),
        json.dumps(
            [{"specversion": "1.0", "data": {"oss": {"bucket": {"name": "my-videos"}, "object": {"key": KEY}}}}]
        ).encode(),
        json.dumps(
            [json.dumps({"data": {"oss": {"bucket": {"name": "my-videos"}, "object": {"key": KEY}}}})]
        ).encode(),
        json.dumps({"videos": [f"oss://my-videos/{KEY}" + "x" * 500]}).encode(),
    ],
)
def test_a_bad_record_is_named_whole(event: bytes, settings: Settings) -> None:
    (item,) = read_event(event, settings).items
    assert isinstance(item, Rejected)
    assert str(item.uri).startswith(f"oss://my-videos/{KEY}")


@pytest.mark.parametrize(
    "event",
    [
        b'{"events": [{"oss": {"bucket": {"name": 5}, "object": {"key": "a"}}}]}',
        b'{"events": [{"oss": []}]}',
        b'{"events": [[]]}',
        b'{"events": [null]}',
        b'["not json", "[]", "5"]',
        b'{"videos": [5, "s3://b/a.mp4"]}',
    ],
)
def test_a_bad_record_that_names_nothing_has_its_place(event: bytes, settings: Settings) -> None:
    for number, item in enumerate(read_event(event, settings).items):
        assert isinstance(item, Rejected)
        assert item.uri is None
        assert item.where.endswith(f"[{number}]")


def test_a_bad_record_does_not_take_the_others_with_it(settings: Settings) -> None:
    good = NATIVE["events"][0]
    items = read_event(json.dumps({"events": [good, 5, good]}).encode(), settings).items
    assert [type(item) for item in items] == [Video, Rejected, Video]


def test_what_we_wrote_ourselves_is_skipped(settings: Settings) -> None:
    event = sample(oss__bucket__name="my-gif-records", oss__object__key="gif-tasks/b/clip.mp4/E.jsonl.mp4")
    (item,) = read_event(event, settings).items
    assert isinstance(item, Skipped)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(
    [
        *("eventName", "eventSource", "region", "oss", "oss__bucket", "oss__bucket__name"),
        *("oss__object", "oss__object__key", "oss__object__eTag", "oss__object__size", "oss__object__objectMeta"),
    ]
)


@given(path=PATHS, value=JSON)
@hypothesis_settings(max_examples=150, deadline=None)
def test_a_broken_record_is_never_another_exception(path: str, value: Any) -> None:
    settings = read_settings(
        {"APPLICATION_ID": "a", "TRACKING_BUCKET": "my-gif-records"}, region="cn-beijing", timeout=120
    )
    (item,) = read_event(sample(**{path: value}), settings).items
    assert isinstance(item, (Video, Skipped, Rejected))


@given(event=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
@hypothesis_settings(max_examples=150, deadline=None)
def test_a_broken_event_is_never_another_exception(event: bytes) -> None:
    settings = read_settings(
        {"APPLICATION_ID": "a", "TRACKING_BUCKET": "my-gif-records"}, region="cn-beijing", timeout=120
    )
    try:
        batch = read_event(event, settings)
    except EventError:
        return
    assert not any(isinstance(item, Video) for item in batch.items)
