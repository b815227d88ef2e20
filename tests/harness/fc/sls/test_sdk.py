"""alibabacloud-sls20201230, unmodified: what it asks for, and what it is told."""

from __future__ import annotations

import base64
import hmac
import json
import time
import zlib
from email.utils import formatdate
from typing import Any

import pytest
import requests
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from darabonba.runtime import RuntimeOptions

from harness.cloud import LocalCloud, local_cloud
from harness.ram.identity import Credentials
from harness.ram.policy import Policy
from tests.clients.tea import tea_config
from tests.harness.fc.sls.asking import INDEX, STORE, TEXT, Refused, answered, ask, client, place

MESSAGES = [json.dumps({"level": "INFO", "task_id": 400_010 + number}) for number in range(5)]


def test_whole_lines(cloud: LocalCloud) -> None:
    project = place(cloud, MESSAGES)
    body = ask(client(cloud), project, "message.level: info", line=2, offset=1)
    assert [json.loads(line["message"])["task_id"] for line in body.data] == [400_011, 400_012]
    assert (body.meta.count, body.meta.progress, body.meta.has_sql) == (2, "Complete", False)
    (newest,) = ask(client(cloud), project, "", line=1, reverse=True).data
    assert newest["message"] == MESSAGES[-1]
    assert (newest["__topic__"], newest["functionName"]) == ("FCLogs:my-function", "my-function")
    assert int(newest["__time__"]) == pytest.approx(time.time(), abs=30)


def test_sql(cloud: LocalCloud) -> None:
    project = place(cloud, MESSAGES)
    body = ask(client(cloud), project, "message.task_id > 400012 | select count(*) as cnt")
    assert [row["cnt"] for row in body.data] == ["2"]
    assert (body.meta.has_sql, body.meta.keys) == (True, ["cnt"])
    assert (body.meta.where_query, body.meta.agg_query) == ("message.task_id > 400012", "select count(*) as cnt")


def test_get_logs_has_the_same_answer_in_this_sdk(cloud: LocalCloud) -> None:
    project, now = place(cloud, MESSAGES), int(time.time())
    request = models.GetLogsRequest(from_=now - 100, to=now + 100, query="*")
    body = client(cloud).get_logs(project, STORE, request).body
    assert [line["message"] for line in body.data] == MESSAGES


def test_a_time_includes_its_beginning_and_not_its_end(cloud: LocalCloud) -> None:
    project = place(cloud, MESSAGES)
    times = [int(line["__time__"]) for line in ask(client(cloud), project, "*").data]
    found = ask(client(cloud), project, "*", from_=times[1], to=times[3]).data
    assert [line["message"] for line in found] == MESSAGES[1:3]


@pytest.mark.parametrize("pressed", ["lz4", "zstd", "gzip", "deflate", "gzip, deflate", "identity"])
def test_an_answer_is_pressed_as_asked(cloud: LocalCloud, pressed: str) -> None:
    project, now = place(cloud, MESSAGES), int(time.time())
    request = models.GetLogsV2Request(from_=now - 100, to=now + 100, query="*")
    headers = models.GetLogsV2Headers(accept_encoding=pressed)
    answer = client(cloud).get_logs_v2with_options(project, STORE, request, headers, RuntimeOptions())
    assert [line["message"] for line in answer.body.data] == MESSAGES
    one = pressed in ("lz4", "zstd", "gzip", "deflate")
    assert answer.headers.get("x-log-compresstype") == (pressed if one else None)


@pytest.mark.parametrize(
    ("query", "options", "code"),
    [
        ("*", {"from_": 2, "to": 2}, "InvalidTimeRange"),
        ("*", {"line": 101}, "InvalidLine"),
        ("*", {"offset": -1}, "InvalidOffset"),
        ("* | select 1", {"offset": 1}, "ParameterInvalid"),
        ("a:b:c", {}, "ParameterInvalid"),
        ("* | drop table log", {}, "ParameterInvalid"),
    ],
)
def test_what_is_refused(cloud: LocalCloud, query: str, options: dict[str, Any], code: str) -> None:
    assert ask(client(cloud), place(cloud, MESSAGES), query, **options).code == code


def test_what_is_not_there(cloud: LocalCloud) -> None:
    sls, project = client(cloud), place(cloud, index=None)
    assert ask(sls, project, "*") == Refused("IndexConfigNotExist", "index config doesn't exist.")
    assert answered(lambda: sls.get_index(project, STORE)).code == "IndexConfigNotExist"
    assert answered(lambda: sls.get_log_store(project, "other")) == Refused(
        "LogStoreNotExist", "logstore other does not exist"
    )
    assert answered(lambda: sls.get_index(project, "other")).code == "LogStoreNotExist"
    missing = answered(lambda: sls.get_project("missing", models.GetProjectRequest()))
    assert missing == Refused("ProjectNotExist", "The Project does not exist : missing")
    assert ask(sls, "missing", "*").code == "ProjectNotExist"
    put = models.PutLogsRequest(body=models.LogGroup(log_items=[]))
    assert answered(lambda: sls.put_logs(project, STORE, put)).code == "NotImplemented"


def test_projects_and_logstores_are_made_and_listed(cloud: LocalCloud) -> None:
    sls, name = client(cloud), f"made-{time.time_ns()}"
    made = models.CreateProjectRequest(project_name=name, description="mine")
    sls.create_project(made)
    assert answered(lambda: sls.create_project(made)).code == "ProjectAlreadyExist"
    project = sls.get_project(name, models.GetProjectRequest()).body
    assert (project.project_name, project.description, project.region) == (name, "mine", "cn-beijing")
    found = sls.list_project(models.ListProjectRequest(project_name=name)).body
    assert (found.total, [each.project_name for each in found.projects]) == (1, [name])
    store = models.CreateLogStoreRequest(logstore_name="first", ttl=7, shard_count=1)
    sls.create_log_store(name, store)
    assert answered(lambda: sls.create_log_store(name, store)).code == "LogStoreAlreadyExist"
    sls.create_log_store(name, models.CreateLogStoreRequest(logstore_name="second", ttl=7, shard_count=1))
    listed = sls.list_log_stores(name, models.ListLogStoresRequest(offset=1)).body
    assert (listed.total, listed.logstores) == (2, ["second"])
    assert sls.get_log_store(name, "first").body.ttl == 7
    bad = models.CreateLogStoreRequest(logstore_name="No!", ttl=7, shard_count=1)
    assert answered(lambda: sls.create_log_store(name, bad)).code == "ParameterInvalid"


def test_the_life_of_an_index(cloud: LocalCloud) -> None:
    sls, project = client(cloud), place(cloud, ["before"], index=None)
    wanted = models.CreateIndexRequest(body=models.Index().from_map({"keys": {"functionName": TEXT}}))
    sls.create_index(project, STORE, wanted)
    assert answered(lambda: sls.create_index(project, STORE, wanted)).code == "IndexAlreadyExist"
    assert ask(sls, project, "*").data == []  # it holds what comes from now on
    shown = sls.get_index(project, STORE).body
    assert (shown.line, shown.keys["functionName"].type, shown.index_mode) == (None, "text", "v2")
    more = models.UpdateIndexRequest(body=models.Index().from_map({**INDEX, "keys": {"functionName": TEXT}}))
    sls.update_index(project, STORE, more)
    assert sls.get_index(project, STORE).body.line.token == INDEX["line"]["token"]
    sls.delete_index(project, STORE)
    assert ask(sls, project, "*").code == "IndexConfigNotExist"
    assert answered(lambda: sls.update_index(project, STORE, more)).code == "IndexConfigNotExist"


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_signatures(cloud: LocalCloud, version: str) -> None:
    project, owner = place(cloud, MESSAGES), cloud.identities.owner
    query = "message.level: INFO and message.task_id in [400010 400011]"
    assert ask(client(cloud, signature_version=version), project, query).meta.count == 2
    listing = models.ListLogStoresRequest(logstore_name="a+b 猫 %/", size=5)
    assert client(cloud, signature_version=version).list_log_stores(project, listing).body.total == 0
    wrong = client(cloud, Credentials(owner.access_key_id, "wrong"), signature_version=version)
    assert ask(wrong, project, "*").code == "SignatureNotMatch"
    unknown = client(cloud, Credentials("LTAI5tNobody", "x"), signature_version=version)
    assert ask(unknown, project, "*") == Refused("Unauthorized", "AccessKeyId not found: LTAI5tNobody")


def test_rights(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    project = place(cloud, MESSAGES)
    logstore = f"acs:log:cn-beijing:1234567890123456:project/{project}/logstore/{STORE}"
    reader = Policy(
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:GetLogStoreLogs", "Resource": logstore}]}
    )
    monkeypatch.setitem(cloud._roles._others, "reader", reader)
    sls = client(cloud, cloud.identities.assume_role("reader"))
    assert ask(sls, project, "*").meta.count == 5
    refused = answered(lambda: sls.get_index(project, STORE))
    message = f"denied by sts or ram, action: log:GetIndex, resource: {logstore}"
    assert refused == Refused("Unauthorized", message)
    assert ask(sls, place(cloud, MESSAGES), "*").code == "Unauthorized"
    (denied, _) = cloud.journal.entries("denied")[-2:]
    assert (denied.fields["service"], denied.fields["action"]) == ("sls", "log:GetIndex")
    cloud.identities.expire_all()
    expired = ask(sls, project, "*")
    assert expired == Refused("Unauthorized", "The security token you provided has expired.")
    cloud.identities.forgive()


def test_faults(cloud: LocalCloud) -> None:
    project = place(cloud, MESSAGES)
    cloud.faults.add("sls:GetLogsV2:throttle:times=1")
    assert ask(client(cloud), project, "*").code == "ReadQuotaExceed"
    assert ask(client(cloud), project, "*").meta.count == 5


def test_at_the_productions_address() -> None:
    with local_cloud(stack_file=None, render=False, intercept=True) as own:
        assert ask(Client(tea_config(own.identities.owner)), place(own, MESSAGES), "*").meta.count == 5


def test_a_host_of_this_machine(cloud: LocalCloud) -> None:
    """As a program says it that looks no name up: the project before the address."""
    host = f"my-project.127.0.0.1:{cloud.server.port}"
    headers = {"Host": host, "x-log-apiversion": "0.6.0", "Authorization": "LOG a:b"}
    answer = requests.get(f"{cloud.url}/logstores/x", headers=headers, timeout=9)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "ParameterInvalid")
    assert len(answer.headers["x-log-requestid"]) == 24
    headers["Host"] = "my-project.10.0.0.1"
    assert "does not answer to the host name" in requests.get(cloud.url, headers=headers, timeout=9).text
    headers["Host"] = f"127.0.0.1:{cloud.server.port}"
    answer = requests.get(f"{cloud.url}/logstores/x", headers=headers, timeout=9)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "MissingHost")


def test_get_logs_as_older_clients_send_it(cloud: LocalCloud) -> None:
    """A GET, signed by HMAC-SHA1; the answer is a list, and what else there is to say stands in its headers."""
    project, owner, now = place(cloud, MESSAGES), cloud.identities.owner, int(time.time())
    search = "message.task_id > 400012"
    params: dict[str, Any] = {
        "type": "log",
        "from": now - 100,
        "to": now + 100,
        "query": search,
        "line": 1,
        "reverse": "true",
    }
    headers = {
        "Host": f"{project}.cn-beijing.log.aliyuncs.com",
        "Date": formatdate(usegmt=True),
        "x-log-apiversion": "0.6.0",
        "x-log-bodyrawsize": "0",
        "x-log-signaturemethod": "hmac-sha1",
    }
    signed = [f"{name}:{value}" for name, value in headers.items() if name.startswith("x-log-")]
    query = "&".join(f"{name}={params[name]}" for name in sorted(params))
    text = "\n".join(["GET", "", "", headers["Date"], *signed, f"/logstores/{STORE}?{query}"])
    digest = hmac.new(owner.access_key_secret.encode(), text.encode(), "sha1").digest()
    headers["Authorization"] = f"LOG {owner.access_key_id}:{base64.b64encode(digest).decode()}"
    url = f"{cloud.url}/logstores/{STORE}"
    answer = requests.get(url, params=params, headers={**headers, "Accept-Encoding": "deflate"}, timeout=9)
    lines = json.loads(zlib.decompress(answer.content))
    assert [line["message"] for line in lines] == MESSAGES[-1:]
    about = {name: answer.headers[f"x-log-{name}"] for name in ("progress", "count", "where-query", "bodyrawsize")}
    size = str(len(zlib.decompress(answer.content)))
    assert about == {"progress": "Complete", "count": "1", "where-query": search, "bodyrawsize": size}
