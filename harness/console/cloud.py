"""What the console needs of the local cloud that it is part of."""

from __future__ import annotations

from typing import Protocol

from harness.fc import FunctionCompute
from harness.http.faults import Faults
from harness.http.server import Request, Response
from harness.journal import Journal
from harness.multimediaai import MultimediaAIService
from harness.multimediaai.imm import ImmService
from harness.oss import OssService
from harness.ram.identity import Identities


class Cloud(Protocol):
    """harness.cloud.local.LocalCloud, seen from here."""

    faults: Faults
    fc: FunctionCompute
    identities: Identities
    imm: ImmService
    journal: Journal
    multimediaai: MultimediaAIService
    oss: OssService
    region: str

    @property
    def url(self) -> str: ...

    def dispatch(self, request: Request) -> Response:
        """Answers as if the request had come in over the wire; faults apply."""

    def reset(self) -> None:
        """Empties everything, back to how the cloud started."""
