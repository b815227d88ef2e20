"""Warm invocations: a new video, a duplicate, an object that is not a video, and a person's list of a thousand."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from contextlib import ExitStack

from handler.app import THREADS
from tests.benchmarks.figures import Figure, Goal, Sample, samples, turns
from tests.benchmarks.packages import OFF
from tests.benchmarks.setting import Function, Peer, Place, upload_event

MILLI = 1e3
LATENCY = 0.010
WARM_UP, INVOCATIONS = 20, 15
#: An object that is not a video takes so little that only many of them tell how much.
SKIPPED = 300
VIDEOS = 1000
#: Of a named video one after the other: HeadObject, claim, CreateGifTask, record.
IN_TURN = 4
#: And while CreateGifTask is under way: its pending entry.
BESIDE = 1
PEERS = ("ours", OFF, "sdk", "sdk-idempotent", "floor")


def measure_warm(place: Place, peers: Mapping[str, Peer], rounds: int = 12) -> list[Figure]:
    """A new video in each invocation, the peers in turn."""
    still = _warm_rounds(place, peers, "http", 0.0, rounds)
    slow = _warm_rounds(place, peers, "http", LATENCY, rounds)
    tls = _warm_rounds(place, peers, "https", LATENCY, rounds // 2)
    return [
        *_new_video("new video, CPU", still["cpu"], Goal(1.0, "sdk-idempotent")),
        *_new_video("new video", still["wall"]),
        *_new_video("new video, 10 ms latency, CPU", slow["cpu"], Goal(1.0, "sdk-idempotent")),
        *_new_video("new video, 10 ms latency", slow["wall"], Goal(1.15, "floor"), Goal(1.10, "floor")),
        *_new_video("new video, 10 ms latency, TLS, CPU", tls["cpu"]),
        *_new_video("new video, 10 ms latency, TLS", tls["wall"], Goal(1.15, "floor"), Goal(1.10, "floor")),
    ]


def _new_video(
    name: str, rounds: list[dict[str, float]], goal: Goal | None = None, goal_of_off: Goal | None = None
) -> list[Figure]:
    """As deployed, and without the pending entry: with the requests of the peers, and no other.

    The entry is put while CreateGifTask is under way, so it costs CPU, and next to no time.
    """
    values = samples(rounds, MILLI)
    off = {**values, "ours": values.pop(OFF)}
    return [Figure(name, "ms", values, goal), Figure(f"{OFF}: {name}", "ms", off, goal_of_off or goal)]


def _warm_rounds(
    place: Place, peers: Mapping[str, Peer], scheme: str, latency: float, rounds: int
) -> dict[str, list[dict[str, float]]]:
    """The medians of each round, as "wall" and "cpu"."""
    place.stub.set_latency(latency)
    with ExitStack() as running:
        functions = {name: running.enter_context(Function(place, peers[name], scheme)) for name in PEERS}
        for name, function in functions.items():
            function.invoke(_new_videos(place, name, WARM_UP))
        walls, cpus = [], []
        for number in range(rounds):
            done = {
                name: functions[name].invoke(_new_videos(place, name, INVOCATIONS))
                for name in turns(PEERS, number)
            }
            for name in set(PEERS) - {"floor"}:
                done[name].expect_tasks(1)
            walls.append({name: statistics.median(done[name].wall) for name in PEERS})
            cpus.append({name: statistics.median(done[name].cpu) for name in PEERS})
    return {"wall": walls, "cpu": cpus}


def _new_videos(place: Place, peer: str, count: int) -> list[str]:
    """The floor takes the key where the others take an event."""
    keys = [next(place.keys) for _ in range(count)]
    return keys if peer == "floor" else [upload_event(key) for key in keys]


def measure_others(place: Place, peers: Mapping[str, Peer], rounds: int = 8) -> list[Figure]:
    """What costs least: a video that is on record already, and an object that is not a video."""
    place.stub.set_latency(LATENCY)
    duplicate, text = upload_event(next(place.keys)), upload_event("notes/readme.txt")
    with ExitStack() as running:
        functions = {n: running.enter_context(Function(place, peers[n])) for n in ("ours", "sdk-idempotent")}
        for function in functions.values():
            function.invoke([duplicate, text])
        repeated = [_repeat(place, functions, [duplicate] * INVOCATIONS, 1, number) for number in range(rounds)]
        skipped = [_repeat(place, functions, [text] * SKIPPED, 0, number) for number in range(rounds)]
    return [
        Figure("duplicate, 10 ms latency", "ms", samples([one["wall"] for one in repeated], MILLI)),
        Figure("duplicate, requests", "", samples([one["requests"] for one in repeated]), Goal(2)),
        Figure("no video, CPU", "ms", samples([one["cpu"] for one in skipped], MILLI), Goal(0.3)),
        Figure("no video, requests", "", samples([one["requests"] for one in skipped]), Goal(0)),
    ]


def _repeat(
    place: Place, functions: Mapping[str, Function], events: list[str], tasks: int, number: int
) -> dict[str, dict[str, float]]:
    """One round of events that are all the same: medians of wall and CPU, and the requests of one invocation."""
    measured: dict[str, dict[str, float]] = {"wall": {}, "cpu": {}, "requests": {}}
    for name in turns(list(functions), number):
        place.stub.take_counts()
        done = functions[name].invoke(events)
        done.expect_tasks(tasks)
        measured["wall"][name] = statistics.median(done.wall)
        measured["cpu"][name] = statistics.median(done.cpu)
        measured["requests"][name] = sum(place.stub.take_counts().values()) / len(events)
    return measured


def measure_batch(place: Place, peers: Mapping[str, Peer]) -> list[Figure]:
    """A person's event. Its ideal: every thread always waits for the service, and nothing else takes any time.

    With its pending entries it sends a quarter more, and the threads of one instance share a CPU.
    """
    return [
        *_batch(place, peers["ours"], "1,000 videos", Goal(0.65, "ideal", at_most=False), BESIDE),
        *_batch(place, peers[OFF], f"{OFF}: 1,000 videos", Goal(0.8, "ideal", at_most=False), 0),
    ]


def _batch(place: Place, peer: Peer, name: str, goal: Goal, beside: int, rounds: int = 4) -> list[Figure]:
    place.stub.set_latency(LATENCY)
    done = []
    with Function(place, peer) as function:
        function.invoke([_request(place, 5 * THREADS)])
        for _ in range(rounds):
            place.stub.take_counts()
            done.append(function.invoke([_request(place, VIDEOS)]))
            done[-1].expect_tasks(VIDEOS)
            requests = sum(place.stub.take_counts().values())
            if requests != (IN_TURN + beside) * VIDEOS:
                raise RuntimeError(f"{requests} requests for {VIDEOS} videos")
    ideal = THREADS / (IN_TURN * LATENCY)
    speed = {"ours": Sample(tuple(VIDEOS / one.wall[0] for one in done)), "ideal": Sample((ideal,) * rounds)}
    cpu = {"ours": Sample(tuple(MILLI * one.cpu[0] / VIDEOS for one in done))}
    peak = {"ours": Sample((done[-1].peak / 2**20,))}
    return [
        Figure(f"{name} in one event", "videos/s", speed, goal, better="higher"),
        Figure(f"{name}, CPU of each", "ms", cpu),
        Figure(f"{name}, peak memory", "MiB", peak),
    ]


def _request(place: Place, videos: int) -> str:
    return json.dumps({"videos": [f"oss://my-videos/{next(place.keys)}" for _ in range(videos)]})
