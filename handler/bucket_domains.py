"""BUCKET_DOMAINS: the domains of one's own that are bound to buckets (CNAME), and what a URL on any host names.

Accounts that opened OSS since 2025-03-20 cannot get objects from the default public endpoint of a mainland region,
with a presigned URL neither (400 PublicEndpointForbidden). Source: "Access buckets via custom domain names".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

FORM = "must be a comma-separated list of bucket=domain, such as my-videos=videos.example.com"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_DOMAIN = re.compile(r"(?!.{254})([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{1,63}")
_DEFAULT_HOST = re.compile(r"([a-z0-9-]+)\.oss-[a-z0-9-]+\.aliyuncs\.com")
_MAINLAND = re.compile(r"cn-(?!hongkong\b)[a-z0-9-]+")


def read_domains(text: str) -> dict[str, str]:
    """bucket → address with scheme; https where none is given. Raises ValueError with every problem."""
    domains: dict[str, str] = {}
    problems = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        bucket, _, domain = (part.strip() for part in entry.partition("="))
        address = domain if "://" in domain else f"https://{domain}"
        if problem := _problem(bucket, address):
            problems.append(f"{entry!r} {problem}")
        elif bucket in domains:
            problems.append(f"{bucket!r} has two domains")
        elif address in domains.values():
            problems.append(f"{domain!r} is given for two buckets, and can be bound to one only")
        domains[bucket] = address
    if problems or not domains:
        raise ValueError("; ".join([FORM, *problems]))
    return domains


def _problem(bucket: str, address: str) -> str:
    if not _BUCKET.fullmatch(bucket):
        return "does not begin with a bucket's name and ="
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        has_more = parts.port == 0 or bool(parts.path or parts.query or parts.fragment) or "@" in parts.netloc
    except ValueError:  # of the port, or of an address in brackets
        return "is not a domain"
    if parts.scheme not in ("http", "https") or has_more or not _DOMAIN.fullmatch(host) or _is_address(host):
        return "is not a domain alone, without path, query or user"
    if host.endswith(".aliyuncs.com"):
        return "is OSS's own address, not a domain that you have bound to the bucket"
    return ""


def is_own_domain(address: str) -> bool:
    """Whether an address looks like a bucket's own domain; before an endpoint, the SDK puts the bucket."""
    host = (urlsplit(address).hostname or "").lower()
    known = host == "localhost" or host.endswith((".localhost", ".aliyuncs.com")) or host.startswith("oss")
    return not (known or _is_address(host))


def is_mainland(region: str) -> bool:
    return bool(_MAINLAND.fullmatch(region))


class Place(NamedTuple):
    """What a URL leads to. bucket: None where its host is not known; path: without its first slash."""

    bucket: str | None
    path: str


def object_at(url: str, domains: Mapping[str, str]) -> Place:
    """Where a URL leads; ("", "") for what is not a URL.

    So the same object is the same on its own domain, on OSS's and, at an IP address, in path style.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return Place("", "")  # somebody else's task
    if not host:
        return Place("", "")
    path = unquote(parts.path)
    for bucket, address in domains.items():
        if host == urlsplit(address).hostname:
            return Place(bucket, path[1:])
    if default := _DEFAULT_HOST.fullmatch(host):
        return Place(default[1], path[1:])
    if _is_address(host):
        bucket, _, key = path[1:].partition("/")
        return Place(bucket, key)
    return Place(None, path[1:])


def host_and_path(url: str) -> str:
    """A URL's host and path, decoded: `videos.example.com/a/b c.mp4`. "" for what is not a URL.

    It is not a secret: scheme, user, port, query and so the signature are left out.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return f"{host}{unquote(parts.path)}" if host else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
