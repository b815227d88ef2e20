"""What a search finds among lines, by the index of their logstore."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.fc.sls import Line, SlsError, read_index
from harness.fc.sls.query.search import Log, compile_search
from harness.fc.sls.query.syntax import parse, split
from tests.harness.fc.sls.asking import INDEX, TEXT

PLAIN = "FC Invoke Start RequestId: 1-abc"
GOOD = {"level": "INFO", "video": "oss://my-videos/a b.mp4", "task_id": 9_007_199_254_740_993, "seconds": 1.5}
BAD = {
    "level": "ERROR",
    "retryable": False,
    "detail": "Denied by the POLICY",
    "a": {"b": 7},
    "other": 5,
    "no": "",
}
LINES = {"plain": PLAIN, "good": json.dumps(GOOD), "bad": json.dumps(BAD)}


def found(search: str, index: Any = INDEX) -> set[str]:
    matches = compile_search(parse(search), read_index(index))
    lines = {
        name: Line(0, {"message": text, "functionName": "my-function"}, "topic") for name, text in LINES.items()
    }
    return {name for name, line in lines.items() if matches(Log(line))}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", {"plain", "good", "bad"}),
        ("*", {"plain", "good", "bad"}),
        # words and their ways together
        ("invoke", {"plain"}),
        ("start INVOKE", {"plain"}),
        ("invoke and info", set()),
        ("invoke or info", {"plain", "good"}),
        ("not invoke", {"good", "bad"}),
        ("my-function not invoke", {"good", "bad"}),
        ("my-function and not (invoke or error)", {"good"}),
        ("invoke or error and policy", {"plain", "bad"}),
        ("(invoke or error) and policy", {"bad"}),
        ("inv*", {"plain"}),
        ("?nvoke or inv?ke", None),
        ("inv?ke", {"plain"}),
        ('"inv?ke"', set()),
        ('"and"', set()),
        # quotes: words in any order; a phrase: in one piece
        ('"start invoke"', {"plain"}),
        ('#"Invoke Start"', {"plain"}),
        ('#"Start Invoke"', set()),
        ('#"invoke star"', set()),
        # fields
        ("message.level: ERROR", {"bad"}),
        ("message.level: error", {"bad"}),
        ("message.level: E*", {"bad"}),
        ("message.level: *", {"good", "bad"}),
        ("not message.level: *", {"plain"}),
        ("message.retryable: false", {"bad"}),
        ('message.video: "oss://my-videos/a b.mp4"', {"good"}),
        ("message.video: my-videos", {"good"}),
        ("message.video: my", set()),
        ("message.detail: policy", {"bad"}),  # not named in the index: by index_all
        ("message.other: 5", set()),  # index_all is for texts
        ('message.no: ""', {"bad"}),
        ("functionName: my-function", {"plain", "good", "bad"}),
        ("__topic__: topic", {"plain", "good", "bad"}),
        # numbers
        ("message.task_id: 9007199254740993", {"good"}),
        ("message.task_id: 9007199254740992", set()),
        ("message.task_id = 9007199254740993", {"good"}),
        ("message.task_id > 9007199254740992", {"good"}),
        ("message.task_id >= 9007199254740994", set()),
        ("message.task_id > 0", {"good"}),
        ("message.seconds < 1.6 and message.seconds > 1.4", {"good"}),
        ("message.seconds in [1.5 2]", {"good"}),
        ("message.seconds in (1.5 2]", set()),
        ("message.a.b: 7", {"bad"}),
        ("message.a.b <= -1", set()),
    ],
)
def test_what_is_found(search: str, names: set[str] | None) -> None:
    if names is None:
        with pytest.raises(SlsError, match="cannot begin with"):
            found(search)
    else:
        assert found(search) == names


@pytest.mark.parametrize(
    ("search", "says"),
    [
        ("nothing: x", r"key \(nothing\) is not config as key value config"),
        ("message.level > 5", "only long and double can be compared"),
        ("message.task_id: many", "not a number"),
        ("message.task_id > many", "a number must stand here"),
        ("message.video: oss://my-videos", "character 19"),
        ("message.level:", "needs a word"),
        ("a and", "syntax error at the end"),
        ("or a", "syntax error at 'or'"),
        ("(a", "syntax error at the end"),
        ("a)", r"syntax error at '\)'"),
        ("'a'", "double quotes"),
        ('"a', "a quote must be closed"),
        ("a, b", "syntax error at ','"),
        ("message.level: (a or b)", "needs a word"),
        ("message.task_id in [1 5", "syntax error"),
        ("message.task_id in 5", "needs a range"),
        ("message.level: *x", "cannot begin with"),
        ('"::"', "nothing but separators"),
        ("(" * 60 + "a" + ")" * 60, "nested too deeply"),
        ("not " * 5000 + "a", "nested too deeply"),
    ],
)
def test_what_cannot_be_understood_is_refused(search: str, says: str) -> None:
    with pytest.raises(SlsError, match=says) as caught:
        found(search)
    assert (caught.value.code, caught.value.status) == ("ParameterInvalid", 400)


def test_without_an_index_of_the_line_a_field_must_be_named() -> None:
    index = {"keys": {"functionName": TEXT}}
    assert found("functionName: my-function", index) == set(LINES)
    assert found("*", index) == set(LINES)
    with pytest.raises(SlsError, match="full text index is not configured"):
        found("invoke", index)


def test_what_an_index_of_the_line_leaves_out() -> None:
    line = INDEX["line"]
    assert found("my-function", {"line": {**line, "exclude_keys": ["functionName"]}}) == set()
    assert found("invoke", {"line": {**line, "include_keys": ["functionName"]}}) == set()
    assert found("my-function", {"line": {**line, "include_keys": ["functionName"]}}) == set(LINES)
    assert found("INVOKE", {"line": {**line, "caseSensitive": True}}) == set()


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("a", ("a", "")),
        ("a | select 1", ("a", "select 1")),
        ("| select 1", ("", "select 1")),
        ('"a | b" | select \'|\' || "c"', ('"a | b"', "select '|' || \"c\"")),
    ],
)
def test_a_query_has_two_parts(query: str, parts: tuple[str, str]) -> None:
    assert split(query) == parts


def test_more_parts_are_another_language() -> None:
    with pytest.raises(SlsError, match=r"one \| in a query"):
        split("* | where a = 1 | project b")


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ({}, "must have line or keys"),
        ({"keys": {"a": {"type": "date"}}}, "keys.a.type must be one of"),
        ({"keys": {"a": {"type": "text"}}}, "keys.a.token must be a list"),
        ({"keys": {"a": {**TEXT, "alias": "b"}}}, "keys.a.alias is not implemented"),
        ({"keys": {"a": {**TEXT, "doc_value": "yes"}}}, "keys.a.doc_value must be true or false"),
        ({"keys": {"a": {**TEXT, "type": "json", "json_keys": {"b": {"type": "json"}}}}}, "a.json_keys.b.type"),
        ({"line": {"token": ["ab"]}}, "line.token must be a list of single"),
        ({"line": {**INDEX["line"], "include_keys": ["a"], "exclude_keys": ["b"]}}, "not have both"),
        ({**INDEX, "max_text_len": 5}, "max_text_len must be"),
    ],
)
def test_an_index_that_is_none(index: Any, says: str) -> None:
    with pytest.raises(SlsError, match=says):
        read_index(index)


def test_chinese_falls_into_characters() -> None:
    index = read_index({"line": {**INDEX["line"], "chn": True}})
    log = Log(Line(0, {"message": "视频 a.mp4 没有找到"}))
    assert [compile_search(parse(word), index)(log) for word in ("找到", '#"没有"', '#"有没"', "a.mp4")] == [
        True,
        True,
        False,
        True,
    ]
