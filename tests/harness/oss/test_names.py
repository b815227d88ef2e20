"""Names that XML cannot hold, names that are too long, and versions and tags that cannot be."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest
import requests

from tests.harness.oss.local import LocalOss

#: what is not text in XML 1.0, what an unescaped parser would change, and the mark that the parser's stand-ins use
ODD_KEY = "视频\x0c<&>\x01-\x1f\x7f\ue0ff1;\r.mp4"


def test_odd_keys_are_deleted_in_bulk(oss: LocalOss) -> None:
    oss.store.put("videos", ODD_KEY, b"x")
    request = oss_v2.DeleteMultipleObjectsRequest(
        "videos", encoding_type="url", objects=[oss_v2.DeleteObject(key=ODD_KEY)]
    )
    assert [found.key for found in oss.v2().delete_multiple_objects(request).deleted_objects] == [ODD_KEY]
    assert oss.store.list("videos") == []


@pytest.mark.parametrize("key", ["中文!@#$%^&*()-=文件\x0c-2.txt", "a\x01b", "a\ue0ff1;\x02"])
def test_control_characters_as_they_are(oss: LocalOss, key: str) -> None:
    oss.store.put("videos", key, b"x")
    assert oss.bucket().batch_delete_objects([key]).deleted_keys == [key]
    assert oss.store.list("videos") == []


@pytest.mark.parametrize("shown", [b"a&#1;b", b"a&#x01;b", b"a\x01b", b"<![CDATA[a\x01b]]>"])
def test_character_references_in_and_raw_characters_out(oss: LocalOss, shown: bytes) -> None:
    oss.rights.open_to_all = True
    oss.store.put("videos", "a\x01b", b"x")
    listed = requests.get(f"{oss.url}/videos?prefix=a", timeout=10).content
    assert b"<Key>a\x01b</Key>" in listed
    document = b"<Delete><Object><Key>%s</Key></Object></Delete>" % shown
    answer = requests.post(f"{oss.url}/videos?delete", data=document, timeout=10)
    assert b"<Key>a\x01b</Key>" in answer.content
    assert oss.store.list("videos") == []


@pytest.mark.parametrize("bad", [b"a&#xD800;b", b"a&#0;<b", b"a&#1114112;b"])
def test_what_is_no_document_stays_none(oss: LocalOss, bad: bytes) -> None:
    oss.rights.open_to_all = True
    document = b"<Delete><Object><Key>%s</Key></Object></Delete>" % bad
    answer = requests.post(f"{oss.url}/videos?delete", data=document, timeout=10)
    assert (answer.status_code, b"<Code>MalformedXML</Code>" in answer.content) == (400, True)


def test_an_error_about_an_odd_key_can_be_read(oss: LocalOss) -> None:
    with pytest.raises(oss_v2.exceptions.OperationError) as caught:
        oss.v2().get_object(oss_v2.GetObjectRequest("videos", ODD_KEY))
    assert getattr(caught.value.unwrap(), "code", "") == "NoSuchKey"


@pytest.mark.parametrize("name", ["prefix", "delimiter", "key_marker", "versionid_marker"])
def test_longer_than_any_key(oss: LocalOss, name: str) -> None:
    bucket = oss.bucket()
    markers = {"key_marker": "k"} if name == "versionid_marker" else {}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_object_versions(**markers | {name: "a" * 1025})
    if name in ("prefix", "delimiter"):
        for ask in (bucket.list_objects, bucket.list_objects_v2, bucket.list_multipart_uploads):
            with pytest.raises(oss2.exceptions.InvalidArgument):
                ask(**{name: "猫" * 342})
            ask(**{name: "a" * 1024})


@pytest.mark.parametrize("version", ["234", "", "NotExistVersionID"])
def test_what_cannot_be_a_version(oss: LocalOss, version: str) -> None:
    oss.store.set_versioning("videos", "Enabled")
    bucket = oss.bucket()
    bucket.put_object("k", b"x")
    named = {"versionId": version}
    many = oss2.models.BatchDeleteObjectVersionList([oss2.models.BatchDeleteObjectVersion("k", version)])
    asks = [
        partial(bucket.get_object, "k", params=named),
        partial(bucket.delete_object, "k", params=named),
        partial(bucket.get_object_tagging, "k", params=named),
        partial(bucket.copy_object, "videos", "k", "copy", params=named),
        *([partial(bucket.delete_object_versions, many)] if version else []),
    ]
    for ask in asks:
        with pytest.raises(oss2.exceptions.InvalidArgument):
            ask()
    assert [found.key for found in oss.store.versions("videos")] == ["k"]


def test_a_version_that_could_be_one_but_is_none(oss: LocalOss) -> None:
    oss.store.set_versioning("videos", "Enabled")
    oss.store.put("videos", "k", b"x")
    with pytest.raises(oss2.exceptions.ServerError, match="NoSuchVersion"):
        oss.bucket().get_object("k", params={"versionId": "CAEQ" + "0" * 60})


@pytest.mark.parametrize(("key", "value"), [("%@abc", "v"), ("k", "%abc"), ("k", "a\tb"), ("", "v"), ("k", "a*b")])
def test_tags_with_forbidden_characters(oss: LocalOss, key: str, value: str) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x")
    tagging = oss2.models.Tagging(oss2.models.TaggingRule())
    tagging.tag_set.tagging_rule[key] = value
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidTag"):
        bucket.put_object_tagging("k", tagging)
    header = {"x-oss-tagging": f"{quote(key, safe='')}={quote(value, safe='')}"}
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidTag"):
        bucket.put_object("k", b"y", headers=header)
    assert oss.store.get("videos", "k") == b"x"


def test_tags_with_all_that_is_allowed(oss: LocalOss) -> None:
    bucket, rule = oss.bucket(), oss2.models.TaggingRule()
    rule.add("中文 aZ9+-=._:/", "++中文++")
    bucket.put_object("k", b"x")
    bucket.put_object_tagging("k", oss2.models.Tagging(rule))
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == rule.tagging_rule
