from __future__ import annotations

import pytest

from handler.animation import read_animation
from handler.errors import SettingsError
from handler.settings import Settings, read_settings

GOOD = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": "my-gif-records"}


def read(timeout: float = 120, region: str = "cn-beijing", **environ: str) -> Settings:
    return read_settings({**GOOD, **environ}, region=region, timeout=timeout)


def test_the_defaults_are_the_documented_ones() -> None:
    settings = read()
    assert settings.tracking_prefix == "gif-tasks/"
    assert (settings.template_id, settings.callback_url, settings.scales) == (None, None, None)
    assert settings.video_url_base is None
    assert settings.video_suffixes == (
        *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".flv"),
        *(".webm", ".wmv", ".mpg", ".mpeg", ".3gp"),
    )
    assert settings.videos_without_suffix is False
    assert settings.claim_lease_seconds == 45
    assert settings.video_url_expires == 86400
    assert settings.gif_address == "https://multimediaai.cn-beijing.aliyuncs.com"
    assert settings.oss_address == "https://oss-cn-beijing-internal.aliyuncs.com"
    assert settings.oss_public_address("cn-hangzhou") == "https://oss-cn-hangzhou.aliyuncs.com"
    assert settings.bucket_domains == {}


def test_every_setting_is_read() -> None:
    settings = read(
        TRACKING_PREFIX="records/",
        TEMPLATE_ID="689",
        CALLBACK_URL="https://callback.example/done?key=1",
        SCALES="640x360",
        VIDEO_SUFFIXES=".MP4, .mov",
        VIDEOS_WITHOUT_SUFFIX="true",
        VIDEO_URL_BASE="https://cdn.example/",
        CLAIM_LEASE_SECONDS="20.5",
        VIDEO_URL_EXPIRES="3600",
        GIF_REGION="cn-hangzhou",
        GIF_ENDPOINT="http://127.0.0.1:9000/",
        OSS_ENDPOINT="http://127.0.0.1:9001",
        OSS_PUBLIC_ENDPOINT="http://127.0.0.1:9002",
    )
    assert settings.tracking_prefix == "records/"
    assert settings.template_id == 689
    assert settings.callback_url == "https://callback.example/done?key=1"
    assert settings.scales == "640x360"
    assert settings.video_suffixes == (".mp4", ".mov")
    assert settings.videos_without_suffix is True
    assert settings.video_url_base == "https://cdn.example"
    assert settings.claim_lease_seconds == 20.5
    assert settings.video_url_expires == 3600
    assert settings.gif_region == "cn-hangzhou"
    assert settings.gif_address == "http://127.0.0.1:9000"
    assert settings.oss_address == "http://127.0.0.1:9001"
    assert settings.oss_public_address("cn-shanghai") == "http://127.0.0.1:9002"


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read(TEMPLATE_ID="", VIDEO_SUFFIXES=" ", GIF_ENDPOINT="") == read()


def test_every_problem_is_in_one_message() -> None:
    environ = {
        "TRACKING_BUCKET": "Not_A_Bucket",
        "TEMPLATE_ID": "x",
        "GIF_ENDPOINT": "multimediaai",
        "VIDEO_SUFFIXES": "mp4",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(environ, region="cn-beijing", timeout=120)
    message = str(caught.value)
    for name in ("APPLICATION_ID", "TRACKING_BUCKET", "TEMPLATE_ID", "GIF_ENDPOINT", "VIDEO_SUFFIXES"):
        assert f"- {name}: " in message
    assert "5 settings are missing or wrong" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_PREFIX", "/gif/"),
        ("TRACKING_PREFIX", "gif"),
        ("TRACKING_PREFIX", "gif/../"),
        ("TRACKING_PREFIX", "./"),
        ("TRACKING_PREFIX", "a/./b/"),
        ("TRACKING_PREFIX", "a//b/"),
        ("VIDEO_SUFFIXES", ".mp4 .mov"),
        ("GIF_ENDPOINT", "https://a..b"),
        ("GIF_ENDPOINT", f"https://{'a' * 64}.example"),
        ("OSS_ENDPOINT", "http://127.0.0.1:99999"),
        ("OSS_PUBLIC_ENDPOINT", "https://oss.example:abc"),
        ("VIDEO_URL_BASE", "https://cdn.example/a b"),
        ("CALLBACK_URL", "https://[::1"),
        ("CLAIM_LEASE_SECONDS", "0"),
        ("CLAIM_LEASE_SECONDS", "soon"),
        ("VIDEO_URL_EXPIRES", "700000"),
        ("VIDEO_URL_EXPIRES", "1.5"),
        ("VIDEO_URL_BASE", "https://cdn.example/?a=b"),
        ("VIDEO_URL_BASE", "https://user:word@cdn.example"),
        ("CALLBACK_URL", "ftp://callback.example"),
        ("TEMPLATE_ID", "-1"),
        ("VIDEOS_WITHOUT_SUFFIX", "perhaps"),
        ("GIF_REGION", "beijing!"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"- {name}: "):
        read_settings({**GOOD, name: value}, region="cn-beijing", timeout=120)


def test_what_a_pattern_asks_for_is_said_in_words() -> None:
    with pytest.raises(SettingsError, match="- TRACKING_BUCKET: must be a bucket's name"):
        read(TRACKING_BUCKET="Not_A_Bucket")
    with pytest.raises(SettingsError, match="- REGION: the function's region; must be an id such as cn-beijing"):
        read(region="beijing")


def test_space_around_a_value_is_none_of_it() -> None:
    settings = read(GIF_ENDPOINT=" https://[::1]:9000 ", TRACKING_BUCKET=" my-gif-records")
    assert settings.gif_address == "https://[::1]:9000"
    assert settings.tracking_bucket == "my-gif-records"


def test_secrets_in_settings_are_not_shown() -> None:
    assert "SECRET" not in repr(read(CALLBACK_URL="https://callback.example/?token=SECRET"))
    with pytest.raises(SettingsError) as caught:
        read(VIDEO_URL_BASE="https://user:SECRET@cdn.example")
    assert "SECRET" not in str(caught.value)


def test_the_lease_fits_twice_into_the_functions_timeout() -> None:
    with pytest.raises(
        SettingsError, match=r"CLAIM_LEASE_SECONDS: 45 s needs a function timeout of at least 92 s.*60 s"
    ):
        read(timeout=60)
    assert read(timeout=60, CLAIM_LEASE_SECONDS="29").claim_lease_seconds == 29


def test_a_url_that_outlives_the_token_is_warned_of() -> None:
    assert "VIDEO_URL_EXPIRES" in read(VIDEO_URL_EXPIRES="172800").warnings[-1]
    assert read(VIDEO_URL_EXPIRES="172800", VIDEO_URL_BASE="https://cdn.example").warnings == []


def test_transport_streams_are_warned_of() -> None:
    warned = [
        [text for text in read(VIDEO_SUFFIXES=each).warnings if "HLS" in text]
        for each in (".mp4,.TS", ".mp4,.mts")
    ]
    assert [len(texts) for texts in warned] == [1, 0]


def read_oss(**environ: str) -> Settings:
    values = {"GIF_SERVICE": "oss", "IMM_PROJECT": "a-project", "TRACKING_BUCKET": "my-gif-records", **environ}
    return read_settings(values, region="cn-hangzhou", timeout=120)


def test_with_oss_there_is_no_application_but_a_project() -> None:
    settings = read_oss()
    assert settings.imm_address == "https://imm.cn-hangzhou.aliyuncs.com"
    assert settings.warnings == []  # no URL is needed
    with pytest.raises(SettingsError, match=r"- IMM_PROJECT: missing; it is the project"):
        read_oss(IMM_PROJECT="")
    with pytest.raises(SettingsError, match="GIF_SERVICE: must be multimediaai or oss, it is 'ffmpeg'"):
        read_oss(GIF_SERVICE="ffmpeg")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", "f_gif,num_30,inter_100,w_480,h_480,scaletype_fit"),
        ("frames=12", "f_gif,num_12"),
        (
            " start = 2500, rate=12.50 ,width=32,height=4096,scale=crop",
            "f_gif,ss_2500,fps_12.5,w_32,h_4096,scaletype_crop",
        ),
    ],
)
def test_an_animation_is_what_oss_takes(text: str, options: str) -> None:
    assert read_animation(text) == options
    read_oss(GIF_ANIMATION=text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("frames", "'frames'"),
        ("num=30", "'num=30'"),
        ("frames=30,", "''"),
        ("frames=0", "frames must be a whole number of at least 1, and is '0'"),
        ("width=5000", "width must be a whole number from 32 to 4096, and is '5000'"),
        ("rate=0", "rate must be a number of frames a second"),
        ("rate=nan", "rate must be"),
        ("scale=zoom", "scale must be one of crop, stretch, fill, fit"),
        ("frames=1,frames=2", "has frames twice"),
        ("width=480|sys/saveas", "width must be"),
    ],
)
def test_a_wrong_animation_is_told_at_the_start(text: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_oss(GIF_ANIMATION=text)
    assert "- GIF_ANIMATION: " in str(caught.value)
    assert why in str(caught.value)
