"""The handler and the collector with GIF_SERVICE=oss, and the end of tasks as a test wants it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from handler.main import compose, compose_collector
from handler.settings import Settings, read_settings
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.collecting import TIMER, Collecting
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for

PROJECT = "local-project"
IMM = {"GIF_SERVICE": "oss", "IMM_PROJECT": PROJECT}
KEY = "clip.mp4"
GIF_KEY = f"gifs/{VIDEOS}/{KEY}.gif"
GIF = b"GIF89a" + bytes(range(256))


def settings_for(url: str, environ: dict[str, str], timeout: float = 120) -> Settings:
    """url: where the services are: the cloud, or what stands in front of it."""
    endpoints = dict.fromkeys(("OSS_ENDPOINT", "IMM_ENDPOINT"), url)
    values = {"TRACKING_BUCKET": RECORDS, **IMM, **endpoints, **environ}
    return read_settings(values, region="cn-beijing", timeout=timeout)


def imm_handler(
    cloud: LocalCloud, clock: Clock, environ: dict[str, str], url: str = "", timeout: float = 120
) -> Handler:
    app = compose(settings_for(url or cloud.url, environ, timeout))
    return Handler(app, cloud.identities.assume_role("gif-on-upload"), clock)


def imm_collector(cloud: LocalCloud) -> Callable[..., Any]:
    """Each run has a request id of its own."""
    collect, numbers = imm_collector_for(cloud), itertools.count()
    return lambda event=TIMER: collect(event, f"run-{next(numbers)}")


def imm_collector_for(cloud: LocalCloud, **environ: str) -> Collecting:
    role = cloud.identities.assume_role("gif-on-upload-collect")
    return Collecting(compose_collector(settings_for(cloud.url, environ)), role)


def uploaded(cloud: LocalCloud, content: bytes, key: str = KEY) -> dict[str, Any]:
    """Puts the content under the key; the event of it."""
    return event_for(key, cloud.oss.store.put(VIDEOS, key, content).etag, len(content))


def make_gif(cloud: LocalCloud, content: bytes = GIF) -> None:
    """As IMM stores it: without a word of whose it is."""
    cloud.oss.store.put(RECORDS, GIF_KEY, content)


def orders(cloud: LocalCloud) -> list[str]:
    """The ids of the tasks, the oldest first."""
    return [task.task_id for task in cloud.imm.tasks.list()]
