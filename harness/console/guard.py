"""Who may use the console: this machine, and no web page but the console's own.

The admin path has no password, so a browser that happens to look at a hostile page must not be a way in. Such a
page can send requests to a loopback address (they carry its Origin and Sec-Fetch-Site) and can point its own name
at one (DNS rebinding; they carry that name as Host). Programs send no Origin and no Sec-Fetch-Site.
"""

from __future__ import annotations

from harness.http.server import Request, Response, is_loopback

PATHS = ("/_console", "/_admin")
#: what browsers say that they will show as a page (Fetch Metadata)
_SHOWN = ("document", "iframe", "frame", "object", "embed")


class Forbidden(Exception):
    """The request is not from this machine, or not from the console's own pages; the message says which."""


def is_for_console(request: Request) -> bool:
    """Whether a request on the shared port is the console's: by its path, and a Host that is this machine's.

    Under any other host the path is an object's key.
    """
    ours = request.path in PATHS or request.path.startswith(tuple(f"{path}/" for path in PATHS))
    ours = ours or _is_browser_at_the_root(request)
    return ours and is_loopback(request.host_name)


def _is_browser_at_the_root(request: Request) -> bool:
    """Somebody opens the address that `up` prints. To OSS the same is ListBuckets, which is signed."""
    plain = request.path == "/" and not request.query and not request.header("Authorization")
    return plain and request.method in ("GET", "HEAD") and "text/html" in request.header("Accept")


def check(request: Request) -> None:
    """Raises Forbidden."""
    if not is_loopback(request.client):
        raise Forbidden("only for clients on the machine that the local cloud runs on")
    if not is_loopback(request.host_name):
        raise Forbidden("only by a loopback name, such as http://127.0.0.1")
    origin = request.header("Origin")
    if origin and origin.lower() != f"http://{request.host}".lower():
        raise Forbidden("not for pages of another origin")
    site = request.header("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") and not _is_link(request):
        raise Forbidden("not for pages of another origin")


def confine(request: Request, response: Response) -> Response:
    """What a browser shows of other services runs no script: it has the console's origin, and could act as it."""
    if request.header("Sec-Fetch-Dest") in _SHOWN and not is_for_console(request):
        response.headers["Content-Security-Policy"] = "sandbox"
    return response


def _is_link(request: Request) -> bool:
    """Somebody followed a link to a page of the console; looking changes nothing."""
    return (
        request.method == "GET"
        and (request.path.startswith("/_console") or request.path == "/")
        and request.header("Sec-Fetch-Mode") == "navigate"
        and request.header("Sec-Fetch-Dest") == "document"
    )
