"""What has become of a video, by the state of the cloud alone: its tasks, its record, its GIF, the lists.

Right is one of two ends, and no other:

* stored: as many tasks as asked for, each on record; the record has ended with `finished`, and that task's GIF
  is under the GIF's name.
* told: no task too many, each on record, and a reason below .failed/.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .state import State, Upload, gif_of


class End(str, Enum):
    STORED = "stored"
    TOLD = "told"
    #: Nobody follows it any more, it has no GIF, and nobody was told.
    LOST = "lost"
    #: More tasks than were asked for.
    DOUBLED = "doubled"
    #: More tasks, because the service has processed a request long after its sender had given it up.
    LATE = "doubled, processed late"
    #: More tasks, of which the record says that it could not be known (`not_searched`).
    UNSEEN = "doubled, and said so"
    #: It is still on the list of what is under way after a day.
    STUCK = "stuck"
    #: What is on record, stored or listed contradicts the rest.
    WRONG = "wrong"


GOOD = (End.STORED, End.TOLD)
#: What is documented as not to be had: docs/guarantees.md.
WINDOWS = (End.LATE, End.UNSEEN)


class Verdict(NamedTuple):
    end: End
    why: str = ""


def judge(state: State, upload: Upload) -> Verdict:
    tasks = [task.task_id for task in state.cloud.multimediaai.tasks.list()]
    lines = state.lines(upload)
    on_record = [
        line["task_id"] for line in (*_other_lines(state, upload), *lines) if line["status"] == "submitted"
    ]
    told = state.failures()
    facts = (
        f"tasks {tasks}, record {[line['status'] for line in lines]}, told {[each.get('code') for each in told]}"
    )
    if len(tasks) > upload.wanted:
        unseen = any(line.get("not_searched") for line in lines)
        return Verdict(End.UNSEEN if unseen else End.LATE if state.was_late else End.DOUBLED, facts)
    if state.pending():
        return Verdict(End.STUCK, facts)
    if set(on_record) != set(tasks) or len(on_record) != len(set(on_record)):
        return Verdict(End.WRONG if lines and not told else _or_told(told), f"{facts}, on record {on_record}")
    if told:
        return Verdict(End.TOLD, facts)
    last = lines[-1] if lines else {}
    if last.get("status") != "finished":
        return Verdict(End.LOST, facts)
    if len(tasks) < upload.wanted:
        return Verdict(End.LOST, facts)
    stored = state.gif(upload)
    if stored is None or stored[0] != gif_of(last["task_id"]) or stored[1].get("video-etag") != upload.etag:
        return Verdict(End.WRONG, f"{facts}, GIF {stored and stored[1]}")
    return Verdict(End.STORED, facts)


def _or_told(told: list[dict[str, object]]) -> End:
    """On no record, though a person was told of the video, and finds it in the service's console."""
    return End.TOLD if told else End.LOST


def _other_lines(state: State, upload: Upload) -> list[dict[str, object]]:
    """Of the records of what the key held before."""
    folder = f"gif-tasks/my-videos/{upload.key}/"
    found = []
    for entry in state.cloud.oss.store.list("my-gif-records", folder):
        if not entry.key.endswith(f"/{upload.etag}.jsonl"):
            found += state.lines(upload._replace(etag=entry.key.rsplit("/", 1)[-1].removesuffix(".jsonl")))
    return found
