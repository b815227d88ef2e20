"""Any bytes at all, wherever bytes come in: one error of ours, or a value of the right kind, and nothing else.

Half of them are noise, and half are what is expected there with something wrong in it, which gets further.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from handler.answers import parse_answer, positive_number
from handler.callback_token import is_genuine
from handler.collect_events import read_collect_event
from handler.errors import EventError, GifTaskError, RecordUnreadable, SettingsError
from handler.gif_task import _read
from handler.pending import Entry
from handler.record import History, Line, encode, read_lines
from handler.result import content_type_of, urls_in
from handler.settings import Settings, read_settings
from handler.task_page import created_not_after
from handler.wire import Answer, BadAnswer, Limit, read_answer

from .environ import ENVIRON

pytestmark = pytest.mark.slow

FEW = hypothesis_settings(max_examples=150, deadline=None, derandomize=True, database=None)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=12), inner), max_leaves=8
)
DEEP = [b"[" * 100_000, b'{"a":' * 100_000, b"<a>" * 20_000, b"9" * 10_000, b'{"TaskId":' + b"9" * 5000 + b"}"]
STAMP = {"at": "t", "claim": "c", "request_id": "r"}
CLAIMED = {"status": "claimed", **STAMP, "lease_seconds": 45.0, "lease_until": "t"}
SUBMITTED = {"status": "submitted", **STAMP, "task_id": 1}
ANSWER = {"Code": "OK", "RequestId": "r", "TaskId": 7}
NAMES_THAT_BREAK_OUT = ["../../etc/passwd", "a\nb.mp4", "\x1b[31m.mp4", "%2e%2e/x.mp4", '"},{"status":"x"}']
LETTER = {"requestContext": {"requestId": "r", "condition": "c"}, "requestPayload": "{}", "responsePayload": "{}"}
CALLBACK = {"version": "v1", "rawPath": "/", "queryParameters": {"claim": "0" * 32, "token": "t"}}


def spoiled(whole: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """One field of it has another value, or the text is cut or has a byte that is wrong."""
    text = json.dumps(whole).encode()
    other = st.tuples(st.sampled_from(sorted(whole)), JSON).map(lambda pair: {**whole, pair[0]: pair[1]})
    cut = st.integers(0, len(text)).map(lambda length: text[:length])
    wrong = st.tuples(st.integers(0, len(text) - 1), st.binary(min_size=1, max_size=3)).map(
        lambda pair: text[: pair[0]] + pair[1] + text[pair[0] + 1 :]
    )
    return other.map(lambda value: json.dumps(value).encode()) | cut | wrong


NOISE = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()) | st.sampled_from(DEEP)


@given(first=spoiled(CLAIMED) | NOISE, second=spoiled(SUBMITTED) | NOISE)
@FEW
def test_a_record_is_read_or_said_to_be_unreadable(first: bytes, second: bytes) -> None:
    """What is read can be asked everything: a forged line of the right form decides, but never crashes."""
    lines: tuple[Line, ...] = ()
    said = ""
    try:
        lines = read_lines(first + b"\n" + second, "oss://bucket/record")
    except RecordUnreadable as error:
        said = str(error)
    assert bool(lines) != said.startswith("oss://bucket/record: line ")
    history = History(lines, length=1, age=5.0, read_at=10.0)
    assert history.seconds_held >= 0
    assert history.settled_at <= 10.0
    assert isinstance(history.unresolved, tuple)
    assert history.answers("r") in (True, False)
    for line in lines:
        assert history.has(line)
    assert history.outcome is None or history.submitted is not None


@given(event=spoiled(LETTER) | spoiled(CALLBACK) | NOISE)
@FEW
def test_what_reaches_the_collector_is_read_or_refused(event: bytes) -> None:
    with contextlib.suppress(EventError):
        found = read_collect_event(event)
        assert isinstance(getattr(found, "reason", ""), str)


@given(claim=st.text(max_size=40), token=st.text(max_size=80))
@FEW
def test_no_token_is_genuine_by_chance(claim: str, token: str) -> None:
    assert not is_genuine("a secret of sixteen", claim, token)


@given(body=spoiled(ANSWER) | NOISE, status=st.sampled_from([200, 400, 503]))
@FEW
def test_an_answer_is_a_task_or_an_error_of_the_service(body: bytes, status: int) -> None:
    answer = Answer(status, "", CaseInsensitiveDict({"x-acs-retry-after": "soon"}), body, True)
    with contextlib.suppress(GifTaskError):
        fields, request_id = _read(answer, "CreateGifTask")
        assert status == 200
        assert isinstance(request_id, str)
        task_id = positive_number(fields.get("TaskId"))
        assert task_id is None or task_id > 0


@given(body=NOISE | st.text(max_size=80).map(lambda text: f"<a>{text}</a>".encode()))
@FEW
def test_an_answer_that_cannot_be_read_says_so_in_one_way(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_answer(body), dict)


@given(head=st.binary(max_size=12), text=st.binary(max_size=300))
@FEW
def test_a_result_is_an_image_or_a_text_with_urls(head: bytes, text: bytes) -> None:
    assert content_type_of(head) in ("image/gif", "image/webp", None)
    for url in urls_in(text + b" https://example.com/a.gif?b=1 "):
        assert url.lower().startswith(("http://", "https://"))
        assert not set(url) & set(" \r\n\t\"'<>\0")


@given(value=JSON)
@FEW
def test_a_time_that_says_nothing_is_none(value: object) -> None:
    moment = created_not_after(value)
    assert moment is None or moment.tzinfo is not None


@given(name=st.sampled_from(sorted(Settings.model_fields)), value=st.text(max_size=60))
@FEW
def test_a_setting_is_taken_or_named(name: str, value: str) -> None:
    environ = {**ENVIRON, name.upper(): value}
    said = name.upper()
    try:
        read_settings(environ, region="cn-beijing", timeout=120)
    except SettingsError as error:
        said = str(error)
    assert any(named in said for named in (name.upper(), "CLAIM_LEASE_SECONDS", "COLLECT_"))


@given(content=NOISE)
@FEW
def test_an_entry_is_an_entry_or_is_refused_by_its_model(content: bytes) -> None:
    with contextlib.suppress(ValueError):  # which pydantic's own error is; pending.py makes it ours
        assert Entry.model_validate_json(content).upload.bucket is not None


@given(sent=NOISE | st.binary(max_size=120).map(lambda rest: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" + rest))
@FEW
def test_bytes_off_a_socket_are_an_answer_or_a_bad_one(sent: bytes) -> None:
    ours, theirs = socket.socketpair()

    def send() -> None:
        with contextlib.suppress(OSError), theirs:
            theirs.sendall(sent)

    sender = threading.Thread(target=send)
    sender.start()
    with contextlib.suppress(BadAnswer, OSError), ours:
        answer = read_answer(ours, "GET", Limit(5))
        assert 200 <= answer.status_code <= 599
    sender.join(10)


@pytest.mark.parametrize("key", NAMES_THAT_BREAK_OUT)
def test_a_name_cannot_leave_its_line(key: str) -> None:
    """Of the record: what it says stays one line, and is read as what it was."""
    line: Any = {**CLAIMED, "video": f"oss://bucket/{key}"}
    raw = encode(line)
    assert raw.count(b"\n") == 1
    assert b"\x1b" not in raw
    assert read_lines(raw, "here")[0]["video"] == f"oss://bucket/{key}"  # type: ignore[typeddict-item]
