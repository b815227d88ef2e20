"""The API as its pages say it: parameters, formats, errors, lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from harness.multimediaai.errors import ERRORS
from tests.harness.multimediaai.calls import Call, acs3, error, legacy
from tests.harness.multimediaai.world import World
from tests.harness.signatures.building import a_request

PARAMETERS = {"ApplicationId": "ApplicationId", "VideoName": "testVideo", "VideoUrl": "http://XXX.mp4"}
both = pytest.mark.parametrize("call", [legacy, acs3])


def test_the_example_of_the_page_as_xml(world: World) -> None:
    answer = legacy(world, "CreateGifTask", PARAMETERS)
    request_id = answer.headers["x-acs-request-id"]
    assert answer.text == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<CreateGifTaskResponse><RequestId>{request_id}</RequestId><TaskId>400010</TaskId><Code>OK</Code>"
        "</CreateGifTaskResponse>"
    )
    assert answer.headers["Content-Type"] == "text/xml;charset=utf-8"


@pytest.mark.parametrize(
    ("call", "more", "format_"),
    [
        (legacy, {}, "xml"),
        (legacy, {"Format": "JSON"}, "json"),
        (legacy, {"Format": "json"}, "json"),
        (legacy, {"Format": "xml"}, "xml"),
        (acs3, {}, "json"),
        (acs3, {"Accept": "application/xml"}, "xml"),
        (acs3, {"Accept": "application/json, application/xml"}, "json"),
    ],
)
def test_formats(world: World, call: Call, more: dict[str, str], format_: str) -> None:
    for parameters in (PARAMETERS, {}):
        answer = call(world, "CreateGifTask", parameters, **more)
        assert format_ in answer.headers["Content-Type"]
        if format_ == "json":
            assert answer.json()["RequestId"]
        else:
            assert ElementTree.fromstring(answer.content).findtext("RequestId")


def test_format_is_a_parameter_of_acs3_too(world: World) -> None:
    answer = acs3(world, "CreateGifTask", {**PARAMETERS, "Format": "XML"}, Accept="application/json")
    assert ElementTree.fromstring(answer.content).findtext("TaskId") == "400010"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_parameter_is_kept(world: World, method: str) -> None:
    parameters = {
        **PARAMETERS,
        "VideoName": "a b+c&d=e%20 猫",
        "VideoUrl": "https://h/a%20b%2B%E7%8C%AB?x=1&y=%2F",
        "TemplateId": str(2**63 - 1),
        "CallbackUrl": "https://cb.example/x?y=z",
        "Scales": "[1]",
        "RegionId": "cn-beijing",
    }
    task_id = legacy(world, "CreateGifTask", parameters, method, Format="JSON").json()["TaskId"]
    task = world.service.tasks.get(task_id)
    assert task is not None
    assert task.video_url == parameters["VideoUrl"]
    assert task.video_name == parameters["VideoName"]
    assert (task.template_id, task.callback_url, task.scales) == (
        parameters["TemplateId"],
        parameters["CallbackUrl"],
        "[1]",
    )


@both
@pytest.mark.parametrize(
    ("changed", "status", "code", "subject"),
    [
        ({"ApplicationId": ""}, 400, "MissingParameter", "ApplicationId"),
        ({"VideoName": ""}, 400, "MissingParameter", "VideoName"),
        ({"VideoUrl": ""}, 400, "MissingParameter", "VideoUrl"),
        ({"VideoUrl": "oss://bucket/key"}, 400, "InvalidParameter", "VideoUrl"),
        ({"VideoUrl": "http:///key"}, 400, "InvalidParameter", "VideoUrl"),
        ({"VideoUrl": "http://[bad/key"}, 400, "InvalidParameter", "VideoUrl"),
        ({"CallbackUrl": "mailto:me"}, 400, "InvalidParameter", "CallbackUrl"),
        ({"TemplateId": "one"}, 400, "InvalidParameter", "TemplateId"),
        ({"TemplateId": "-1"}, 400, "InvalidParameter", "TemplateId"),
        ({"TemplateId": str(2**63)}, 400, "InvalidParameter", "TemplateId"),
        ({"VideoName": "x" * 129}, 400, "InvalidParameterLengthLimit", "VideoName"),
        ({"ApplicationId": "unknown"}, 404, "ResourceNotFound", "ApplicationId"),
    ],
)
def test_wrong_parameters(
    world: World, call: Call, changed: dict[str, str], status: int, code: str, subject: str
) -> None:
    world.service.applications = {"ApplicationId"}
    answer = call(world, "CreateGifTask", {**PARAMETERS, **changed})
    assert error(answer) == (status, code)
    assert subject in answer.text
    assert world.service.tasks.count() == 0


def test_later_versions_require_more(world: World) -> None:
    world.service.require_later_parameters = True
    for more, missing in (({}, "TemplateId"), ({"TemplateId": "1"}, "CallbackUrl")):
        answer = legacy(world, "CreateGifTask", {**PARAMETERS, **more}, Format="JSON")
        assert (error(answer), missing in answer.text) == ((400, "MissingParameter"), True)
    complete = {**PARAMETERS, "TemplateId": "1", "CallbackUrl": "https://xxx"}
    assert legacy(world, "CreateGifTask", complete).status_code == 200


@both
@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ({"opened": False}, 401, "ServiceNotOpened"),
        ({"authorized": False}, 401, "Unauthorized"),
        ({"has_balance": False}, 401, "BalanceNotEnough"),
        ({"beta_expired": True}, 403, "Forbidden"),
        ({"dynamic_cover": False}, 406, "ServiceNotSelected"),
        *(({"refuses_with": code}, status, code) for code, (status, _) in ERRORS.items()),
    ],
)
def test_the_account_can_be_refused(
    world: World, call: Call, state: Mapping[str, Any], status: int, code: str
) -> None:
    for name, value in state.items():
        setattr(world.service.account, name, value)
    assert error(call(world, "CreateGifTask", PARAMETERS)) == (status, code)
    world.service.clear()
    assert call(world, "CreateGifTask", PARAMETERS).status_code == 200


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda world: legacy(world, "DropEverything"), (404, "InvalidApiNotFound")),
        (lambda world: legacy(world, "CreateLabelTask"), (501, "NotImplemented")),
        (lambda world: acs3(world, "ListTemplates"), (501, "NotImplemented")),
        (lambda world: legacy(world, "ListTasks", Version="2018-01-01"), (400, "InvalidVersion")),
        (lambda world: legacy(world, "", PARAMETERS), (400, "MissingParameter")),
        (lambda world: acs3(world, "ListTasks", x_acs_version=""), (400, "MissingParameter")),
        (lambda world: legacy(world, "ListTasks", method="PUT"), (405, "UnsupportedHTTPMethod")),
        (lambda world: legacy(world, "ListTasks", Timestamp="now"), (400, "InvalidTimeStamp.Format")),
        (lambda world: legacy(world, "ListTasks", Timestamp=LONG_AGO), (400, "InvalidTimeStamp.Expired")),
        (lambda world: acs3(world, "ListTasks", x_acs_date=LONG_AGO), (400, "InvalidTimeStamp.Expired")),
        (lambda world: legacy(world, "ListTasks", SignatureVersion="2.0"), (400, "IncompleteSignature")),
        (lambda world: get(world, "/?Action=ListTasks&Version=2019-08-10"), (400, "MissingAccessKeyId")),
        (lambda world: get(world, "/elsewhere?Action=ListTasks"), (404, "InvalidApiNotFound")),
        (lambda world: get(world, "/"), (400, "MissingParameter")),
        (lambda world: post(world, b"x" * (1 << 20) + b"y"), (413, "RequestEntityTooLarge")),
    ],
)
def test_what_the_gateway_refuses(
    world: World, answer: Callable[[World], requests.Response], expected: tuple[int, str]
) -> None:
    assert error(answer(world)) == expected


LONG_AGO = "2019-08-10T00:00:00Z"


def get(world: World, target: str) -> requests.Response:
    return requests.get(world.server.url + target, timeout=10)


def post(world: World, body: bytes) -> requests.Response:
    return requests.post(f"{world.server.url}/?Action=ListTasks&Version=2019-08-10", body, timeout=10)


@both
def test_a_replay_creates_no_second_task(world: World, call: Call) -> None:
    nonce = {"SignatureNonce": "once"} if call is legacy else {"x_acs_signature_nonce": "once"}
    assert call(world, "CreateGifTask", PARAMETERS, **nonce).status_code == 200
    assert error(call(world, "CreateGifTask", PARAMETERS, **nonce)) == (400, "SignatureNonceUsed")
    assert world.service.tasks.count() == 1


def test_a_repeated_call_creates_a_second_task(world: World) -> None:
    ids = [legacy(world, "CreateGifTask", PARAMETERS, Format="JSON").json()["TaskId"] for _ in range(2)]
    assert ids == [400010, 400011]


@pytest.mark.parametrize("status", [400, 503])
def test_a_fault_refuses_in_the_right_format(world: World, status: int) -> None:
    request = a_request("GET", "/?Action=CreateGifTask&Format=JSON")
    call = world.service.read(request)
    answer = world.service.refuse(call, status, "Throttling.User", "slow down")
    assert (answer.status, json.loads(bytes(answer.body))["Code"]) == (status, "Throttling.User")  # type: ignore[arg-type]
    assert int(answer.headers["x-acs-retry-after"]) > 0
    assert call.name == "CreateGifTask"
    call = world.service.read(a_request("GET", "/?Action=CreateGifTask"))
    plain = world.service.refuse(call, status, "InternalError", "<&>")
    assert ElementTree.fromstring(bytes(plain.body)).findtext("Message") == "<&>"  # type: ignore[arg-type]


def test_texts_that_xml_cannot_hold(world: World) -> None:
    name = "a\x00b\x0b]]>&<c"
    task_id = legacy(world, "CreateGifTask", {**PARAMETERS, "VideoName": name}, Format="JSON").json()["TaskId"]
    xml = legacy(world, "GetTaskResult", {"TaskId": str(task_id)})
    assert ElementTree.fromstring(xml.content).findtext("Result/VideoName") == "a�b�]]>&<c"
    as_json = legacy(world, "GetTaskResult", {"TaskId": str(task_id)}, Format="JSON").json()
    assert as_json["Result"]["VideoName"] == name


def test_the_journal_knows_each_request_but_no_signature(world: World) -> None:
    legacy(world, "CreateGifTask", {**PARAMETERS, "VideoUrl": "http://h/b/k.mp4?Signature=top-secret"})
    legacy(world, "GetTaskStatus", {"TaskId": "1"})
    created, asked = world.journal.entries("request")
    assert created.fields["operation"] == "CreateGifTask"
    assert (created.fields["status"], created.fields["task_id"]) == (200, 400010)
    assert (asked.fields["status"], asked.fields["code"]) == (404, "ResourceNotFound")
    (task,) = world.journal.entries("task")
    assert dict(task.fields) == {"task_id": 400010, "status": "waiting", "video": "b/k.mp4"}
    assert "top-secret" not in str(world.journal.entries()) + repr(world.service.tasks.list())
