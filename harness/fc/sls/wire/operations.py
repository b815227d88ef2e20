"""The operations there are: how each is recognised, and which right it takes.

Source: the API reference of Log Service (2020-12-30), operation by operation, with its RAM actions and resources.
"""

from __future__ import annotations

from harness.fc.sls.wire import indexes, logs, places
from harness.fc.sls.wire.call import Operation

_ONE = "{project}/logstore/{logstore}"
_INDEX = "/logstores/{logstore}/index"
#: the first that fits is it
OPERATIONS = (
    Operation("ListProject", "GET", "/", "*", places.list_projects, has_project=False),
    Operation("CreateProject", "POST", "/", "*", places.create_project, has_project=False),
    Operation("GetProject", "GET", "/", "{project}", places.get_project),
    Operation("ListLogStores", "GET", "/logstores", "{project}/logstore/*", places.list_logstores),
    Operation("CreateLogStore", "POST", "/logstores", "{project}/logstore/*", places.create_logstore),
    Operation(
        "GetLogs",
        "GET",
        "/logstores/{logstore}",
        _ONE,
        logs.get_logs,
        action="GetLogStoreLogs",
        marker=("type", "log"),
    ),
    Operation("GetLogStore", "GET", "/logstores/{logstore}", _ONE, places.get_logstore),
    Operation("GetLogsV2", "POST", "/logstores/{logstore}/logs", _ONE, logs.get_logs_v2, action="GetLogStoreLogs"),
    Operation("GetIndex", "GET", _INDEX, _ONE, indexes.get_index),
    Operation("CreateIndex", "POST", _INDEX, _ONE, indexes.create_index),
    Operation("UpdateIndex", "PUT", _INDEX, _ONE, indexes.update_index),
    Operation("DeleteIndex", "DELETE", _INDEX, _ONE, indexes.delete_index),
)
