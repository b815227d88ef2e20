"""The console for everybody: small screens, both themes, a keyboard, names in any script, filters."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
import requests

from harness.cloud import LocalCloud
from harness.multimediaai.media.wanted import Wanted

from .chromium import Page
from .test_browser import show
from .test_pages import PAGES, look

pytestmark = pytest.mark.slow

#: Questions to a page, each a script of its own; the answer is a list of what is wrong.
LOOKS = Path(__file__).parent / "looks"
FAINT, UNREACHABLE = ((LOOKS / f"{name}.js").read_text() for name in ("faint", "unreachable"))


@pytest.fixture
def busy(cloud: LocalCloud) -> LocalCloud:
    """Something in every state."""
    cloud.oss.store.put("my-videos", "שלום/مرحبا-1.mp4", b"film", "video/mp4")
    cloud.fc.invoke("gif-on-upload", '{"videos": ["oss://my-videos/שלום/مرحبا-1.mp4"]}'.encode())
    cloud.oss.store.put("my-videos", "refused.mp4", b"film")
    cloud.faults.add("multimediaai:CreateGifTask:error=401/ServiceNotOpened:times=1")
    cloud.fc.invoke("gif-on-upload", b'{"videos": ["oss://my-videos/refused.mp4"]}')
    cloud.oss.store.put("my-videos", "notes.txt", b"text")
    cloud.fc.invoke("gif-on-upload", b'{"videos": ["oss://my-videos/notes.txt"]}')
    cloud.oss.store.put("my-videos", "new.mp4", b"film")
    cloud.faults.add("oss:GetObject:latency=0.01")
    for ending in ((), ("ResourceNotFound", "oss://my-videos/שלום.mp4: gone")):
        place = ("my-videos", "שלום.mp4"), ("my-gif-records", "gifs/my-videos/שלום.mp4.gif")
        task = cloud.imm.tasks.create("local-project", *place, Wanted())
        if ending:
            cloud.imm.tasks.end(task.task_id, *ending)
    failed = {"video": "oss://my-videos/شرح.mp4", "code": "1000", "reason": "Download fail: there is nothing"}
    cloud.oss.store.put("my-gif-records", f"gif-tasks/.failed/{'f' * 32}.json", json.dumps(failed).encode())
    cloud.journal.add("denied", signer="gif-on-upload", action="oss:GetObject", resource="x", denied_by="default")
    return cloud


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(page: Page, busy: LocalCloud, theme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    for path in PAGES:
        show(page, busy, path)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; }); true")
        assert page.evaluate(FAINT) == [], path


def test_a_keyboard_gets_to_everything_that_scrolls(page: Page, busy: LocalCloud) -> None:
    for path in PAGES:
        show(page, busy, path)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; }); true")
        assert page.evaluate(UNREACHABLE) == [], path


def test_columns_have_their_names_on_a_small_screen(page: Page, busy: LocalCloud) -> None:
    page.size(400, 800)
    for path in ("/tasks", "/failed", "/activity", "/faults", "/buckets", "/buckets?bucket=my-videos"):
        show(page, busy, path)
        unnamed = """[...document.querySelectorAll("td")].filter((cell) => cell.checkVisibility() &&
            cell.innerText.trim() && !cell.querySelector("button") &&
            !/^"[A-Z]/.test(getComputedStyle(cell, "::before").content)).map((cell) => cell.innerText)"""
        assert page.evaluate(unnamed) == [], path


@pytest.mark.parametrize("path", PAGES)
def test_headings_leave_no_level_out(session: requests.Session, busy: LocalCloud, path: str) -> None:
    levels = [int(tag[1]) for tag, _ in look(session, busy, path).found if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))


def test_names_keep_to_themselves(session: requests.Session, busy: LocalCloud) -> None:
    """A name that is written from right to left turns nothing around it."""
    for path in ("", "/tasks", "/invocations", "/buckets?bucket=my-videos"):
        html = session.get(f"{busy.url}/_console{path}", timeout=10).text
        shown = html.split("<main")[1]
        places = [found.start() for found in re.finditer("שלום", shown)]
        isolated = [_is_inside("bdi", shown[:place]) for place in places if _is_text(shown[:place])]
        assert isolated, path
        assert all(isolated), path


def _is_inside(tag: str, before: str) -> bool:
    return before.rfind(f"<{tag}") > before.rfind(f"</{tag}>")


def _is_text(before: str) -> bool:
    """Whether what follows is text of the page: in no tag, no log and no JSON, which are left to right."""
    in_tag = before.rfind("<") > before.rfind(">")
    in_log = before.rfind('<ol class="log"') > before.rfind("</ol>")
    return not in_tag and not in_log and not _is_inside("pre", before)


def test_states_are_counted_and_shown_alone(session: requests.Session, busy: LocalCloud) -> None:
    text = " ".join(look(session, busy).text.split())
    assert "all no record yet 1 skipped 1 queued 1 failed 1 4 videos" in text
    failed = look(session, busy, "?state=failed")
    assert failed.videos() == ["refused.mp4"]
    assert look(session, busy, "?state=waiting").videos() == ["שלום/مرحبا-1.mp4"]
    nothing = look(session, busy, "?state=succeeded")
    assert nothing.videos() == []
    assert "Nothing is in the state “succeeded”" in nothing.text
    assert "succeeded 2" in " ".join(look(session, busy, "/invocations").text.split())
    calls = look(session, busy, "/invocations?state=failed")
    assert [attrs["class"] for tag, attrs in calls.found if tag == "details" and attrs.get("class")] == [
        "menu",
        "card call",
    ]
    (task,) = busy.multimediaai.tasks.list()
    assert str(task.task_id) not in look(session, busy, "/tasks?state=failed").text
    assert str(task.task_id) in look(session, busy, "/tasks?state=waiting").text


def test_a_state_that_nobody_knows_is_an_empty_one(session: requests.Session, busy: LocalCloud) -> None:
    for path in ("", "/tasks", "/invocations"):
        page = look(session, busy, f"{path}?state=<b>")
        assert "<b>" not in [tag for tag, _ in page.found]


def test_a_spent_fault_is_not_active(session: requests.Session, busy: LocalCloud) -> None:
    """One of the two has spoilt what it was for."""
    assert "1 fault is active" in look(session, busy).text
    assert [(fault.kind, fault.spent) for fault in busy.faults.all()] == [("error", True), ("latency", False)]
    text = look(session, busy, "/faults").text
    assert "spent" in text
    assert "active" in text
    told = session.get(f"{busy.url}/_admin/faults", timeout=10).json()["faults"]
    assert [fault["spent"] for fault in told] == [True, False]


def test_one_fault_is_removed_and_the_others_stay(session: requests.Session, busy: LocalCloud) -> None:
    first, second = busy.faults.all()
    url, own = f"{busy.url}/_console/faults/remove", {"Origin": busy.url, "Sec-Fetch-Site": "same-origin"}
    for _ in range(2):  # a second click finds it gone
        answer = session.post(url, data={"id": str(first.id)}, headers=own, timeout=10)
        assert answer.status_code == 200
        assert busy.faults.all() == [second]
    removed = session.delete(f"{busy.url}/_admin/faults", params={"id": second.id}, timeout=10)
    assert removed.json() == {"faults": []}
    gone = session.delete(f"{busy.url}/_admin/faults", params={"id": second.id}, timeout=10)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "NoSuchFault")
