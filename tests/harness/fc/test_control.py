"""The control plane by its official client: functions, their code, triggers."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException

from harness.fc.control.functions import UPLOAD_ROLE
from harness.http.crc64 import crc64
from harness.ram.identity import ACCOUNT_ID
from tests.clients.fc_clients import temp_bucket_token
from tests.harness.fc.account import REGION, LocalFc
from tests.harness.fc.clients import client3

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

SOURCE = "import os\ndef handler(event, context): return os.environ.get('SETTING', '') + VERSION\nVERSION = '1'\n"
ARN = f"acs:fc:{REGION}:{ACCOUNT_ID}:functions/f"
ROLE_ARN = f"acs:ram::{ACCOUNT_ID}:role/notifier"
BUCKET_ARN = f"acs:oss:{REGION}:{ACCOUNT_ID}:videos"


def zipped(source: str = SOURCE, **files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in {"index.py": source, **files}.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return data.getvalue()


def inline(data: bytes) -> models.InputCodeLocation:
    return models.InputCodeLocation(zip_file=base64.b64encode(data).decode())


def create(local: LocalFc, name: str = "f", code: Any = None, **settings: Any) -> Any:
    settings = {"runtime": "python3.12", "handler": "index.handler", **settings}
    function = models.CreateFunctionInput(function_name=name, code=code or inline(zipped()), **settings)
    return client3(local).create_function(models.CreateFunctionRequest(body=function)).body


def update(local: LocalFc, name: str = "f", **settings: Any) -> Any:
    request = models.UpdateFunctionRequest(body=models.UpdateFunctionInput(**settings))
    return client3(local).update_function(name, request).body


def get(local: LocalFc, name: str = "f") -> Any:
    return client3(local).get_function(name, models.GetFunctionRequest()).body


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises((ClientException, ServerException)) as error:
        call()
    return error.value.status_code, error.value.code


def test_create_get_invoke_delete(local: LocalFc) -> None:
    data = zipped()
    made = create(local, code=inline(data), memory_size=256, cpu=0.25, environment_variables={"SETTING": "s"})
    assert made.to_map() == get(local).to_map()
    about = made.to_map()
    assert (about["functionArn"], about["functionName"], about["state"]) == (ARN, "f", "Active")
    assert (about["memorySize"], about["cpu"], about["diskSize"], about["timeout"]) == (256, 0.25, 512, 3)
    assert about["codeSize"] == len(data)
    assert "code" not in about
    result = local.fc.invoke("f", b"")
    assert result.body == b"s1"
    client3(local).delete_function("f")
    assert refused(lambda: get(local)) == (404, "FunctionNotFound")
    assert local.fc.invoke("f", b"").error_code == "FunctionNotFound"
    assert refused(lambda: client3(local).delete_function("f")) == (404, "FunctionNotFound")


def test_checksum_is_thecrc64_of_the_zip(local: LocalFc) -> None:
    """CRC-64/ECMA-182 in OSS's variant; its check value for "123456789" is 0x995DC9BBDF1939FA."""
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA
    data = zipped()
    assert create(local, code=inline(data)).code_checksum == str(crc64(data))


def test_update_takes_effect_at_the_next_invocation(local: LocalFc) -> None:
    created = create(local)
    assert local.fc.invoke("f", b"").body == b"1"
    local.clock.ahead = 60
    update(local, environment_variables={"SETTING": "new-"})
    assert local.fc.invoke("f", b"").body == b"new-1"
    changed = update(local, code=inline(zipped(SOURCE.replace("'1'", "'2'"))))
    assert local.fc.invoke("f", b"").body == b"new-2"
    assert changed.code_checksum != created.code_checksum
    assert changed.created_time == created.created_time < changed.last_modified_time
    assert changed.handler == "index.handler"


def test_deploying_twice_changes_nothing(local: LocalFc) -> None:
    create(local)
    first = local.fc.invoke("f", b"")
    before = get(local).to_map()
    update(local, code=inline(zipped()), handler="index.handler", environment_variables={})
    after = get(local).to_map()
    before.pop("lastModifiedTime"), after.pop("lastModifiedTime")
    assert before == after
    assert local.fc.invoke("f", b"").instance_id == first.instance_id


def test_code_from_the_temporary_bucket(local: LocalFc) -> None:
    token = temp_bucket_token(local.server.url, local.identities.owner)
    key = token["credentials"]
    assert local.identities.resolve(key["AccessKeyId"], key["SecurityToken"]).role == UPLOAD_ROLE
    assert (token["ossBucket"], token["ossRegion"]) == ("fc-temp", f"oss-{REGION}")
    uploaded = f"{ACCOUNT_ID}/{token['objectName']}"
    local.buckets.objects[token["ossBucket"], uploaded] = zipped()
    location = models.InputCodeLocation(oss_bucket_name=token["ossBucket"], oss_object_name=uploaded)
    create(local, code=location)
    assert local.fc.invoke("f", b"").body == b"1"
    missing = models.InputCodeLocation(oss_bucket_name="fc-temp", oss_object_name="nothing")
    assert refused(lambda: update(local, code=missing)) == (400, "InvalidArgument")


def test_get_function_code(local: LocalFc) -> None:
    data = zipped()
    made = create(local, code=inline(data))
    code = client3(local).get_function_code("f", models.GetFunctionCodeRequest()).body
    assert code.checksum == made.code_checksum
    assert local.buckets.objects["published", code.url.removeprefix("http://published/")] == data


BAD = {
    "no code": {"code": models.InputCodeLocation()},
    "no zip": {"code": inline(b"this is not a zip")},
    "truncated zip": {"code": inline(zipped()[:-30])},
    "no base64": {"code": models.InputCodeLocation(zip_file="***")},
    "wrong checksum": {"code": models.InputCodeLocation(zip_file=inline(zipped()).zip_file, checksum="1")},
    "no handler": {"handler": None},
    "unknown runtime": {"runtime": "cobol"},
    "memory": {"memory_size": 100},
    "cpu": {"cpu": 0.33},
    "ratio": {"memory_size": 4096, "cpu": 0.5},
    "disk": {"disk_size": 1024},
    "timeout": {"timeout": 86401},
    "name": {"name": "1st"},
    "role": {"role": "worker"},
    "reserved variable": {"environment_variables": {"FC_X": "1"}},
    "variable's name": {"environment_variables": {"a-b": "1"}},
    "too many variables": {"environment_variables": {"A": "x" * 4096}},
}


@pytest.mark.parametrize("settings", BAD.values(), ids=BAD.keys())
def test_bad_functions_are_refused(local: LocalFc, settings: dict[str, Any]) -> None:
    assert refused(lambda: create(local, **settings)) == (400, "InvalidArgument")
    assert not local.fc.functions


def test_what_would_do_something_else_is_not_implemented(local: LocalFc) -> None:
    assert refused(lambda: create(local, layers=["acs:fc:x"])) == (501, "NotImplemented")
    empty = models.NASConfig(group_id=-1, user_id=-1, mount_points=[])
    assert create(local, nas_config=empty, layers=[]).function_name == "f"


def test_a_zip_cannot_write_outside_its_folder(local: LocalFc) -> None:
    create(local, code=inline(zipped(**{"../../escaped.py": "x = 1", "/absolute.py": "x = 1"})))
    found = list(local.directory.rglob("*escaped.py")) + list(local.directory.rglob("*absolute.py"))
    assert len(found) == 2
    assert all("code" in path.parts for path in found)


def test_wrong_handler_fails_at_invocation(local: LocalFc) -> None:
    create(local, handler="nowhere.handler")
    result = local.fc.invoke("f", b"")
    assert json.loads(result.body)["errorType"] == "ImportModuleError"


def test_uploaded_code_has_to_bring_its_packages(local: LocalFc) -> None:
    """What happens to be installed here is not on FC; what is vendored below /code/python is."""
    variables = {"PYTHONPATH": "/code/python"}
    create(local, code=inline(zipped("import requests\ndef handler(event, context): pass")))
    result = local.fc.invoke("f", b"")
    assert json.loads(result.body)["errorType"] == "ImportModuleError"
    assert "ModuleNotFoundError: No module named 'requests'" in result.lines
    source = "import os, requests\ndef handler(event, context): return requests.X + os.environ['PYTHONPATH'][-7:]"
    vendored = inline(zipped(source, **{"python/requests.py": "X = 'vendored '"}))
    update(local, code=vendored, environment_variables=variables)
    assert local.fc.invoke("f", b"").body == b"vendored /python"


def test_create_twice_and_list(local: LocalFc) -> None:
    for name in ("a-1", "a-2", "a-3", "b"):
        create(local, name)
    assert refused(lambda: create(local, "b")) == (409, "FunctionAlreadyExists")
    names, token = [], ""
    for _ in range(2):
        request = models.ListFunctionsRequest(prefix="a-", limit=2, next_token=token)
        body = client3(local).list_functions(request).body
        names.append([function.function_name for function in body.functions])
        token = body.next_token
    assert names == [["a-1", "a-2"], ["a-3"]]
    assert token is None


def trigger_input(name: str = "uploads", prefix: str = "", suffix: str = ".mp4", **settings: Any) -> Any:
    config = {"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": prefix, "suffix": suffix}}}
    values = {
        "trigger_name": name,
        "trigger_type": "oss",
        "trigger_config": json.dumps(config),
        "source_arn": BUCKET_ARN,
        "invocation_role": ROLE_ARN,
        "qualifier": "LATEST",
        **settings,
    }
    return models.CreateTriggerInput(**values)


def create_trigger(local: LocalFc, function: str = "f", **settings: Any) -> Any:
    request = models.CreateTriggerRequest(body=trigger_input(**settings))
    return client3(local).create_trigger(function, request).body


def test_triggers(local: LocalFc) -> None:
    create(local)
    client = client3(local)
    assert refused(lambda: client.get_trigger("f", "uploads")) == (404, "TriggerNotFound")
    made = create_trigger(local, prefix="up/")
    assert made.to_map() == client.get_trigger("f", "uploads").body.to_map()
    assert (made.target_arn, made.source_arn, made.qualifier) == (ARN, BUCKET_ARN, "LATEST")
    assert json.loads(made.trigger_config)["filter"]["key"] == {"prefix": "up/", "suffix": ".mp4"}
    assert local.buckets.rules() == ["f/uploads videos up/*.mp4"]
    assert refused(lambda: create_trigger(local)) == (409, "TriggerAlreadyExists")
    changed = models.UpdateTriggerInput(trigger_config=trigger_input(prefix="in/").trigger_config)
    client.update_trigger("f", "uploads", models.UpdateTriggerRequest(body=changed))
    assert local.buckets.rules() == ["f/uploads videos in/*.mp4"]
    listed = client.list_triggers("f", models.ListTriggersRequest()).body.triggers
    assert [trigger.trigger_name for trigger in listed] == ["uploads"]
    client.delete_trigger("f", "uploads")
    assert local.buckets.rules() == []


def test_overlapping_triggers_are_refused_and_leave_what_was(local: LocalFc) -> None:
    create(local)
    create(local, "g")
    create_trigger(local, prefix="a/")
    create_trigger(local, "g", name="other", prefix="b/")
    before = local.buckets.rules()
    assert refused(lambda: create_trigger(local, "g", name="third", prefix="a/b/")) == (400, "InvalidArgument")
    request = models.UpdateTriggerRequest(
        body=models.UpdateTriggerInput(trigger_config=trigger_input(prefix="b").trigger_config)
    )
    assert refused(lambda: client3(local).update_trigger("f", "uploads", request)) == (400, "InvalidArgument")
    assert sorted(local.buckets.rules()) == sorted(before)
    assert (
        json.loads(client3(local).get_trigger("f", "uploads").body.trigger_config)["filter"]["key"]["prefix"]
        == "a/"
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"trigger_type": "mns_topic"}, (501, "NotImplemented")),
        ({"source_arn": "videos"}, (400, "InvalidArgument")),
        ({"invocation_role": None}, (400, "InvalidArgument")),
        ({"trigger_config": "{"}, (400, "InvalidArgument")),
        ({"trigger_config": '{"events": []}'}, (400, "InvalidArgument")),
        ({"trigger_config": '{"events": ["oss:Nonsense"]}'}, (400, "InvalidArgument")),
    ],
)
def test_bad_triggers(local: LocalFc, settings: dict[str, Any], expected: tuple[int, str]) -> None:
    create(local)
    assert refused(lambda: create_trigger(local, **settings)) == expected
    assert local.buckets.rules() == []


def test_deleting_a_function_needs_its_triggers_deleted(local: LocalFc) -> None:
    create(local)
    create_trigger(local)
    assert refused(lambda: client3(local).delete_function("f")) == (412, "PreconditionFailed")
    client3(local).delete_trigger("f", "uploads")
    client3(local).delete_function("f")
    assert not local.fc.functions
