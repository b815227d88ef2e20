"""A part of the matrix over real instances: the function's own process, as the platform starts and kills it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from harness.cloud import LocalCloud, local_cloud
from tests.e2e.uploads import VIDEOS, upload

from .counting import Outcome
from .state import State, Upload
from .verdict import Verdict, judge

#: Requests of a new video: claim, record, pending entry, CreateGifTask. The first PutObject is the upload itself.
PLACES = [
    ("oss:AppendObject", 1),
    ("oss:AppendObject", 2),
    ("oss:PutObject", 2),
    ("multimediaai:CreateGifTask", 1),
]
KINDS = [
    *("kill", "kill_after", "reset", "reset_after", "page=503", "page_after=200", "page_after=502"),
    *("error=503/ServiceUnavailable", "truncate=10", "interim=103", "expire"),
]
SHORT = {"CLAIM_LEASE_SECONDS": "1.5"}
SECONDS = 150.0
MOST_RUNS = 12


def cells(share: float) -> int:
    return len(list(_chosen(share)))


def run(share: float) -> Iterator[Outcome]:
    with local_cloud(render=False, retry_delay=lambda _: 0.05, function_environment=SHORT) as cloud:
        for number, fault in enumerate(_chosen(share)):
            yield Outcome(fault, run_one(cloud, f"{number}.mp4", fault))


def _chosen(share: float) -> Iterator[str]:
    every = [f"{place}:{kind}:nth={nth}" for (place, nth), kind in itertools.product(PLACES, KINDS)]
    return itertools.islice(every, 0, None, max(1, round(1 / share)))


def run_one(cloud: LocalCloud, key: str, fault: str) -> Verdict:
    cloud.reset()
    state = State(cloud, cloud.url)
    cloud.faults.add(fault)
    upload(cloud, key, key.encode())
    cloud.settle(60)
    for _ in range(MOST_RUNS):
        state.serve()
        cloud.fire_timer("gif-on-upload-collect", "each-minute")
        cloud.settle(60)
        if not state.pending():
            break
    etag = cloud.oss.store.stat(VIDEOS, key).etag
    return judge(state, Upload(key, etag, {}))
