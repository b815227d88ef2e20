"""What never appears in a log, a record or an error: the secrets that are known, and what has a secret's form.

Known secrets are looked for by value, in the encodings in which a service may repeat them. Of what is not known,
such as a signature or the query of a signed URL, the form is. All takes linear time, for others write the text.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

REMOVED = "[removed]"
#: Letters and digits are the same in every encoding, and so many of a credential's in a row are not an accident,
#: even where a service repeats only a part.
_RUN = 12
#: Of two invocations, because an answer to the one before may come late.
_KEPT = 2


class _Known:
    """Of this process: an error is made wherever something fails, and its maker knows no secrets."""

    credentials: tuple[tuple[str, ...], ...] = ()
    addresses: tuple[str, ...] = ()
    #: What is looked for. Made by the first error after a change, not by each invocation.
    wanted: tuple[tuple[str, ...], frozenset[str]] | None = None


def remember_credentials(*secrets: str) -> None:
    """Access key secret and security token of the invocation that begins; those of the one before are kept."""
    held = tuple(secret for secret in secrets if len(secret) >= _RUN)
    if held not in _Known.credentials[:1]:
        _Known.credentials = (held, *_Known.credentials)[:_KEPT]
        _Known.wanted = None


def remember_address(url: str | None) -> None:
    """The user, password and query of a URL of the settings. A short word, as `production` is, is not a secret."""
    parts = urlsplit(url or "")
    values = [parts.query, *(value for _, value in parse_qsl(parts.query))]
    for value in (parts.username, parts.password):
        values += [value or "", unquote(value or "")]
    _Known.addresses = tuple({*_Known.addresses, *filter(_looks_secret, values)})
    _Known.wanted = None


def redact(text: str) -> str:
    """`text` without secrets, signatures and the queries of URLs, whoever wrote it."""
    wanted = _Known.wanted
    if wanted is None:
        wanted = _Known.wanted = _what_to_look_for()
    spellings, pieces = wanted
    for spelling in spellings:
        text = text.replace(spelling, REMOVED)
    if pieces:
        text = re.sub(f"[A-Za-z0-9]{{{_RUN},}}", lambda run: REMOVED if _has(run[0], pieces) else run[0], text)
    text = re.sub(_URL, _without_query, text)
    for pattern, replacement in _FORMS:
        text = re.sub(pattern, replacement, text)
    return text


def _looks_secret(value: str) -> bool:
    return len(value) >= 16 or (len(value) >= 8 and not value.isalpha())


def _what_to_look_for() -> tuple[tuple[str, ...], frozenset[str]]:
    """Every spelling of each secret, longest first; and each piece of a credential that no encoding changes."""
    credentials = {secret for held in _Known.credentials for secret in held}
    spellings = {spelling for secret in (*credentials, *_Known.addresses) for spelling in _encodings(secret)}
    runs = [run for secret in credentials for run in re.findall("[A-Za-z0-9]+", secret)]
    pieces = frozenset(run[at : at + _RUN] for run in runs for at in range(len(run) - _RUN + 1))
    return tuple(sorted(spellings, key=len, reverse=True)), pieces


def _has(run: str, pieces: frozenset[str]) -> bool:
    return any(run[at : at + _RUN] in pieces for at in range(len(run) - _RUN + 1))


def _encodings(secret: str) -> set[str]:
    """As a URL, a form, JSON or XML writes it, and a URL within a URL."""
    once = {quote(secret, safe=""), quote(secret, safe="/"), quote_plus(secret)}
    twice = {quote(text, safe=safe) for text in once for safe in ("", "/")}
    texts = {secret, *once, *twice, *(_in_xml(text) for text in (secret, *once))}
    texts |= {json.dumps(text)[1:-1] for text in texts}
    texts |= {text.replace("/", "\\/").replace("&", "\\u0026") for text in texts}
    return texts | {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in texts}


def _in_xml(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text


# Compiled when the first error is raised, not in each cold start. A pattern that has begun to match goes on to the
# end of what it takes, and there is none that looks far ahead in vain: that keeps them linear.
_URL = r"https?:(?:\\?/){2}[^\s\"'<>]*"
_SLASHES = r"%(?:25){0,3}3[Aa]%(?:25){0,3}2[Ff]%(?:25){0,3}2[Ff]"
_FORMS = (
    # A gateway repeats the whole string to sign, security token included, when it refuses a signature.
    (
        r"(?is)(server string to sign|StringToSign|CanonicalRequest)\s{0,4}(?:is)?\s{0,4}[=:>].*",
        rf"\1 {REMOVED}",
    ),
    (rf"(?i)https?{_SLASHES}[^\s\"'<>]*", REMOVED),
    (
        r"(?i)((?<![A-Za-z])(?:signature|security-?token|accesskey(?:id|secret)?|credential)\"?\s{0,4}"
        r"(?:[=:]|%(?:25){0,3}3D|\\u003d)\s{0,4}\"?)[^\s&\"',;<>]+",
        rf"\1{REMOVED}",
    ),
)


def _without_query(match: re.Match[str]) -> str:
    url = match[0]
    scheme, slashes, rest = re.split(r"((?:\\?/){2})", url, maxsplit=1)
    at = min((place for mark in ("?", "\\u003f") if (place := rest.find(mark)) >= 0), default=-1)
    rest = rest if at < 0 else f"{rest[:at]}?{REMOVED}"
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in host:
        rest = f"{REMOVED}@" + rest[host.rindex("@") + 1 :]
    return scheme + slashes + rest
