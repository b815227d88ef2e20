"""The errors of FC's API. Codes: FC's error code table and what the fc3 component reacts to."""

from __future__ import annotations

import json


class FcError(Exception):
    """An answer of the platform itself, not of a function."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self, request_id: str) -> bytes:
        """As FC 3.0 answers it."""
        return json.dumps({"Code": self.code, "Message": self.message, "RequestId": request_id}).encode()


def function_not_found(name: str) -> FcError:
    return FcError(404, "FunctionNotFound", f"function '{name}' does not exist")


def too_large(limit: int) -> FcError:
    return FcError(400, "EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)")


def throttled(message: str) -> FcError:
    return FcError(429, "ResourceExhausted", message)


def trigger_not_found(function: str, trigger: str) -> FcError:
    return FcError(404, "TriggerNotFound", f"trigger '{trigger}' does not exist in function '{function}'")
