"""OSS: what each client does, and what is then in the store."""

from __future__ import annotations

import base64

import requests

from harness.oss.state.store import Store
from tests.clients.ali_oss import AliOss
from tests.clients.matrix import ABSENT, REGION, Cell, Row, Section, unknown_key, wrong_secret
from tests.clients.oss_clients import Oss2, OssV2, OssV2Async

BUCKET = "my-clients"
DATA = b"0123456789"
PART = bytes(range(256)) * 400  # 100 KiB, the least that a part may have


def store(cell: Cell) -> Store:
    return cell.site.cloud.oss.store


def stored(cell: Cell) -> str:
    """The key of an object with DATA in it."""
    store(cell).put(BUCKET, cell.name, DATA)
    return cell.name


def create_bucket(cell: Cell) -> None:
    cell.client().create_bucket(cell.plain_name)
    assert store(cell).has_bucket(cell.plain_name)


def list_buckets(cell: Cell) -> None:
    assert BUCKET in cell.client().buckets()


def bucket_info(cell: Cell) -> None:
    assert cell.client().location(BUCKET) == f"oss-{REGION}"


def versioning(cell: Cell) -> None:
    store(cell).create_bucket(cell.plain_name)
    assert cell.client().set_versioning(cell.plain_name, "Enabled") == "Enabled"
    assert store(cell).bucket(cell.plain_name).versioning == "Enabled"


def put_object(cell: Cell) -> None:
    key = f"{cell.name}/视频/a+b 100% #1?.mp4"
    cell.client().put(BUCKET, key, DATA)
    assert store(cell).get(BUCKET, key) == DATA


def signature_v1(cell: Cell) -> None:
    client = cell.client(signature="v1")
    client.put(BUCKET, cell.name, DATA)
    assert requests.get(client.presign("GET", BUCKET, cell.name), timeout=10).content == DATA


def user_metadata(cell: Cell) -> None:
    client = cell.client()
    client.put(BUCKET, cell.name, DATA, {"camera": "front"})
    assert store(cell).stat(BUCKET, cell.name).attributes.meta == {"camera": "front"}
    assert client.meta(BUCKET, cell.name, "camera") == "front"


def get_object(cell: Cell) -> None:
    assert cell.client().get(BUCKET, stored(cell)) == DATA


def get_range(cell: Cell) -> None:
    assert cell.client().get_range(BUCKET, stored(cell), 2, 4) == b"234"


def head_object(cell: Cell) -> None:
    key = stored(cell)
    assert cell.client().head(BUCKET, key) == (len(DATA), store(cell).stat(BUCKET, key).etag)


def list_objects(cell: Cell) -> None:
    for name in ("a+b.mp4", "视频 1.mp4", "folder/c.mp4"):
        store(cell).put(BUCKET, f"{cell.name}/{name}", DATA)
    keys, folders = cell.client().list_objects(BUCKET, f"{cell.name}/")
    assert keys == [f"{cell.name}/a+b.mp4", f"{cell.name}/视频 1.mp4"]
    assert folders == [f"{cell.name}/folder/"]


def append_object(cell: Cell) -> None:
    client = cell.client()
    assert client.append(BUCKET, cell.name, 0, b"one\n") == 4
    assert client.append(BUCKET, cell.name, 4, b"two\n") == 8
    assert store(cell).get(BUCKET, cell.name) == b"one\ntwo\n"


def copy_object(cell: Cell) -> None:
    source = f"{stored(cell)} +%.mp4"
    store(cell).put(BUCKET, source, b"source")
    cell.client().copy(BUCKET, source, cell.name)
    assert store(cell).get(BUCKET, cell.name) == b"source"


def put_symlink(cell: Cell) -> None:
    cell.client().symlink(BUCKET, stored(cell), f"{cell.name}.link")
    link = store(cell).stat(BUCKET, f"{cell.name}.link")
    assert (link.kind, link.target) == ("Symlink", cell.name)


def tagging(cell: Cell) -> None:
    key = stored(cell)
    assert cell.client().tag(BUCKET, key, {"kind": "video", "of": "a+b c"}) == {"kind": "video", "of": "a+b c"}
    assert dict(store(cell).stat(BUCKET, key).attributes.tags) == {"kind": "video", "of": "a+b c"}


def multipart(cell: Cell) -> None:
    cell.client().multipart(BUCKET, cell.name, [PART, DATA])
    assert store(cell).get(BUCKET, cell.name) == PART + DATA
    assert store(cell).stat(BUCKET, cell.name).kind == "Multipart"


def delete_object(cell: Cell) -> None:
    cell.client().delete(BUCKET, stored(cell))
    assert not store(cell).list(BUCKET, cell.name)


def delete_objects(cell: Cell) -> None:
    keys = [f"{cell.name}/{name}" for name in ("a&b", "视频")]
    for key in keys:
        store(cell).put(BUCKET, key, DATA)
    cell.client().delete_many(BUCKET, keys)
    assert not store(cell).list(BUCKET, cell.name)


def presigned_get(cell: Cell) -> None:
    url = cell.client().presign("GET", BUCKET, stored(cell))
    assert requests.get(url, timeout=10).content == DATA


def presigned_put(cell: Cell) -> None:
    url = cell.client().presign("PUT", BUCKET, cell.name)
    assert requests.put(url, data=DATA, timeout=10).status_code == 200
    assert store(cell).get(BUCKET, cell.name) == DATA


def animation(cell: Cell) -> None:
    """The site's cloud renders nothing, so that the task is what there is."""
    target = base64.urlsafe_b64encode(f"{cell.name}/视频.gif".encode()).decode().rstrip("=")
    process = f"video/animation,f_gif,w_320,inter_200|sys/saveas,o_{target}"
    task_id = cell.client().async_process(BUCKET, stored(cell), process)
    task = cell.site.cloud.imm.tasks.get(task_id)
    assert task is not None
    assert (task.source, task.target) == (f"oss://{BUCKET}/{cell.name}", f"oss://{BUCKET}/{cell.name}/视频.gif")
    assert (task.wanted.width, task.wanted.interval) == (320, 200)


def sts_credentials(cell: Cell) -> None:
    """The role may read the videos, and nothing is said of other buckets."""
    store(cell).put("my-videos", cell.name, DATA)
    assert cell.client(cell.site.cloud.role_credentials()).get("my-videos", cell.name) == DATA


def denied(cell: Cell) -> str:
    return cell.refusal(cell.site.cloud.role_credentials(), lambda client: client.put(BUCKET, cell.name, DATA))


def refused_secret(cell: Cell) -> str:
    return cell.refusal(wrong_secret(cell), lambda client: client.get(BUCKET, cell.name))


def refused_key(cell: Cell) -> str:
    return cell.refusal(unknown_key(cell), lambda client: client.get(BUCKET, cell.name))


CLIENTS = {
    "oss2": Oss2,
    "alibabacloud-oss-v2": OssV2,
    "alibabacloud-oss-v2 (asyncio)": OssV2Async,
    "ali-oss": AliOss,
}
OSS = Section(
    "OSS",
    CLIENTS,
    (
        Row("PutBucket", create_bucket),
        Row("ListBuckets", list_buckets),
        Row("GetBucketInfo", bucket_info),
        Row("PutBucketVersioning, GetBucketVersioning", versioning),
        Row("PutObject", put_object),
        Row("user metadata", user_metadata),
        Row("GetObject", get_object),
        Row("GetObject, a range", get_range),
        Row("HeadObject", head_object),
        Row("ListObjectsV2, with a delimiter", list_objects),
        Row("AppendObject", append_object),
        Row("CopyObject", copy_object),
        Row("PutSymlink", put_symlink),
        Row("PutObjectTagging, GetObjectTagging", tagging),
        Row("multipart upload", multipart),
        Row("DeleteObject", delete_object),
        Row("DeleteMultipleObjects", delete_objects),
        Row("AsyncProcessObject, video/animation", animation, {"ali-oss": ABSENT}),
        Row("presigned GET", presigned_get),
        Row("presigned PUT", presigned_put),
        Row("signature V1, header and query (else V4)", signature_v1),
        Row("the role's STS credentials", sts_credentials),
        Row("what the role may not", denied, dict.fromkeys(CLIENTS, "AccessDenied")),
        Row("a wrong secret", refused_secret, dict.fromkeys(CLIENTS, "SignatureDoesNotMatch")),
        Row("an unknown key", refused_key, dict.fromkeys(CLIENTS, "InvalidAccessKeyId")),
    ),
)
