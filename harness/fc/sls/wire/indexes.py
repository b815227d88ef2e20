"""The index of a logstore: make, change, show, delete."""

from __future__ import annotations

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.index import MAX_TEXT, read_index
from harness.fc.sls.state.model import Document
from harness.fc.sls.wire.call import Call, answer
from harness.http.server import Response


def get_index(call: Call) -> Response:
    document, _, changed = call.store.index(call.project, call.logstore)
    logstore = call.store.logstore(call.project, call.logstore)
    about = {
        "index_mode": "v2",
        "storage": "pg",
        "ttl": logstore.ttl,
        "max_text_len": MAX_TEXT,
        "log_reduce": False,
    }
    return answer({**about, **document, "lastModifyTime": int(changed)})


def create_index(call: Call) -> Response:
    call.store.create_index(call.project, call.logstore, _document(call))
    return answer()


def update_index(call: Call) -> Response:
    call.store.update_index(call.project, call.logstore, _document(call))
    return answer()


def delete_index(call: Call) -> Response:
    call.store.delete_index(call.project, call.logstore)
    return answer()


def _document(call: Call) -> Document:
    document = call.document()
    if document.get("log_reduce") or document.get("scan_index"):
        raise SlsError("NotImplemented", "log_reduce and scan_index")
    read_index(document)  # what is wrong in it is said now
    return document
