"""Projects and logstores: make, describe, list."""

from __future__ import annotations

from typing import Any

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.model import Logstore, Project
from harness.fc.sls.wire.call import Call, answer
from harness.http.server import Response

_MOST = 500


def list_projects(call: Call) -> Response:
    wanted = call.request.params.get("projectName", "")
    found = [_project(call, each) for each in call.store.projects() if wanted in each.name]
    page = _page(call, found, 100)
    return answer({"count": len(page), "total": len(found), "projects": page})


def create_project(call: Call) -> Response:
    document = call.document()
    call.store.create_project(_text(document, "projectName"), str(document.get("description") or ""))
    return answer()


def get_project(call: Call) -> Response:
    return answer(_project(call, call.store.project(call.project)))


def list_logstores(call: Call) -> Response:
    wanted = call.request.params.get("logstoreName", "")
    found = [each.name for each in call.store.logstores(call.project) if wanted in each.name]
    page = _page(call, found, 200)
    return answer({"count": len(page), "total": len(found), "logstores": page})


def create_logstore(call: Call) -> Response:
    document = call.document()
    numbers = [document.get(name, default) for name, default in (("ttl", 30), ("shardCount", 2))]
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise SlsError("ParameterInvalid", "ttl and shardCount must be numbers above 0")
    call.store.create_logstore(call.project, _text(document, "logstoreName"), *numbers)
    return answer()


def get_logstore(call: Call) -> Response:
    return answer(_logstore(call.store.logstore(call.project, call.logstore)))


def _project(call: Call, project: Project) -> dict[str, Any]:
    return {
        "projectName": project.name,
        "description": project.description,
        "region": call.place.region,
        "owner": call.place.account_id,
        "status": "Normal",
        "createTime": str(int(project.created)),
        "lastModifyTime": str(int(project.created)),
    }


def _logstore(logstore: Logstore) -> dict[str, Any]:
    return {
        "logstoreName": logstore.name,
        "ttl": logstore.ttl,
        "shardCount": logstore.shards,
        "mode": "standard",
        "createTime": int(logstore.created),
        "lastModifyTime": int(logstore.created),
        "enable_tracking": False,
        "autoSplit": True,
        "maxSplitShard": 64,
        "appendMeta": False,
    }


def _page(call: Call, found: list[Any], size: int) -> list[Any]:
    limits = []
    for name, default in (("offset", 0), ("size", size)):
        text = call.request.params.get(name, str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise SlsError("ParameterInvalid", f"{name} must be a number, it is {text[:20]!r}")
        limits.append(int(text))
    start, most = limits
    return found[start : start + min(most, _MOST)]


def _text(document: Any, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise SlsError("ParameterInvalid", f"{name} must be a text, it is {value!r}")
    return value
