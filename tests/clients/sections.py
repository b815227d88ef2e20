"""The whole table of clients."""

from __future__ import annotations

from tests.clients.fc_rows import FC
from tests.clients.imm_rows import IMM
from tests.clients.multimediaai_rows import MULTIMEDIAAI
from tests.clients.oss_rows import OSS

SECTIONS = (OSS, MULTIMEDIAAI, IMM, FC)
