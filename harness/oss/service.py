"""OSS as a service of the local cloud: every request from its first byte to its answer.

Of asynchronous processing there is video/animation to a GIF, which `media` makes (IMM); see wire/processing.py.

Not implemented, and answered NotImplemented: image and other media processing and SELECT (x-oss-process,
asyncFetch, dataPipeline, x-oss-write-get-object-response), callbacks (callback,
callback-var, x-oss-callback, x-oss-callback-var), signature V2, the dialect
of Amazon S3, bucket tags (tagging of a bucket), conditions on a
write (If-Match and its like), AppendObject with a KMS key id, and by their query parameter
  of objects: restore, cleanRestoredObject, seal, rename, legalHold, retention, objectWorm
  of buckets: accessMonitor, accessmonitor, accessPoint, accessPointPolicy, bucketArchiveDirectRead, comp,
    httpsConfig, inventory, lifecycle, live, logging, metadataConfiguration, metadataInventoryTable,
    metadataJournalTable, metaQuery, overwriteConfig, policy, policyStatus, qos, qosInfo,
    qosRequester, quota, redundancyTransition, replication, replicationLocation, replicationProgress,
    requestPayment, requesterQosInfo, resourceGroup, resourcePool, resourcePoolBuckets, resourcePoolInfo, rtc,
    style, transferAcceleration, userDefinedLogFieldsConfig, userQosInfo, vod, website
  of the account: cloudboxes, regions
Traffic limits, request payment and restrictions by address (x-oss-ac-*) are accepted and mean nothing; nothing is
encrypted, whatever a rule says. Requests of web pages need a CORS rule.
Unlike OSS: buckets all belong to one account, what is changed takes effect at
once, and a missing object is always NoSuchKey (OSS may say AccessDenied to who may not list the bucket).
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from harness.http.body import MalformedBody
from harness.http.server import ConnectionCut, Request, Response
from harness.http.xml_text import xml_text
from harness.oss.errors import OssError
from harness.oss.notifications import Notifications
from harness.oss.state.loading import Item
from harness.oss.state.store import Store
from harness.oss.wire import (
    buckets,
    copying,
    cors,
    deleting,
    domains,
    encryption,
    lists,
    multipart,
    objects,
    post_object,
    processing,
    properties,
    protection,
    statistics,
    worm,
)
from harness.oss.wire.access import Access
from harness.oss.wire.addressing import Addressing, Target, is_mainland_public, is_path_style
from harness.oss.wire.call import Call, Handler, Media
from harness.oss.wire.consent import Consent
from harness.oss.wire.inside import Inside
from harness.oss.wire.operations import INVALID, Operation, detect
from harness.oss.wire.place import Place
from harness.oss.wire.times import http_date
from harness.oss.wire.unsupported import refuse_unsupported
from harness.oss.wire.xml import Element, render
from harness.ram.identity import signer_name
from harness.ram.realm import Realm
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
    **encryption.HANDLERS,
    **statistics.HANDLERS,
    **cors.HANDLERS,
    **domains.HANDLERS,
    **protection.HANDLERS,
    **worm.HANDLERS,
    **processing.HANDLERS,
}
#: the operations whose bucket need not exist
_MAKE_BUCKETS = ("PutBucket", "PutBucketAcl")

_log = logging.getLogger(__name__)


class OssService:
    """A Service of harness.http. Its state is in `directory`; the realm's clock is the only one it reads.

    `code_bucket`: what is in it gets run, so that no web page may write it. `new_account`: one that opened OSS
    since 2025-03-20, to whom public endpoints of mainland regions serve no data, and whose buckets block public
    access until it is allowed. The Host decides: loopback counts as the internal endpoint.
    """

    name = "oss"

    def __init__(
        self,
        directory: Path,
        realm: Realm,
        *,
        code_bucket: str | None = None,
        new_account: bool = False,
    ) -> None:
        self.store = Store(directory, realm.clock, blocks_public=new_account)
        self.notifications = Notifications()
        self._identities, self._journal = realm.identities, realm.journal
        self._new_account = new_account
        self._place = Place(realm.region, realm.account_id, realm.clock)
        #: for services of the account
        self.inside = Inside(self.store, self.notifications, self._place)
        #: who makes things of objects; None: nobody
        self.media: Media | None = None
        self._access = Access(realm, self._place)
        self._addressing = Addressing(self.store.has_bucket, self.store.domains.bucket_of, realm.region)
        self._consent = Consent(self.store.cors.of, code_bucket)
        self._code_bucket = code_bucket

    def read(self, request: Request) -> Call:
        target, operation, error = Target(), INVALID, None
        try:
            target = self._addressing.target(request)
            operation = detect(request, target)
        except OssError as exc:
            error = exc
        return Call(
            request,
            operation,
            target.bucket,
            target.key,
            secrets.token_hex(12).upper(),
            self.store,
            self.notifications,
            self._place,
            self._access,
            self.media,
            error,
        )

    def answer(self, call: Call) -> Response:
        started = time.monotonic()
        try:
            response = self._perform(call)
        except OssError as error:
            response = self._error(call, error)
        except (ConnectionCut, MalformedBody):
            raise
        except Exception:  # noqa: BLE001  (a fault of ours is an InternalError, as it would be there)
            _log.exception("%s failed", call.name)
            response = self._error(call, OssError("InternalError"))
        self._journal.add(
            "request",
            service=self.name,
            operation=call.name,
            bucket=call.bucket,
            key=call.key,
            status=response.status,
            signer=signer_name(call.signer),
        )
        return self._complete(call, response, started)

    def consents(self, call: Call) -> bool:
        """Whether a web page of another origin may send this: as the bucket's CORS rules say."""
        return self._consent.given(call)

    def refuse(self, call: Call, status: int, code: str, message: str) -> Response:
        return self._complete(call, self._error(call, OssError(code, message, status)), time.monotonic())

    def presign_get(self, bucket: str, key: str, seconds: int, base_url: str, *, ago: float = 0.0) -> str:
        """A URL by which anyone may get the object for `seconds`, signed (V4) by the owner so long `ago`.

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
            self._place.clock() - ago,
        )
        base = urlsplit(base_url)
        host, path = base.netloc, quote(key, safe="/")
        where = f"{host}/{bucket}" if is_path_style(host) else f"{bucket}.{host}"
        return f"{base.scheme}://{where}/{path}?{urlencode(query, quote_via=quote, safe='')}"

    def load(self, bucket: str, items: Iterable[Item]) -> int:
        """Many new objects at once, as if they had been there: no events, no rights. How many. Raises OssError."""
        return self.store.load(bucket, items)

    def close(self) -> None:
        self.store.close()

    def _perform(self, call: Call) -> Response:
        request, operation = call.request, call.operation
        unsigned = request.method == "OPTIONS"  # a preflight has the query of the request that it announces
        if not unsigned:
            refuse_unsupported(request)
        if call.error:
            raise call.error
        forbidden = self._new_account and call.bucket != self._code_bucket  # which is the platform's own
        if forbidden and is_mainland_public(request.host_name) and _moves_data(operation):
            raise OssError("PublicEndpointForbidden")
        # before anything else, the signature too: by that clients tell whether a bucket exists
        if call.bucket and operation.name not in _MAKE_BUCKETS:
            self.store.bucket(call.bucket)
        if not unsigned:
            call.signer = self._access.signer(request, Target(call.bucket, call.key).resource)
        if operation.action:
            call.authorize(operation.action, call.bucket, call.key)
        return HANDLERS[operation.name](call)

    def _error(self, call: Call, error: OssError) -> Response:
        endpoint = f"oss-{self._place.region}.aliyuncs.com"
        elements: list[Element] = [
            ("Code", error.code),
            ("Message", error.message),
            ("RequestId", call.request_id),
            ("HostId", call.request.host or (f"{call.bucket}.{endpoint}" if call.bucket else endpoint)),
            *error.fields.items(),
        ]
        if error.ec:
            elements.append(("EC", error.ec))
        headers = {**error.headers, **({"x-oss-ec": error.ec} if error.ec else {})}
        if error.status == 304:
            return Response(304, headers)
        # an error must be read even by a client that cannot read the key in it
        document = render(("Error", [(name, xml_text(str(text))) for name, text in elements]))
        headers["Content-Type"] = "application/xml"
        if call.request.method == "HEAD":
            return Response(error.status, {**headers, "x-oss-err": base64.b64encode(document).decode()})
        return Response(error.status, headers, document)

    def _complete(self, call: Call, response: Response, started: float) -> Response:
        response.headers = {
            "Server": "AliyunOSS",
            "Date": http_date(self._place.clock()),
            "x-oss-request-id": call.request_id,
            "x-oss-server-time": str(int((time.monotonic() - started) * 1000)),
            **cors.headers_for(self.store.cors.of(call.bucket), call.request),
            **response.headers,
        }
        return response


def _moves_data(operation: Operation) -> bool:
    """No page lists them: those on objects here, so that buckets can still be listed and managed [U]."""
    return operation.scope == "object" or operation.name in ("PostObject", "DeleteMultipleObjects")
