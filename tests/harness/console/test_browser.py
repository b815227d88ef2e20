"""The page in a real browser: what it shows, what it does, and that nothing hostile runs in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.clip import make_clip
from harness.cloud import LocalCloud, local_cloud

from .chromium import Page

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>.mp4"


@pytest.fixture
def rendering_cloud() -> Iterator[LocalCloud]:
    with local_cloud(retry_delay=lambda _: 0.05) as started:
        yield started


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 2)


def show(page: Page, cloud: LocalCloud, path: str = "") -> None:
    """Opens a page of the console and waits until it is told of changes."""
    page.open(f"{cloud.url}/_console{path}")
    page.wait_for("document.getElementById('live').textContent === 'live'")


def test_a_dropped_video_appears_with_its_gif(
    page: Page, rendering_cloud: LocalCloud, clip: Path, tmp_path: Path
) -> None:
    video = tmp_path / "视频 a+b 100%.mp4"
    shutil.copy(clip, video)
    show(page, rendering_cloud)
    assert "Nothing uploaded yet" in page.text("main")
    page.evaluate("document.getElementById('folder').value = 'from the desktop/'")
    page.drop([video], "#drop")
    page.wait_for("document.querySelector('.video .gif')?.naturalWidth > 0")
    (task,) = rendering_cloud.multimediaai.tasks.list()
    assert task.video == f"my-videos/from the desktop/{video.name}"
    told = page.text(".video")
    assert f"oss://my-videos/from the desktop/{video.name}" in told
    assert f"submitted TaskId {task.task_id}" in told
    assert "succeeded" in told
    page.wait_for("document.querySelector('.video video').videoWidth === 640")
    assert page.evaluate("document.querySelectorAll('.video').length") == 1
    assert page.evaluate("document.getElementById('uploads').childElementCount") == 0
    stored = rendering_cloud.oss.store.stat("my-videos", f"from the desktop/{video.name}")
    assert (stored.size, stored.attributes.content_type) == (clip.stat().st_size, "video/mp4")


def test_chosen_files_are_uploaded_too(page: Page, cloud: LocalCloud, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.mp4" for number in range(5)]
    for file in files:
        file.write_bytes(b"film")
    show(page, cloud)
    page.choose(files, "#files")
    page.wait_for("document.querySelectorAll('.video .history li:nth-child(2)').length === 5")
    assert {entry.key for entry in cloud.oss.store.list("my-videos")} == {file.name for file in files}


def test_a_change_elsewhere_arrives_by_itself_and_leaves_the_rest_alone(
    page: Page, rendering_cloud: LocalCloud, clip: Path
) -> None:
    cloud = rendering_cloud
    cloud.oss.store.put("my-videos", "first.mp4", clip.read_bytes(), "video/mp4")
    show(page, cloud)
    page.wait_for("document.querySelector('.video video').readyState > 0")
    page.evaluate("window.first = document.querySelector('.video video'); first.currentTime = 0.5; true")
    page.evaluate("document.getElementById('folder').value = 'typed'; true")
    cloud.oss.store.put("my-videos", "second.mp4", b"film", "video/mp4")
    cloud.journal.add("request", service="oss", operation="PutObject", status=200)
    page.wait_for("document.querySelectorAll('.video').length === 2")
    assert "second.mp4" in page.text(".video")
    # The player is the same one, where it was, and what was typed is still there.
    assert page.evaluate("document.querySelectorAll('.video video')[1] === window.first")
    assert page.evaluate("window.first.currentTime") == 0.5
    assert page.evaluate("document.getElementById('folder').value") == "typed"


def test_what_was_unfolded_stays_unfolded(page: Page, cloud: LocalCloud) -> None:
    cloud.fc.invoke("gif-on-upload", b"no event")
    show(page, cloud, "/invocations")
    page.evaluate("document.querySelector('details.call').open = true")
    cloud.fc.invoke("gif-on-upload", b"none either")
    page.wait_for("document.querySelectorAll('details.call').length === 2")
    assert page.evaluate("[...document.querySelectorAll('details.call')].map((call) => call.open)") == [
        False,
        True,
    ]


def test_a_link_to_an_invocation_unfolds_it(page: Page, cloud: LocalCloud) -> None:
    result = cloud.fc.invoke("gif-on-upload", b"no event")
    show(page, cloud, f"/invocations#{result.request_id}")
    assert "FC Invoke Start" in page.text("details.call[open] .log")


def test_a_hostile_name_is_inert(page: Page, cloud: LocalCloud) -> None:
    show(page, cloud)
    cloud.oss.store.put("my-videos", HOSTILE, b"film", "video/mp4")
    cloud.fc.invoke("gif-on-upload", b'{"videos": ["oss://my-videos/' + HOSTILE.encode() + b'"]}')
    page.wait_for("document.body.innerText.includes('alert(2)')")  # it arrived by itself
    for path in ("", "/tasks", "/invocations", "/activity", "/buckets?bucket=my-videos"):
        show(page, cloud, path)
        page.wait_for("document.body.innerText.includes('alert(2)')")
        assert page.evaluate("document.querySelectorAll('img[src=x], script:not([src])').length") == 0


def test_a_file_that_the_browser_cannot_play_says_so(page: Page, cloud: LocalCloud) -> None:
    cloud.oss.store.put("my-videos", "broken.mp4", b"no film", "video/mp4")
    show(page, cloud)
    page.wait_for("document.querySelector('.video figure').innerText.includes('Not playable here')")


def test_a_refused_upload_says_why(page: Page, cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"film")
    show(page, cloud)
    cloud.faults.add("oss:PutObject:error=503/ServiceUnavailable")
    page.choose([tmp_path / "clip.mp4"], "#files")
    page.wait_for("document.getElementById('uploads').innerText.includes('ServiceUnavailable')")
    # The browser reports the refusal, too; that is not the page's fault.
    assert ["503" in problem for problem in page.problems] == [True]
    page.problems.clear()


def test_faults_are_added_and_cleared(page: Page, cloud: LocalCloud) -> None:
    show(page, cloud, "/faults")
    page.evaluate("document.querySelector('input[name=fault]').value = 'oss:GetObject:latency=0.01'")
    page.click("form[action='/_console/faults'] button")
    page.wait_for("document.querySelector('#active td')?.innerText === 'oss:GetObject:latency=0.01'")
    assert [fault.kind for fault in cloud.faults.all()] == ["latency"]
    page.click("form[action='/_console/faults/clear'] button")
    page.wait_for("document.querySelector('#active').innerText.includes('None')")
    assert cloud.faults.all() == []


def test_the_page_finds_the_cloud_again_after_a_restart(page: Page, tmp_path: Path) -> None:
    with local_cloud(render=False, directory=tmp_path / "state") as first:
        port = first.server.port
        show(page, first)
    page.wait_for("document.getElementById('live').classList.contains('off')")
    with local_cloud(render=False, directory=tmp_path / "state", port=port) as second:
        second.oss.store.put("my-videos", "clip.mp4", b"film")
        page.wait_for("document.querySelector('.video')")
        page.wait_for("document.getElementById('live').textContent === 'live'")
    page.problems.clear()  # connections refused meanwhile


def test_nothing_sticks_out_of_any_screen(page: Page, cloud: LocalCloud) -> None:
    cloud.oss.store.put("my-videos", "n" * 200 + "/" + "长" * 100 + ".mp4", b"film")
    cloud.faults.add("multimediaai:CreateGifTask:error=503/" + "ServiceUnavailable" * 5)
    cloud.fc.invoke("gif-on-upload", b'{"videos": ["oss://my-videos/' + b"n" * 200 + b'"]}')
    for path in ("", "/tasks", "/invocations", "/activity", "/faults", "/buckets", "/buckets?bucket=my-videos"):
        show(page, cloud, path)
        for width in (320, 390, 1000, 1600):
            page.size(width, 800)
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, (path, width)
