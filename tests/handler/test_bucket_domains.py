"""A bucket's own domain: the setting, the URL, and the same object under another host."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from handler.bucket_domains import object_at
from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials
from handler.errors import SettingsError
from handler.settings import Settings, read_settings
from handler.storage import Storage
from handler.video import Video
from handler.video_url import VideoUrls

TWO = "my-videos=videos.example.com, other=http://v.example.org:8080"
KEY = "uploads/a+b 100% 猫.mp4"


def read(region: str = "cn-beijing", **environ: str) -> Settings:
    required = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": "my-gif-records"}
    return read_settings({**required, **environ}, region=region, timeout=120)


def url_of(bucket: str, **environ: str) -> str:
    settings = read(**environ)
    current = CurrentCredentials()
    current.set(Credentials("an-id", "a-secret", "a-token"))
    storage = Storage(settings, current, Connections(size=1))
    return VideoUrls(settings, storage).url(Video(bucket, KEY, "cn-beijing"))


def test_each_bucket_has_its_domain() -> None:
    assert read(BUCKET_DOMAINS=TWO).bucket_domains == {
        "my-videos": "https://videos.example.com",
        "other": "http://v.example.org:8080",
    }


@pytest.mark.parametrize(
    ("bucket", "place"),
    [
        ("my-videos", ("https", "videos.example.com")),
        ("other", ("http", "v.example.org:8080")),
        ("a-third", ("https", "a-third.oss-cn-beijing.aliyuncs.com")),
    ],
)
def test_a_url_is_presigned_on_the_domain_of_its_bucket(bucket: str, place: tuple[str, str]) -> None:
    parts = urlsplit(url_of(bucket, BUCKET_DOMAINS=TWO))
    assert (parts.scheme, parts.netloc) == place
    assert parts.path == "/uploads/a%2Bb%20100%25%20%E7%8C%AB.mp4"
    assert "x-oss-signature=" in parts.query


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("videos.example.com", "does not begin with a bucket's name"),
        ("my-videos=", "is not a domain alone"),
        ("my-videos=https://videos.example.com/path", "is not a domain alone"),
        ("my-videos=10.0.0.1", "is not a domain alone"),
        ("my-videos=ftp://videos.example.com", "is not a domain alone"),
        ("my-videos=https://videos.example.com:99999", "is not a domain"),
        ("my-videos=my-videos.oss-cn-beijing.aliyuncs.com", "is OSS's own address"),
        ("my-videos=a.example.com,my-videos=b.example.com", "has two domains"),
        ("my-videos=a.example.com,other=a.example.com", "is given for two buckets"),
    ],
)
def test_a_wrong_entry_is_named(value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        read(BUCKET_DOMAINS=value)
    assert str(caught.value).count("\n- ") == 1


def test_every_wrong_entry_is_in_the_one_message() -> None:
    with pytest.raises(SettingsError) as caught:
        read(BUCKET_DOMAINS="one,My=two.example.com,good=three.example.com")
    assert "'one'" in str(caught.value)
    assert "'My=two.example.com'" in str(caught.value)
    assert "'good" not in str(caught.value).partition(", it is")[0]


def test_a_domain_in_the_wrong_setting_is_refused_with_the_right_one() -> None:
    with pytest.raises(SettingsError, match=r"set BUCKET_DOMAINS to <bucket>=videos\.example\.com"):
        read(OSS_PUBLIC_ENDPOINT="https://videos.example.com")


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9000", "http://localhost", "https://oss-cn-beijing.aliyuncs.com", "https://oss.lan"],
)
def test_an_endpoint_of_oss_is_taken(address: str) -> None:
    assert read(OSS_PUBLIC_ENDPOINT=address).oss_public_endpoint == address


def test_an_account_that_may_be_new_is_warned_until_it_says_which_it_is() -> None:
    assert "BUCKET_DOMAINS" in read().warnings[0]
    assert read(region="ap-southeast-1").warnings == read(region="cn-hongkong").warnings == []
    assert read(BUCKET_DOMAINS=TWO).warnings == []
    assert read(OSS_PUBLIC_ENDPOINT="https://oss-cn-beijing.aliyuncs.com").warnings == []


@pytest.mark.parametrize(
    "url",
    [
        "https://videos.example.com/a/b%20c.mp4?x-oss-signature=1",
        "https://VIDEOS.example.com/a/b%20c.mp4",
        "https://my-videos.oss-cn-beijing.aliyuncs.com/a/b%20c.mp4",
        "https://my-videos.oss-cn-beijing-internal.aliyuncs.com/a/b%20c.mp4",
        "http://127.0.0.1:9000/my-videos/a%2Fb%20c.mp4",
    ],
)
def test_an_object_is_the_same_under_each_of_its_hosts(url: str) -> None:
    assert object_at(url, read(BUCKET_DOMAINS=TWO).bucket_domains) == ("my-videos", "a/b c.mp4")


@pytest.mark.parametrize(
    "url", ["https://v.example.org/a/b%20c.mp4", "https://elsewhere.example.com/a/b%20c.mp4", "https://[", ""]
)
def test_another_bucket_is_another_object(url: str) -> None:
    assert object_at(url, read(BUCKET_DOMAINS=TWO).bucket_domains) != ("my-videos", "a/b c.mp4")
