"""What every RPC-style service does with a request: the call, who signed it, whether they may, the answer.

Calls are GET with everything in the URL, or POST with a form, signed by ACS3-HMAC-SHA256 or by the legacy RPC
signature. Unsure, since no page says it: the order in which a request is checked (address, action, signature,
permission, what the service itself asks).
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.http.server import Response
from harness.multimediaai.openapi.call import MAX_BODY, Call
from harness.multimediaai.openapi.errors import GATEWAY_ERRORS, ApiError, refusal
from harness.ram.identity import Credentials, signer_name
from harness.ram.realm import Realm
from harness.signatures import SignatureError, acs3, rpc
from harness.signatures.gateway import NonceLog

Params = Mapping[str, str]
Fields = dict[str, Any]
Action = Callable[[Params], Fields]
AboutSigner = Callable[[Credentials], Fields]
_log = logging.getLogger(__name__)
_refused = partial(refusal, GATEWAY_ERRORS)


@dataclass(frozen=True)
class Api:
    """One product's. name: as RAM and the journal have it. elsewhere: actions that the product has and the local
    cloud has not; any other is InvalidApiNotFound. resource: what an action is asked for, in RAM's words.
    about_signer: actions that everybody may ask, about himself.
    """

    name: str
    version: str
    actions: Mapping[str, Action]
    elsewhere: re.Pattern[str]
    resource: Callable[[Call], str] = lambda call: "*"
    about_signer: Mapping[str, AboutSigner] = field(default_factory=dict)


class Gateway:
    """Answers the calls of one `Api`. admit: raises ApiError for what is signed, permitted, and still refused."""

    def __init__(self, api: Api, realm: Realm, admit: Callable[[Call], None] = lambda call: None) -> None:
        self._api, self._realm, self._admit = api, realm, admit
        self._host = f"{api.name}.{realm.region}.aliyuncs.com"
        self._gate = realm.gate(api.name)
        self._nonces = NonceLog()

    def answer(self, call: Call) -> Response:
        outcome: dict[str, Any] = {}
        try:
            fields = self._perform(call, outcome)
            response = call.answer(fields)
            outcome["task_id"] = fields.get("TaskId")
        except SignatureError as error:
            response = self._refuse(call, ApiError(error.code, error.status, error.message), outcome)
        except ApiError as error:
            response = self._refuse(call, error, outcome)
        except sqlite3.Error as error:
            _log.error("%s: %s", call.action, type(error).__name__)
            response = self._refuse(call, _refused("InternalError"), outcome)
        self._realm.journal.add(
            "request",
            service=self._api.name,
            operation=call.name,
            status=response.status,
            request_id=call.request_id,
            **outcome,
        )
        return response

    def refuse(self, call: Call, status: int, code: str, message: str) -> Response:
        return call.refusal(ApiError(code, status, message), self._host)

    def _refuse(self, call: Call, error: ApiError, outcome: dict[str, Any]) -> Response:
        outcome["code"] = error.code
        return call.refusal(error, self._host)

    def _perform(self, call: Call, outcome: dict[str, Any]) -> Fields:
        """`outcome`: gets what the journal shall know about the call."""
        self._check_form(call)
        about_signer = self._api.about_signer.get(call.action)
        action = None if about_signer else self._known_action(call)
        verify = acs3.verify if call.acs3 else rpc.verify
        now, identities = self._realm.clock(), self._realm.identities
        signer = verify(call.request, call.body, identities, now=now, nonces=self._nonces)
        outcome["signer"] = signer_name(signer)
        if action is None:
            return self._api.about_signer[call.action](signer)
        self._check_permission(call, signer)
        self._admit(call)
        return action(call.params)

    def _check_form(self, call: Call) -> None:
        if call.request.path != "/":
            raise _refused("InvalidApiNotFound")
        if call.request.method not in ("GET", "POST"):
            raise _refused("UnsupportedHTTPMethod")
        if len(call.body) > MAX_BODY:
            raise _refused("RequestEntityTooLarge", str(MAX_BODY))
        for name, value in (("Action", call.action), ("Version", call.version)):
            if not value:
                raise _refused("MissingParameter", name)
        if call.version != self._api.version:
            raise _refused("InvalidVersion")

    def _known_action(self, call: Call) -> Action:
        action = self._api.actions.get(call.action)
        if action is None:
            known = self._api.elsewhere.fullmatch(call.action)
            raise _refused("NotImplemented" if known else "InvalidApiNotFound", call.action)
        return action

    def _check_permission(self, call: Call, signer: Credentials) -> None:
        name, resource = f"{self._api.name}:{call.action}", self._api.resource(call)
        if not self._gate.lets(signer, name, resource, call.request):
            raise _refused("NoPermission", name)
