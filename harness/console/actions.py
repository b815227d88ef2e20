"""What can be done from the console: upload, timers, faults, delivery, reset."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from email.message import Message
from urllib.parse import quote

from harness.console.cloud import Cloud
from harness.fc.errors import FcError
from harness.http.faults import Fault
from harness.http.server import Request, Response
from harness.signatures import oss_v4


class ActionError(Exception):
    """It was not done. `status`: HTTP's; the message is for whoever asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Actions:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def upload(self, request: Request, bucket: str, key: str) -> str:
        """Puts the request's body into OSS as any client would, signed by the owner; returns the eTag.

        So triggers fire, faults hit, and names are refused as everywhere else. Raises ActionError, ConnectionCut.
        """
        signed = self._signed_put(request, bucket, key)
        response = self._cloud.dispatch(signed)
        if response.status != 200:
            raise _refusal(response)
        return response.headers.get("ETag", "").strip('"')

    def add_fault(self, text: str) -> Fault:
        """Raises FaultError."""
        return self._cloud.faults.add(text.strip())

    def remove_fault(self, fault_id: int) -> None:
        """Raises ActionError when there is no such one."""
        if not self._cloud.faults.remove(fault_id):
            raise ActionError(404, "NoSuchFault", f"there is no fault with the id {fault_id}")

    def clear_faults(self) -> None:
        self._cloud.faults.clear()

    def set_delivery(self, duplicate: int, shuffle_seed: int | None) -> None:
        """Deliver each event `duplicate` times more, and out of order if there is a seed."""
        self._cloud.fc.delivery.duplicate = duplicate
        self._cloud.fc.delivery.shuffle(shuffle_seed)

    def fire_timer(self, function: str, trigger: str) -> str:
        """Fires a timer now; the request id of the invocation. Raises ActionError."""
        try:
            return self._cloud.fc.timers.fire(function, trigger)
        except FcError as exc:
            raise ActionError(exc.status, exc.code, exc.message) from exc

    def reset(self) -> None:
        self._cloud.reset()
        self._cloud.journal.add("reset")

    def _signed_put(self, request: Request, bucket: str, key: str) -> Request:
        owner, region = self._cloud.identities.owner, self._cloud.region
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = oss_v4.Scope(stamp[:8], region)
        headers = Message()
        headers["Host"] = request.host
        for name in ("Content-Type", "Content-Length", "Transfer-Encoding"):
            if request.header(name):
                headers[name] = request.header(name)
        headers["x-oss-date"] = stamp
        headers["x-oss-content-sha256"] = oss_v4.PAYLOAD
        canonical = oss_v4.canonical_request("PUT", f"/{bucket}/{key}", [], headers)
        signature = scope.signature(owner.access_key_secret, oss_v4.string_to_sign(stamp, scope, canonical))
        credential = f"{owner.access_key_id}/{scope}"
        headers["Authorization"] = f"{oss_v4.ALGORITHM} Credential={credential},Signature={signature}"
        path = f"/{bucket}/{quote(key, safe='/')}"
        return Request("PUT", path, "", headers, request.body, request.client)


def _refusal(response: Response) -> ActionError:
    """OSS's error document in words."""
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    try:
        document = ElementTree.fromstring(body)
        code, message = document.findtext("Code", ""), document.findtext("Message", "")
    except ElementTree.ParseError:
        code, message = "Refused", f"OSS answered {response.status}"
    return ActionError(response.status, code, message)
