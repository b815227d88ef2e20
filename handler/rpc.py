"""One call of an Alibaba Cloud API in RPC style: a form, POSTed, signed with ACS3-HMAC-SHA256.

Source: the OpenAPI documentation (common parameters, ACS3). Parameters go in a form body: a URL would put a
video's signed URL into every access log on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from handler.connections import Connections, NeverSent, NotSent, TransportError
from handler.credentials import Credentials
from handler.errors import NotProcessed, OutcomeUnknown, RequestRejected
from handler.signature import Acs3Auth
from handler.wire import Answer

#: What ActionTrail shows of each call.
USER_AGENT = "gif-on-upload"


class Api(NamedTuple):
    """Where it is, and what to do when it could not be reached, when nothing was sent, and without an answer."""

    address: str
    version: str
    if_not_reached: str
    if_not_sent: str
    if_unanswered: str = ""


def send(
    connections: Connections,
    credentials: Credentials,
    api: Api,
    action: str,
    parameters: Mapping[str, str],
    seconds: float,
    last_look: Callable[[], None] | None = None,
) -> Answer:
    """Whatever it answers within `seconds`. Raises NotProcessed, RequestRejected, OutcomeUnknown.

    last_look: called when it is signed and nothing is sent yet; raises where it is too late for that. So who was
    held up before does not send, and who is held up afterwards sends a signature that is as old as that look.
    """
    request = PreparedRequest()
    request.method, request.url = "POST", f"{api.address}/"
    request.body = urlencode({"Format": "JSON", **parameters}).encode()
    request.headers = CaseInsensitiveDict(
        {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "x-acs-action": action,
            "x-acs-version": api.version,
        }
    )
    Acs3Auth(credentials)(request)
    if last_look:
        last_look()
    try:
        return connections.send("POST", request.url, request.headers, request.body, seconds=seconds)
    except NotSent as exc:
        raise NotProcessed(f"{action}: {api.address} could not be reached", hint=api.if_not_reached) from exc
    except NeverSent as exc:
        raise RequestRejected(f"{action}: nothing was sent to {api.address}: {exc}", hint=api.if_not_sent) from exc
    except TransportError as exc:
        raise OutcomeUnknown(f"{action}: {exc} from {api.address}", hint=api.if_unanswered) from exc
