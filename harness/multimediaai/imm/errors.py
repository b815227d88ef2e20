"""IMM's error codes. Source: its page "Error handling" and the samples on its API pages.

Unsure: ResourceAlreadyExists, and every code of a task that has failed, of which no page has a list.
"""

from __future__ import annotations

from functools import partial

from harness.multimediaai.openapi.errors import GATEWAY_ERRORS, refusal

#: code → (HTTP status, message; %s: what it is about)
ERRORS: dict[str, tuple[int, str]] = {
    **GATEWAY_ERRORS,
    "InvalidArgument": (400, "%s"),
    "ResourceNotFound": (404, "The specified resource %s is not found."),
    "ResourceAlreadyExists": (409, "The specified resource %s already exists."),
}

#: (code, what it is about) → ApiError
refused = partial(refusal, ERRORS)
