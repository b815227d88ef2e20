from __future__ import annotations

import ast
import re

import pytest

from handler import connections, errors
from handler.credentials import Credentials
from handler.errors import (
    AccessRefused,
    GifTaskError,
    NotProcessed,
    OutcomeUnknown,
    RequestRejected,
    SettingsError,
    UnexpectedError,
    VideosFailed,
)
from handler.gif_task_errors import ERRORS, error_for
from tests.project import PROJECT

#: The error tables of the CreateGifTask pages, 2019 and 2021.
DOCUMENTED = {
    "InternalError": 500,
    "InvalidApiNotFound": 404,
    "InvalidParameter": 400,
    "InvalidTimeStamp": 400,
    "MissingParameter": 400,
    "ResourceNotFound": 404,
    "ServiceUnavailable": 500,
    "UnknownError": 500,
    "Unauthorized": 401,
    "ServiceNotSelected": 406,
    "ServiceNotOpened": 401,
    "BalanceNotEnough": 401,
    "FaceImageCountLimit": 406,
    "ApplicationCountLimit": 406,
    "FileUploadCountLimit": 406,
    "FileContentInvalid": 406,
    "ExistParameter": 406,
    "ExistTemplateRelationship": 406,
    "InvalidParameterLengthLimit": 400,
    "Forbidden": 403,
}


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
def test_every_documented_code_is_a_typed_error_with_advice(code: str) -> None:
    error = error_for(code, DOCUMENTED[code], "the service's words", "REQ-1", "CreateGifTask")
    assert type(error) is not GifTaskError
    assert error.code == code
    assert error.http_status == DOCUMENTED[code]
    assert error.request_id == "REQ-1"
    assert error.hint
    assert code in str(error)
    assert "REQ-1" in str(error)
    assert error.hint in str(error)
    assert isinstance(error, OutcomeUnknown) == (DOCUMENTED[code] >= 500)


def test_no_refusal_for_sure_is_retried_at_once() -> None:
    for code, (kind, _, _) in ERRORS.items():
        assert issubclass(kind, NotProcessed) == code.startswith("Throttling")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ServiceUnavailable", 503, OutcomeUnknown),
        ("BalanceNotEnough", 503, OutcomeUnknown),
        ("Surprise", 408, OutcomeUnknown),
        ("Surprise", 429, OutcomeUnknown),
        ("SignatureNonceUsed", 400, OutcomeUnknown),
        ("Throttling.Something", 400, NotProcessed),
        ("Throttling.User", 503, NotProcessed),
        ("Surprise", 200, OutcomeUnknown),
        ("Surprise", 302, OutcomeUnknown),
        ("Surprise", 400, RequestRejected),
        ("Surprise", 403, AccessRefused),
    ],
)
def test_an_unknown_code_goes_by_its_status(code: str, status: int, kind: type[GifTaskError]) -> None:
    assert type(error_for(code, status, "", "REQ-1", "CreateGifTask")) is kind


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("code", "request_id"), [("", ""), ("Throttling", ""), ("Forbidden.RAM", ""), ("", "REQ-1")]
)
def test_only_the_services_own_words_refuse(status: int, code: str, request_id: str) -> None:
    error = error_for(code, status, "", request_id, "CreateGifTask")
    assert type(error) is OutcomeUnknown
    assert error.retryable


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Each class below the parent that it is drawn under."""
    drawn: dict[str, str] = {}
    above = ["GifOnUploadError"]
    for indent, name in re.findall(r"^((?:│   |    )*)[├└]── (\w+)", str(errors.__doc__), re.MULTILINE):
        above[1 + len(indent) // 4 :] = [name]
        drawn[name] = above[-2]
    defined = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    parents = {name: kind.__bases__ for name, kind in defined.items() if issubclass(kind, Exception)}
    assert parents.pop("GifOnUploadError") == (Exception,)
    assert {name: (defined[parent],) for name, parent in drawn.items()} == parents


def test_every_error_of_the_handler_is_in_the_tree() -> None:
    """A class that is raised and not below the base would slip through to the platform as a traceback."""
    for path in (PROJECT / "handler").glob("*.py"):
        for name in re.findall(r"raise ([A-Z]\w+)\(", path.read_text(encoding="utf-8")):
            if path.name == "connections.py":  # what it raises others translate
                assert issubclass(getattr(connections, name), connections.TransportError)
            elif path.name == "wire.py":  # and that becomes one of them
                assert name in ("BadAnswer", "TimeoutError")
            else:
                assert name in {*vars(errors), "ValueError"}, f"{path.name} raises {name}"


def test_a_failed_batch_names_each_video() -> None:
    error = VideosFailed([("oss://b/1", NotProcessed("busy")), ("oss://b/2", RequestRejected("no"))], 5)
    assert "2 of 5 failed" in str(error)
    assert "oss://b/1: NotProcessed: busy" in str(error)
    assert "oss://b/2: RequestRejected: no" in str(error)
    assert error.retryable


def test_a_failed_batch_of_thousands_names_the_first_thousand() -> None:
    error = VideosFailed([(f"oss://b/{n}", NotProcessed("busy")) for n in range(1_500)], 2_000)
    assert "oss://b/999: " in str(error)
    assert "oss://b/1000: " not in str(error)
    assert str(error).endswith("and 500 more, each with a line in the log")


def test_what_is_removed_from_one_failure_takes_no_other_with_it() -> None:
    leaky = NotProcessed("the server string to sign is:POST&SECRET")
    error = VideosFailed([("oss://b/a.mp4", leaky), ("oss://b/signature=final cut.mp4", leaky)], 2)
    assert "SECRET" not in str(error)
    assert "oss://b/signature=final cut.mp4: NotProcessed" in str(error)


def test_a_fault_of_ours_tells_its_place_and_not_its_words() -> None:
    try:
        raise ZeroDivisionError("SECRET")
    except ZeroDivisionError as fault:
        error = UnexpectedError(fault)
    assert "ZeroDivisionError at " in str(error)
    assert "test_errors.py:" in str(error)
    assert "SECRET" not in str(error)


def test_credentials_show_nothing_but_their_id() -> None:
    shown = repr(Credentials("STS.id", "the-secret", "the-token"))
    assert "STS.id" in shown
    assert "the-secret" not in shown
    assert "the-token" not in shown


def test_what_came_from_outside_stays_in_its_line() -> None:
    error = RequestRejected(
        "oss://b/a\nERROR forged\u2028\u202egpj.mp4 \ud800\x1b[2J",
        hint="look\rat it",
        code="Some\nCode",
        request_id="ID\u2029\x85",
    )
    assert str(error).isprintable()
    assert r"oss://b/a\nERROR forged\u2028\u202egpj.mp4 \ud800\x1b[2J" in error.message
    assert (error.code, error.request_id) == (r"Some\nCode", r"ID\u2029\x85")


def test_a_name_in_any_script_is_shown_as_it_is() -> None:
    name = "oss://b/视频\u3000тест/é 👩\u200d🎤.mp4"
    assert NotProcessed(name).message == name


def test_each_video_that_failed_has_one_line() -> None:
    error = VideosFailed(
        [("oss://b/a\nb", NotProcessed("busy\nERROR forged")), ("oss://b/c", NotProcessed("x"))], 2
    )
    assert str(error).splitlines()[1:] == [
        r"oss://b/a\nb: NotProcessed: busy\nERROR forged",
        "oss://b/c: NotProcessed: x",
    ]


def test_a_list_of_problems_stays_a_list() -> None:
    assert (
        SettingsError("2 settings are wrong:\n- A: \x00\n- B").message == "2 settings are wrong:\n- A: \\x00\n- B"
    )


def test_what_a_service_sends_has_an_end() -> None:
    error = error_for("C" * 10**6, 400, "m" * 10**6, "r" * 10**6, "CreateGifTask")
    assert len(str(error)) < 5_000
    assert len(error.code) < 200
    assert len(error.request_id) < 200
    assert "more characters)" in error.message


def test_every_text_that_promises_a_delivery_says_what_happens_when_there_is_none() -> None:
    for path in (PROJECT / "handler").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and "next delivery" in ast.unparse(node):
                assert "WITHOUT_ANOTHER" in ast.unparse(node), f"{path.name}:{node.lineno}"
            if isinstance(node, (ast.keyword, ast.Assign)) and isinstance(node.value, ast.Constant):
                assert "next delivery" not in repr(node.value.value), f"{path.name}: {node.value.value!r}"
