"""OSS as a service of the local cloud: every request from its first byte to its answer.

Not implemented, and answered NotImplemented: image and media processing (x-oss-process), SELECT, restore,
callbacks, CORS, lifecycle, website, logging, referer, bucket policies and tags, worm, encryption rules,
replication, inventory, live channels, access points, signature V2. Traffic limits and request payment are accepted
and mean nothing. Unlike OSS: buckets all belong to one account, what is changed takes effect at once, and a
missing object is always NoSuchKey (OSS may say AccessDenied to who may not list the bucket).
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from harness.body import MalformedBody
from harness.http import ConnectionCut, Request, Response
from harness.identity import ACCOUNT_ID, Credentials, Identities
from harness.oss.errors import OssError
from harness.oss.notifications import Notifications
from harness.oss.state.store import Store
from harness.oss.wire import (
    buckets,
    copying,
    deleting,
    domains,
    lists,
    multipart,
    objects,
    post_object,
    properties,
)
from harness.oss.wire.access import Access
from harness.oss.wire.addressing import Addressing, Target, is_mainland_public, is_path_style
from harness.oss.wire.call import Call, Handler, Place
from harness.oss.wire.operations import Operation, detect
from harness.oss.wire.times import http_date
from harness.oss.wire.xml import Element, render
from harness.service import Authorize, Journal
from harness.signatures import oss_v4

HANDLERS: Mapping[str, Handler] = {
    **buckets.HANDLERS,
    **lists.HANDLERS,
    **objects.HANDLERS,
    **deleting.HANDLERS,
    **copying.HANDLERS,
    **multipart.HANDLERS,
    **properties.HANDLERS,
    **post_object.HANDLERS,
    **domains.HANDLERS,
}

_log = logging.getLogger(__name__)


class OssService:
    """A harness.service.Service. Its state is in `directory`; `clock` (epoch seconds) is the only one it reads.

    `temp_bucket`: see Addressing. `new_account`: one that opened OSS since 2025-03-20, to whom public endpoints
    of mainland regions serve no data. The Host decides: loopback counts as the internal endpoint.
    """

    name = "oss"

    def __init__(
        self,
        directory: Path,
        *,
        identities: Identities,
        authorize: Authorize,
        journal: Journal,
        region: str = "cn-beijing",
        account_id: str = ACCOUNT_ID,
        clock: Callable[[], float] = time.time,
        temp_bucket: str | None = None,
        new_account: bool = False,
    ) -> None:
        self.store = Store(directory, clock)
        self.notifications = Notifications()
        self._identities, self._journal = identities, journal
        self._new_account = new_account
        self._place = Place(region, account_id, clock)
        self._access = Access(identities, authorize, journal, self._place)
        self._addressing = Addressing(
            self.store.has_bucket, self.store.domains.bucket_of, region, account_id, temp_bucket
        )

    def operation(self, request: Request) -> str:
        """The name in the API reference; "Invalid" for a request that is none."""
        try:
            return detect(request, self._addressing.target(request)).name
        except OssError:
            return "Invalid"

    def handle(self, request: Request) -> Response:
        started, request_id = time.monotonic(), secrets.token_hex(12).upper()
        target, name = Target(), "Invalid"
        try:
            target = self._addressing.target(request)
            operation = detect(request, target)
            name = operation.name
            if self._new_account and is_mainland_public(request.host_name) and _moves_data(operation):
                raise OssError("PublicEndpointForbidden")
            signer = self._access.signer(request, target.resource)
            response = self._run(request, operation, target, signer, request_id)
        except OssError as error:
            response = self._error(request, error, request_id, target.bucket)
        except (ConnectionCut, MalformedBody):
            raise
        except Exception:  # noqa: BLE001  (a fault of ours is an InternalError, as it would be there)
            _log.exception("%s failed", name)
            response = self._error(request, OssError("InternalError"), request_id, target.bucket)
        self._journal.add(
            "request",
            service=self.name,
            operation=name,
            bucket=target.bucket,
            key=request.notes.get("key", target.key),
            status=response.status,
            signer=request.notes.get("signer", "anonymous"),
        )
        return self._complete(response, request_id, started)

    def refuse(self, request: Request, status: int, code: str, message: str) -> Response:
        request_id = secrets.token_hex(12).upper()
        try:
            bucket = self._addressing.target(request).bucket
        except OssError:
            bucket = ""
        response = self._error(request, OssError(code, message, status), request_id, bucket)
        return self._complete(response, request_id, time.monotonic())

    def presign_get(self, bucket: str, key: str, seconds: int, base_url: str) -> str:
        """A URL by which anyone may get the object for `seconds`, signed (V4) by the owner.

        `base_url`: the endpoint, such as "http://127.0.0.1:9000"; the bucket goes into the path for an IP address
        or localhost, else before the host.
        """
        owner = self._identities.owner
        query = oss_v4.presigned_query(
            "GET",
            f"/{bucket}/{key}",
            owner.access_key_id,
            owner.access_key_secret,
            self._place.region,
            seconds,
            self._place.clock(),
        )
        base = urlsplit(base_url)
        host, path = base.netloc, quote(key, safe="/")
        where = f"{host}/{bucket}" if is_path_style(host) else f"{bucket}.{host}"
        return f"{base.scheme}://{where}/{path}?{urlencode(query, quote_via=quote, safe='')}"

    def close(self) -> None:
        self.store.close()

    def _run(
        self, request: Request, operation: Operation, target: Target, signer: Credentials | None, request_id: str
    ) -> Response:
        call = Call(
            request,
            operation,
            target.bucket,
            target.key,
            signer,
            request_id,
            self.store,
            self.notifications,
            self._place,
            self._access,
        )
        if target.bucket and operation.name != "PutBucket":
            self.store.bucket(target.bucket)
        if operation.action:
            call.authorize(operation.action, target.bucket, target.key)
        return HANDLERS[operation.name](call)

    def _error(self, request: Request, error: OssError, request_id: str, bucket: str) -> Response:
        endpoint = f"oss-{self._place.region}.aliyuncs.com"
        elements: list[Element] = [
            ("Code", error.code),
            ("Message", error.message),
            ("RequestId", request_id),
            ("HostId", request.host or (f"{bucket}.{endpoint}" if bucket else endpoint)),
            *error.fields.items(),
        ]
        if error.ec:
            elements.append(("EC", error.ec))
        headers = {**error.headers, **({"x-oss-ec": error.ec} if error.ec else {})}
        if error.status == 304:
            return Response(304, headers)
        document = render(("Error", elements))
        headers["Content-Type"] = "application/xml"
        if request.method == "HEAD":
            return Response(error.status, {**headers, "x-oss-err": base64.b64encode(document).decode()})
        return Response(error.status, headers, document)

    def _complete(self, response: Response, request_id: str, started: float) -> Response:
        response.headers = {
            "Server": "AliyunOSS",
            "Date": http_date(self._place.clock()),
            "x-oss-request-id": request_id,
            "x-oss-server-time": str(int((time.monotonic() - started) * 1000)),
            **response.headers,
        }
        return response


def _moves_data(operation: Operation) -> bool:
    """No page lists them: those on objects here, so that buckets can still be listed and managed [U]."""
    return operation.scope == "object" or operation.name in ("PostObject", "DeleteMultipleObjects")
