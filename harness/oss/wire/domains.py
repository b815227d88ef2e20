"""A bucket's own domains: CreateCnameToken, GetCnameToken, PutCname, ListCname, DeleteCname.

Unlike OSS: nobody's ownership of a domain is checked by DNS, no ICP filing is asked for, certificates are accepted
and not kept, and a token is the same each time. Who deletes a domain that is not bound is told that it worked [U].
"""

from __future__ import annotations

import hashlib
import re

from harness.http.server import Response, is_address
from harness.oss.errors import OssError
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.times import http_date, iso
from harness.oss.wire.xml import Element, parse

_DOMAIN = re.compile(r"(?!.{254})([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{1,63}", re.IGNORECASE)
_TOKEN_SECONDS = 72 * 3600


def create_cname_token(call: Call) -> Response:
    return _token(call, _domain(call))


def get_cname_token(call: Call) -> Response:
    return _token(call, _checked(call.params["cname"]))


def put_cname(call: Call) -> Response:
    call.store.domains.bind(call.bucket, _domain(call))
    return empty()


def delete_cname(call: Call) -> Response:
    call.store.domains.unbind(call.bucket, _domain(call))
    return empty()


def list_cname(call: Call) -> Response:
    bound: list[Element] = [
        ("Cname", [("Domain", domain.name), ("LastModified", iso(domain.bound)), ("Status", "Enabled")])
        for domain in call.store.domains.of(call.bucket)
    ]
    owner: list[Element] = [("Bucket", call.bucket), ("Owner", call.place.account_id)]
    return answer_xml(("ListCnameResult", [*owner, *bound]))


def _token(call: Call, domain: str) -> Response:
    token = hashlib.md5(f"{call.bucket} {domain}".encode(), usedforsecurity=False).hexdigest()
    until = http_date(call.place.clock() + _TOKEN_SECONDS)
    shown: list[Element] = [("Bucket", call.bucket), ("Cname", domain), ("Token", token), ("ExpireTime", until)]
    return answer_xml(("CnameToken", shown))


def _domain(call: Call) -> str:
    return _checked(parse(call.document(), "BucketCnameConfiguration").findtext("Cname/Domain") or "")


def _checked(domain: str) -> str:
    if not _DOMAIN.fullmatch(domain) or is_address(domain) or domain.lower().endswith(".aliyuncs.com"):
        raise OssError("InvalidArgument", "The domain is not valid.", ArgumentName="Domain", ArgumentValue=domain)
    return domain.lower()


HANDLERS: dict[str, Handler] = {
    "CreateCnameToken": create_cname_token,
    "GetCnameToken": get_cname_token,
    "PutCname": put_cname,
    "ListCname": list_cname,
    "DeleteCname": delete_cname,
}
