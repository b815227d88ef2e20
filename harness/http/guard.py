"""Which requests reach the services: those of programs, and of no web page that happens to be open.

The keys of a local cloud are public, and who may call Function Compute runs code on this machine. A page can send
requests to a loopback address; browsers then send its Origin, or Sec-Fetch-Site. By DNS rebinding it can also call
this machine by a name of its own; that name is then the Host. Programs send neither header, and use a name of this
machine or the production's. The console has a stricter guard of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection

from harness.http.hosts import in_production
from harness.http.server import Request, is_address, is_loopback

_SHOWN = 100


class WebGuard:
    """`anywhere`: let everything in. `own`: the name that the server is bound to.

    domains: gives the buckets' own domains as they are now, lower-case and without a port.
    """

    def __init__(
        self, *, anywhere: bool = False, own: str = "", domains: Callable[[], Collection[str]] = frozenset
    ) -> None:
        self._anywhere, self._own = anywhere, own
        self.domains = domains

    def reason(self, request: Request, consents: Callable[[], bool]) -> str:
        """Why the request is refused, "" if it is not.

        consents: whether the service that it is for wants this request of a page of another origin.
        """
        if self._anywhere:
            return ""
        if not self._is_allowed(request.host_name):
            return (
                f"The local cloud does not answer to the host name {request.host_name[:_SHOWN]!r}: use a loopback "
                "address, localhost or a name below it, or an aliyuncs.com name; or start it with --anywhere."
            )
        if is_foreign(request) and not consents():
            who = request.header("Origin")[:_SHOWN] or "another origin"
            return (
                f"A web page of {who} may not call the local cloud. For objects a CORS rule of the bucket "
                "(PutBucketCors) that names the page's origin and the method allows it."
            )
        return ""

    def _is_allowed(self, name: str) -> bool:
        if not name:
            return False
        if name == self._own or name in self.domains():
            return True
        if is_address(name):
            # 0.0.0.0 leads to this machine, too, but browsers send it no Sec-Fetch-Site.
            return not ipaddress.ip_address(name).is_unspecified
        # <project>.127.0.0.1, as clients of Log Service say: no name of the web ends in a number.
        if is_address(name.partition(".")[2]):
            return is_loopback(name.partition(".")[2])
        return name == "localhost" or name.endswith(".localhost") or in_production(name)


def is_foreign(request: Request) -> bool:
    """Whether a browser says that a page of another origin sends this."""
    own = f"http://{request.host}".lower()
    if any(str(origin).lower() != own for origin in request.headers.get_all("Origin", [])):
        return True
    return any(str(site) not in ("same-origin", "none") for site in request.headers.get_all("Sec-Fetch-Site", []))


def is_link(request: Request) -> bool:
    """Somebody follows a link: the page that has it learns nothing of the answer."""
    return (
        request.method in ("GET", "HEAD")
        and request.header("Sec-Fetch-Mode") == "navigate"
        and request.header("Sec-Fetch-Dest") == "document"
        and not request.header("Origin")
    )
