"""The requests and answers of an RPC-style API: parameters in, JSON or XML out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from harness.http.server import Request, Response
from harness.http.xml_text import xml_text
from harness.multimediaai.openapi.errors import ApiError
from harness.signatures import rpc

#: in bytes; more is refused
MAX_BODY = 1 << 20
#: tea-openapi compares the whole value to decide how it reads an error
_JSON_TYPE, _XML_TYPE = "application/json;charset=utf-8", "text/xml;charset=utf-8"


@dataclass(frozen=True)
class Call:
    """A request as its parameters say it. `acs3`: meant to be signed by ACS3, not by the legacy way."""

    request: Request
    body: bytes
    params: Mapping[str, str]
    acs3: bool
    request_id: str

    @property
    def name(self) -> str:
        """The Action, also an unknown one; "Unknown" without any."""
        return self.action or "Unknown"

    @property
    def action(self) -> str:
        return self.request.header("x-acs-action") or self.params.get("Action", "")

    @property
    def version(self) -> str:
        return self.request.header("x-acs-version") or self.params.get("Version", "")

    @property
    def wants_xml(self) -> bool:
        """`Format` decides, then an Accept that names one of the two; XML is the legacy signature's default.

        That of ACS3 is not documented; JSON is what every SDK that uses it asks for.
        """
        chosen = self.params.get("Format", "").upper()
        if chosen in ("JSON", "XML"):
            return chosen == "XML"
        accept = self.request.header("Accept").lower()
        if ("json" in accept) != ("xml" in accept):
            return "xml" in accept
        return not self.acs3

    def answer(self, fields: Mapping[str, Any]) -> Response:
        """200; `fields` come after the RequestId, None is left out."""
        return self._response(200, f"{self.action}Response", {"RequestId": self.request_id, **fields})

    def refusal(self, error: ApiError, host: str) -> Response:
        fields = {
            "RequestId": self.request_id,
            "HostId": host,
            "Code": error.code,
            "Message": error.message,
            "Recommend": f"https://error-center.aliyun.com/status/search?Keyword={error.code}&source=PopGw",
        }
        response = self._response(error.status, "Error", fields)
        if error.code.startswith("Throttling"):
            response.headers["x-acs-retry-after"] = "100"  # milliseconds; tea-openapi tells throttling by it
        return response

    def _response(self, status: int, root: str, fields: Mapping[str, Any]) -> Response:
        if self.wants_xml:
            text = f"<?xml version='1.0' encoding='UTF-8'?>{_xml(root, fields)}"
        else:
            text = json.dumps(_without_none(fields), ensure_ascii=False, separators=(",", ":"))
        headers = {
            "Content-Type": _XML_TYPE if self.wants_xml else _JSON_TYPE,
            "x-acs-request-id": self.request_id,
        }
        return Response(status, headers, text.encode("utf-8", "replace"))


def read_call(request: Request) -> Call:
    """Reads the body, and not much more of it than MAX_BODY."""
    body = _read(request)
    params = rpc.parameters(request, body)
    acs3 = request.header("Authorization").startswith("ACS3-") or "Action" not in params
    return Call(request, body, params, acs3, str(uuid.uuid4()).upper())


def _read(request: Request) -> bytes:
    body = b""
    while len(body) <= MAX_BODY and (chunk := request.body.read(MAX_BODY)):
        body += chunk
    return body


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value


def _xml(name: str, value: Any) -> str:
    """A list repeats its element once per item, as the page of ListTasks shows it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_xml(name, each) for each in value)
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_xml(key, each) for key, each in value.items())}</{name}>"
    return f"<{name}>{escape(xml_text(str(value)))}</{name}>"
