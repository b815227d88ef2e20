"""What a page would send that knows the public keys: calls of every service, signed for the host it uses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import oss2
import requests

from handler.credentials import Credentials
from handler.signature import Acs3Auth
from harness.cloud import LocalCloud
from tests.clients.oss_sdk import oss2_auth

#: headers that a browser sets itself, whatever a page says
_OF_THE_BROWSER = ("host", "content-length", "accept-encoding", "user-agent", "connection")
EVIL = "def handler(event, context):\n    return 'owned'\n"


@dataclass(frozen=True)
class Attack:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def script(self) -> str:
        """A JavaScript expression: its status, or 0 where the browser did not let the page see an answer."""
        options: dict[str, Any] = {"method": self.method, "headers": dict(self.headers)}
        if self.body:
            options["body"] = self.body
        return f"fetch({json.dumps(self.url)}, {json.dumps(options)}).then((r) => r.status, () => 0)"

    def send(self, session: requests.Session, url: str, **headers: str) -> requests.Response:
        """As a program would, to `url`'s address, with the host that it was signed for."""
        there, wanted = urlsplit(url), urlsplit(self.url)
        where = f"http://{there.netloc}{wanted.path}{'?' if wanted.query else ''}{wanted.query}"
        sent = {"Host": wanted.netloc, **self.headers, **headers}
        return session.request(self.method, where, data=self.body.encode(), headers=sent, timeout=10)


def create_function(cloud: LocalCloud, host: str) -> Attack:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", EVIL)
    code = {"zipFile": base64.b64encode(packed.getvalue()).decode()}
    document = {"functionName": "evil", "runtime": "python3.10", "handler": "index.handler", "code": code}
    return _acs3(cloud, host, "/2023-03-30/functions", json.dumps(document))


def invoke_function(cloud: LocalCloud, host: str) -> Attack:
    return _acs3(cloud, host, "/2023-03-30/functions/evil/invocations", "{}")


def create_task(cloud: LocalCloud, host: str) -> Attack:
    """By GET, which an image on any page sends as well as a script."""
    owner = cloud.identities.owner
    params = {
        "Action": "CreateGifTask",
        "Version": "2019-08-10",
        "AccessKeyId": owner.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid4().hex,
        "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ApplicationId": "a",
        "VideoUrl": "http://127.0.0.1/x.mp4",
        "VideoName": "x.mp4",
    }
    query = "&".join(f"{_percent(name)}={_percent(value)}" for name, value in sorted(params.items()))
    key = f"{owner.access_key_secret}&".encode()
    digest = hmac.new(key, f"GET&%2F&{_percent(query)}".encode(), hashlib.sha1).digest()
    return Attack("GET", f"http://{host}/?{query}&Signature={_percent(base64.b64encode(digest).decode())}")


def put_object(cloud: LocalCloud, host: str, key: str = "evil.mp4", bucket: str = "my-videos") -> Attack:
    return _presigned(cloud, host, "PUT", bucket, key, body="evil")


def get_object(cloud: LocalCloud, host: str, key: str, bucket: str = "my-videos") -> Attack:
    return _presigned(cloud, host, "GET", bucket, key)


def put_cors(cloud: LocalCloud, host: str, bucket: str = "my-videos") -> Attack:
    """The owner's consent, given by the page itself."""
    rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>"
    document = f"<CORSConfiguration>{rule}</CORSConfiguration>"
    return _presigned(cloud, host, "PUT", bucket, "", {"cors": ""}, document)


def _presigned(
    cloud: LocalCloud,
    host: str,
    method: str,
    bucket: str,
    key: str,
    params: Mapping[str, str] | None = None,
    body: str = "",
) -> Attack:
    auth = oss2_auth(cloud.identities.owner)
    headers = {"Content-Type": "text/plain"} if body else {}
    request = oss2.http.Request(method, f"{cloud.url}/{bucket}/{key}", params=dict(params or {}), headers=headers)
    signed = urlsplit(auth._sign_url(request, bucket, key, 600))
    return Attack(method, f"http://{host}{signed.path}?{signed.query}", headers, body)


def _acs3(cloud: LocalCloud, host: str, path: str, body: str) -> Attack:
    owner = cloud.identities.owner
    auth = Acs3Auth(Credentials(owner.access_key_id, owner.access_key_secret, ""))
    headers = {"Content-Type": "application/json"}
    signed = requests.Request("POST", f"http://{host}{path}", headers, data=body, auth=auth).prepare()
    kept = {name: str(value) for name, value in signed.headers.items() if name.lower() not in _OF_THE_BROWSER}
    return Attack("POST", f"http://{host}{path}", kept, body)


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")
