"""The three steps of every service of harness.http, as all RPC-style services take them."""

from __future__ import annotations

from harness.http.server import Request, Response
from harness.multimediaai.openapi.call import Call, read_call
from harness.multimediaai.openapi.gateway import Gateway


class RpcService:
    """To be derived from: whoever does so has a gateway."""

    _gateway: Gateway

    def read(self, request: Request) -> Call:
        return read_call(request)

    def answer(self, call: Call) -> Response:
        return self._gateway.answer(call)

    def refuse(self, call: Call, status: int, code: str, message: str) -> Response:
        return self._gateway.refuse(call, status, code, message)
