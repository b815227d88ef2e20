"""CORS: a bucket's rules, the preflights of browsers, and the headers by which a browser shows a page its answer.

Source: OSS API reference, PutBucketCors, GetBucketCors, DeleteBucketCors, Options.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element as Node

from harness.http.server import Request, Response
from harness.oss.errors import OssError
from harness.oss.state.cors import Cors, CorsRule
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.xml import Element, parse

MAX_RULES = 20
MAX_DOCUMENT = 16 * 1024
METHODS = ("GET", "PUT", "DELETE", "POST", "HEAD")
_NOT_IN_HEADERS = re.compile("[<>&'\"]")

_NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
    "method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the "
    "resource's CORS spec."
)


def put_bucket_cors(call: Call) -> Response:
    document = call.document()
    if len(document) > MAX_DOCUMENT:
        raise OssError("MalformedXML", ErrorDetail="the document is larger than 16 KB")
    root = parse(document, "CORSConfiguration")
    rules = [_rule(node) for node in root.findall("CORSRule")]
    if not 1 <= len(rules) <= MAX_RULES:
        raise OssError("MalformedXML", ErrorDetail=f"there must be 1 to {MAX_RULES} CORSRule")
    call.store.cors.put(call.bucket, Cors(tuple(rules), root.findtext("ResponseVary") == "true"))
    return empty()


def _rule(node: Node) -> CorsRule:
    def texts(name: str) -> tuple[str, ...]:
        return tuple((found.text or "").strip() for found in node.findall(name))

    origins, methods = texts("AllowedOrigin"), texts("AllowedMethod")
    headers, exposed, ages = texts("AllowedHeader"), texts("ExposeHeader"), texts("MaxAgeSeconds")
    if not origins or not methods or len(ages) > 1:
        detail = "a CORSRule has AllowedOrigin, AllowedMethod and at most one MaxAgeSeconds"
        raise OssError("MalformedXML", ErrorDetail=detail)
    for name, values, good in (
        ("AllowedOrigin", origins, lambda text: text and text.count("*") <= 1),
        ("AllowedMethod", methods, METHODS.__contains__),
        ("AllowedHeader", headers, lambda text: text.count("*") <= 1 and not _NOT_IN_HEADERS.search(text)),
        ("ExposeHeader", exposed, lambda text: "*" not in text and not _NOT_IN_HEADERS.search(text)),
        ("MaxAgeSeconds", ages, re.compile("[0-9]{1,9}").fullmatch),
    ):
        for value in values:
            if not good(value):
                raise OssError("InvalidArgument", ArgumentName=name, ArgumentValue=value[:100])
    return CorsRule(origins, methods, headers, exposed, int(ages[0]) if ages else None)


def get_bucket_cors(call: Call) -> Response:
    cors = call.store.cors.of(call.bucket)
    if cors is None:
        raise OssError("NoSuchCORSConfiguration", BucketName=call.bucket)
    elements: list[Element] = [("CORSRule", _elements(rule)) for rule in cors.rules]
    elements.append(("ResponseVary", "true" if cors.vary else "false"))
    return answer_xml(("CORSConfiguration", elements))


def _elements(rule: CorsRule) -> list[Element]:
    named = {
        "AllowedOrigin": rule.origins,
        "AllowedMethod": rule.methods,
        "AllowedHeader": rule.headers,
        "ExposeHeader": rule.exposed,
    }
    elements: list[Element] = [(name, value) for name, values in named.items() for value in values]
    return elements if rule.max_age is None else [*elements, ("MaxAgeSeconds", str(rule.max_age))]


def delete_bucket_cors(call: Call) -> Response:
    call.store.cors.delete(call.bucket)
    return empty(status=204)


def option_object(call: Call) -> Response:
    """A preflight: it is not signed, and the object need not exist. Its headers come from `headers_for`."""
    cors = call.store.cors.of(call.bucket)
    if cors is None:
        raise OssError("AccessForbidden", _NOT_ENABLED)
    if _rule_for(cors, call.request) is None:
        raise OssError("AccessForbidden", _NOT_ALLOWED)
    return empty()


def _rule_for(cors: Cors, request: Request) -> CorsRule | None:
    header = request.header
    origin, asked = header("Origin"), header("Access-Control-Request-Headers")
    if request.method != "OPTIONS":
        return cors.rule_for(origin, request.method) if origin else None
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    return cors.rule_for(origin, header("Access-Control-Request-Method"), wanted) if origin else None


def headers_for(cors: Cors | None, request: Request) -> dict[str, str]:
    """What an answer says to the browser: nothing unless a rule fits."""
    if cors is None:
        return {}
    vary = {"Vary": "Origin"} if cors.vary else {}
    rule = _rule_for(cors, request)
    if rule is None:
        return vary
    origin = "*" if "*" in rule.origins else request.header("Origin")
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": ", ".join(rule.methods)}
    if asked := request.header("Access-Control-Request-Headers"):
        headers["Access-Control-Allow-Headers"] = asked
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age is not None:
        headers["Access-Control-Max-Age"] = str(rule.max_age)
    return headers | vary


HANDLERS: dict[str, Handler] = {
    "PutBucketCors": put_bucket_cors,
    "GetBucketCors": get_bucket_cors,
    "DeleteBucketCors": delete_bucket_cors,
    "OptionObject": option_object,
}
