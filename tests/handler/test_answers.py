from __future__ import annotations

import pytest

from handler.answers import parse_answer

JSON = b'{\n\t"RequestId":"7CAB5D5A-575C-4E3D-A659-D1C9F6ABB012",\n\t"TaskId":400010,\n\t"Code":"OK"\n}'
XML = b"""<CreateGifTaskResponse>
      <RequestId>7CAB5D5A-575C-4E3D-A659-D1C9F6ABB012</RequestId>
      <TaskId>400010</TaskId>
      <Code>OK</Code>
</CreateGifTaskResponse>"""


def test_both_documented_answers_mean_the_same() -> None:
    from_json, from_xml = parse_answer(JSON), parse_answer(XML)
    assert from_json.pop("TaskId") == 400010
    assert from_xml.pop("TaskId") == "400010"
    assert from_json == from_xml == {"RequestId": "7CAB5D5A-575C-4E3D-A659-D1C9F6ABB012", "Code": "OK"}


def test_a_long_of_any_size_survives() -> None:
    assert parse_answer(b'{"TaskId": 9223372036854775807}')["TaskId"] == 9223372036854775807


def test_repeated_elements_are_a_list() -> None:
    answer = parse_answer(b"<R><Tasks><TaskId>1</TaskId></Tasks><Tasks><TaskId>2</TaskId></Tasks></R>")
    assert answer["Tasks"] == [{"TaskId": "1"}, {"TaskId": "2"}]


@pytest.mark.parametrize(
    "body",
    [
        "\ufeff<R><TaskId>1</TaskId></R>".encode(),
        "<?xml version='1.0' encoding='UTF-16'?><R><TaskId>1</TaskId></R>".encode("utf-16"),
        b"<R xmlns='https://multimediaai.aliyuncs.com/'><TaskId>1</TaskId></R>",
        '\ufeff{"TaskId": "1"}'.encode(),
        b' \n{"TaskId": "1"}',
    ],
)
def test_marks_and_namespaces_change_nothing(body: bytes) -> None:
    assert parse_answer(body) == {"TaskId": "1"}


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"<a>" * 100_000, b"<?xml version='1.0' encoding='xyz'?><a><b>1</b></a>"]
)
def test_what_no_service_means_is_refused_like_the_rest(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the library's
        parse_answer(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"Bad Gateway", b"[]", b"<a>text</a>", b"\xff"])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the library's
        parse_answer(body)
