"""The matrix: every request of the handler and of the collector × every way to break it, and what came of each."""

from __future__ import annotations

import random
import signal
import socket
import threading
from collections.abc import Iterator
from typing import NamedTuple

from .breaks import in_this_process, pages, slow
from .proxy import DOORS, Break, unbroken
from .scenes import SCENES, Scene
from .state import Upload
from .verdict import End, Verdict, judge
from .world import World

#: What a stopped process needs, and no other break does: killed, and frozen for two leases.
KILLED, FROZEN = "killed", "frozen"
OUTAGES = {"10 s": 10.0, "3 min": 180.0, "20 min": 1200.0}
#: A request: by which door it comes, and which one there.
Place = tuple[str, int]


class Cell(NamedTuple):
    """breaks: where, and the name of the break; of an outage, where it begins. doors: that are away meanwhile."""

    scene: str
    breaks: tuple[tuple[Place, str], ...]
    outage: str = ""
    doors: tuple[str, ...] = ()

    def __str__(self) -> str:
        broken = " and ".join(f"{door} {number}: {name}" for (door, number), name in self.breaks)
        return f"{self.scene}, {broken}" + (
            f", {' and '.join(self.doors)} for {self.outage}" if self.outage else ""
        )


_SCENES = {scene.name: scene for scene in SCENES}


class Matrix:
    """Runs cells in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.breaks = {str(each): each for each in in_this_process(world.timeline)}
        away = {**pages(), **slow(world.timeline)}
        self.outages = {name: Break(name, False, spoil) for name, spoil in away.items()}
        self._places: dict[str, list[Place]] = {}

    def places(self, scene: Scene) -> list[Place]:
        """The requests that the function makes in this scene when nothing is broken."""
        if scene.name not in self._places:
            upload = scene.prepare(self.world, self.world.begin())
            self.world.doors.play(unbroken)
            self._run_first(scene, upload)
            made = self.world.doors.requests
            self._places[scene.name] = [(door, n) for door in DOORS for n in range(1, made[door] + 1)]
        return self._places[scene.name]

    def every(self) -> Iterator[Cell]:
        """One break in each."""
        stops = [f"{KILLED} before", f"{KILLED} after", f"{FROZEN} after"]
        for scene in SCENES:
            for place in self.places(scene):
                for name in [*stops, *self.breaks]:
                    yield Cell(scene.name, ((place, name),))

    def pairs(self, count: int, seed: int) -> Iterator[Cell]:
        """Two breaks, of which the second may be met by a later delivery or run."""
        chosen = random.Random(seed)
        for _ in range(count):
            scene = chosen.choice(SCENES)
            first = chosen.choice(self.places(scene))
            second = (chosen.choice(DOORS), chosen.randint(1, first[1] + 6))
            names = chosen.choices(list(self.breaks), k=2)
            yield Cell(scene.name, ((first, names[0]), (second, names[1])))

    def long_ones(self, count: int, seed: int) -> Iterator[Cell]:
        """Outages: from a request on every one is broken in the same way, by one service or by both."""
        chosen = random.Random(seed)
        for _ in range(count):
            scene = chosen.choice(SCENES)
            place = chosen.choice(self.places(scene))
            name, outage = chosen.choice(list(self.outages)), chosen.choice(list(OUTAGES))
            yield Cell(scene.name, ((place, name),), outage, chosen.choice([DOORS, (place[0],)]))

    def run(self, cell: Cell) -> Verdict:
        world, scene = self.world, _SCENES[cell.scene]
        upload = scene.prepare(world, world.begin())
        _, name = cell.breaks[0]
        if name.startswith((KILLED, FROZEN)):
            delivered = self._stop(scene, upload, *cell.breaks[0])
        else:
            self._play(cell)
            delivered = self._run_first(scene, upload)
            if not world.doors.broken:
                return Verdict(End.WRONG, f"there were only {world.doors.requests} requests")
        world.settle(upload, delivered)
        return judge(world, upload)

    def _run_first(self, scene: Scene, upload: Upload) -> bool:
        """Whether the event needs no more deliveries."""
        if scene.function == "submit":
            return self.world.deliver(upload)
        self.world.collect()
        return True

    def _play(self, cell: Cell) -> None:
        if cell.outage:
            self._play_outage(cell)
            return
        plan = {place: self.breaks[name] for place, name in reversed(cell.breaks)}
        self.world.doors.play(lambda door, number: plan.get((door, number)))

    def _play_outage(self, cell: Cell) -> None:
        ((place, name),), timeline = cell.breaks, self.world.timeline
        how, until = self.outages[name], 0.0

        def script(door: str, number: int) -> Break | None:
            nonlocal until
            if (door, number) == place:
                until = timeline.time() + OUTAGES[cell.outage]
            return how if timeline.time() < until and door in cell.doors else None

        self.world.doors.play(script)

    def _stop(self, scene: Scene, upload: Upload, place: Place, name: str) -> bool:
        """The function's process is killed or frozen at this request. Whether the event has ended well."""
        world = self.world
        kind, when = name.split()

        def kill(client: socket.socket, answer: bytes, over: threading.Event) -> None:
            world.stop(signal.SIGKILL)

        def freeze(client: socket.socket, answer: bytes, over: threading.Event) -> bytes:
            """Meanwhile the platform, to which it is as good as dead, goes on."""
            world.stop(signal.SIGSTOP)
            world.doors.wait_for_others()
            world.timeline.move(world.takes_over())
            world.doors.play(unbroken)
            if scene.function == "submit":
                world.deliver(upload)
            else:
                world.collect()
            world.stop(signal.SIGCONT)
            return answer

        broken = Break(name, when == "after", kill if kind == KILLED else freeze)
        world.doors.play(lambda door, number: broken if (door, number) == place else None)
        code = world.start(scene.function, upload)
        return code == 0 or scene.function == "collect"


def cells(matrix: Matrix, pairs: int, outages: int, seed: int) -> dict[str, list[Cell]]:
    """By kind."""
    return {
        "one break": list(matrix.every()),
        "two breaks": list(matrix.pairs(pairs, seed)),
        "an outage": list(matrix.long_ones(outages, seed)),
    }
