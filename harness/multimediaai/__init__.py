"""The local Multimedia AI: its API (service.py), its tasks, the GIFs they make.

A file is opened by video.py (tracks.py picks its track), lively.py finds the part to show, pictures.py makes its
frames fit to be looked at (colors.py, tone.py), gif.py writes them.
"""

from __future__ import annotations

from harness.multimediaai.account import Account
from harness.multimediaai.download import Limits
from harness.multimediaai.service import MultimediaAIService
from harness.multimediaai.tasks import Task, TaskStatus

__all__ = ["Account", "Limits", "MultimediaAIService", "Task", "TaskStatus"]
