"""What an order is refused for, and with which code; nothing is made then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import oss2
import pytest
import requests
from alibabacloud_tea_openapi.exceptions import ClientException

from harness.cloud import LocalCloud, local_cloud
from harness.ram.identity import Credentials
from tests.clients.oss_sdk import oss2_bucket
from tests.harness.multimediaai.imm.orders import PROJECT_NAME, by_oss2, encoded, get_task, imm_client, process


def refused(
    cloud: LocalCloud, what: str, keys: Credentials | None = None, key: str = "a.mp4"
) -> tuple[int, str, str]:
    """(status, code, message)"""
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        by_oss2(cloud, keys or cloud.identities.owner, "videos", key, what)
    assert list(cloud.imm.tasks.list()) == []
    return raised.value.status, raised.value.code, raised.value.message


def test_a_bucket_that_is_bound_to_no_project(cloud: LocalCloud) -> None:
    cloud.imm.projects.detach("videos")
    status, code, message = refused(cloud, process("a.gif"))
    assert (status, code) == (404, "Imm Client")
    assert message.startswith("ResourceNotFound, ")
    cloud.imm.unbound = ("InvalidProject.NotFound", 404, "bucket does not bind any project")
    assert refused(cloud, process("a.gif"))[2] == "InvalidProject.NotFound, bucket does not bind any project"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("video/animation,f_gif", "sys/saveas is required"),
        (process("a.gif", "ss_0"), "f must be gif or webp"),
        (process("a.gif", "f_png"), "f must be gif or webp"),
        (process("a.gif", "f_gif,w_31"), "w must be a whole number from 32 to 4096"),
        (process("a.gif", "f_gif,h_4097"), "h must be"),
        (process("a.gif", "f_gif,fps_240.5"), "fps must be a number from 0 to 240"),
        (process("a.gif", "f_gif,num_0"), "num must be"),
        (process("a.gif", "f_gif,inter_-1"), "inter must be"),
        (process("a.gif", "f_gif,scaletype_wide"), "scaletype must be one of"),
        (process("a.gif", "f_gif,zoom_2"), "'zoom' is unknown"),
        (process("a.gif", "f_gif,ss"), "'ss' is not of the form"),
        ("video/animation,f_gif|sys/saveas,b_Z2lmcw", "needs the name"),
        ("video/animation,f_gif|sys/saveas,o_a+b", "is not URL-safe Base64"),
    ],
)
def test_what_cannot_be_made(cloud: LocalCloud, what: str, message: str) -> None:
    status, code, said = refused(cloud, what)
    assert (status, code) == (400, "Imm Client")
    assert said.startswith("InvalidArgument, ")
    assert message in said


@pytest.mark.parametrize(
    "what",
    [
        process("a.gif", "f_webp"),
        process("a.gif") + "/notify,topic_" + encoded("t"),
        process("{barename}.gif"),
        process("a.mp4").replace("video/animation", "video/convert"),
    ],
)
def test_what_is_not_offered_here(cloud: LocalCloud, what: str) -> None:
    assert refused(cloud, what)[:2] == (400, "NotImplemented")


def test_names_that_there_are_not(cloud: LocalCloud) -> None:
    assert refused(cloud, process("a.gif"), key="b.mp4")[:2] == (404, "NoSuchKey")
    assert refused(cloud, process("a.gif", bucket="nowhere"))[:2] == (404, "NoSuchBucket")
    assert refused(cloud, process("/a.gif"))[:2] == (400, "InvalidObjectName")
    assert refused(cloud, process("a.gif", bucket="A"))[:2] == (400, "InvalidBucketName")


def test_padding_is_taken(cloud: LocalCloud) -> None:
    cloud.imm.stay_running = True
    by_oss2(cloud, cloud.identities.owner, "videos", "a.mp4", "video/animation,f_gif|sys/saveas,o_YS5naWY=")
    assert cloud.imm.tasks.list()[0].target == "oss://videos/a.gif"


def test_nobody_may_order(cloud: LocalCloud) -> None:
    cloud.oss.store.set_acl("videos", "public-read-write")
    data = f"x-oss-async-process={process('a.gif')}"
    answer = requests.post(f"{cloud.url}/videos/a.mp4?x-oss-async-process=", data, timeout=10)
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    wrong = Credentials(cloud.identities.owner.access_key_id, "not the secret")
    assert refused(cloud, process("a.gif"), wrong)[:2] == (403, "SignatureDoesNotMatch")


def test_a_page_that_may_post_may_not_order(cloud: LocalCloud) -> None:
    rule = {"AllowedOrigin": "https://app.example", "AllowedMethod": "POST"}
    body = "".join(f"<{name}>{value}</{name}>" for name, value in rule.items())
    document = f"<CORSConfiguration><CORSRule>{body}</CORSRule></CORSConfiguration>"
    bucket = oss2_bucket(cloud.url, cloud.identities.owner, "videos")
    bucket.put_bucket_cors(document)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.async_process_object("a.mp4", process("a.gif"), headers={"Origin": "https://app.example"})
    assert (raised.value.status, list(cloud.imm.tasks.list())) == (403, [])


NEEDED = {
    "oss:PostProcessTask": "acs:oss:*:*:my-videos/*",
    "oss:ProcessImm": "acs:oss:*:*:my-videos/*",
    "oss:GetObject": "acs:oss:*:*:my-videos/*",
    "oss:PutObject": "acs:oss:*:*:my-gif-records/gifs/*",
    "imm:CreateMediaConvertTask": f"acs:imm:*:*:project/{PROJECT_NAME}",
    "imm:GetTask": f"acs:imm:*:*:project/{PROJECT_NAME}",
}


def policy(without: str | None) -> dict[str, Any]:
    given = {action: resource for action, resource in NEEDED.items() if action != without}
    statements = [{"Effect": "Allow", "Action": action, "Resource": given[action]} for action in given]
    return {"Version": "1", "Statement": statements}


#: the code of the error that says it
CODES = {"imm:CreateMediaConvertTask": "Imm Client", "imm:GetTask": "NoPermission"}


@pytest.fixture(scope="module", params=[None, *NEEDED])
def lacking(request: pytest.FixtureRequest) -> Iterator[tuple[str | None, LocalCloud]]:
    """A right, and a cloud whose role has all the others; or None, and it has all."""
    with local_cloud(policy=policy(request.param), render=False, imm_project=PROJECT_NAME) as cloud:
        yield request.param, cloud


def test_each_right_is_asked_for(lacking: tuple[str | None, LocalCloud]) -> None:
    action, cloud = lacking
    cloud.oss.store.put("my-videos", "a.mp4", b"film")
    role = cloud.role_credentials()

    def order() -> None:
        what = process("gifs/a.gif", bucket="my-gif-records")
        get_task(imm_client(cloud, role), by_oss2(cloud, role, "my-videos", "a.mp4", what))

    if action is None:
        order()
    else:
        with pytest.raises((oss2.exceptions.ServerError, ClientException)) as raised:
            order()
        assert raised.value.code == CODES.get(action, "AccessDenied")
    denied = [entry.fields["action"] for entry in cloud.journal.entries("denied")]
    assert denied == ([action] if action else [])


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_post_orders_and_nothing_else_happens(cloud: LocalCloud, video: bytes, method: str) -> None:
    bucket = oss2_bucket(cloud.url, cloud.identities.owner, "videos")
    url = bucket.sign_url(method, "a.mp4", 60, params={"x-oss-async-process": "video/animation,f_gif"})
    assert requests.request(method, url, data=b"", timeout=10).status_code == 405
    assert cloud.oss.store.get("videos", "a.mp4") == video
