"""The function's settings: environment variables, checked once, one frozen object.

Only main.py reads the environment, for this and for the credentials. An empty variable is an unset one, because
s.yaml has no way to leave one out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from handler.addresses import any_url, base_url
from handler.bucket_domains import is_mainland, is_own_domain, read_domains
from handler.errors import SettingsError

#: The role's STS credentials live for 36 hours, and a presigned URL dies with them.
TOKEN_LIFETIME_SECONDS = 36 * 3600
#: Not .ts: sources in TypeScript and the segments of an HLS stream are called so too, and each would be paid for.
DEFAULT_VIDEO_SUFFIXES = ".mp4,.mov,.m4v,.avi,.mkv,.flv,.webm,.wmv,.mpg,.mpeg,.3gp"
#: Seconds between an attempt's end at the latest and the function's timeout.
MARGIN_SECONDS = 2.0

_FORMS = {
    "TRACKING_BUCKET": "must be a bucket's name: 3 to 63 lower-case letters, digits and hyphens",
    "REGION": "the function's region; must be an id such as cn-beijing",
    "GIF_REGION": "must be a region's id such as cn-beijing",
    "GIF_BUCKET": "must be a bucket's name: 3 to 63 lower-case letters, digits and hyphens",
    "GIF_SERVICE": "must be multimediaai or oss",
    "IMM_PROJECT": "must be the name of an IMM project: letters, digits, hyphens and underscores",
}
#: What is needed to write below the prefix.
_PLACES = ("TRACKING_BUCKET", "TRACKING_PREFIX", "OSS_ENDPOINT")
#: Settings that no message repeats.
_SECRET = ("CALLBACK_URL", "COLLECT_URL", "COLLECT_SECRET")
_WHAT = {
    "APPLICATION_ID": "the ApplicationId of your Multimedia AI application",
    "TRACKING_BUCKET": "the OSS bucket for the records",
    "IMM_PROJECT": "the project of Intelligent Media Management that the bucket of the videos is bound to",
}


def _suffixes(value: Any) -> Any:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(part.strip().lower() for part in parts if part.strip())


def _dotted(suffixes: tuple[str, ...]) -> tuple[str, ...]:
    if not suffixes or not all(re.fullmatch(r"\.[^\s/]+", suffix) for suffix in suffixes):
        raise ValueError("must be a comma-separated list of suffixes such as .mp4,.mov")
    return suffixes


def _oss_endpoint(value: str) -> str:
    if is_own_domain(base_url(value)):
        raise ValueError(
            "must be OSS's address without a bucket: the bucket's name is put before it; for a domain that is "
            f"bound to a bucket, set BUCKET_DOMAINS to <bucket>={urlsplit(value).netloc} instead"
        )
    return value.rstrip("/")


def _domains(value: Any) -> Any:
    return read_domains(value) if isinstance(value, str) else value


def _folder(value: str) -> str:
    if value.startswith("\\") or not value.endswith("/") or {"", ".", ".."} & set(value[:-1].split("/")):
        raise ValueError("must be a folder such as gif-tasks/, with a slash at its end and none at its start")
    if len(value.encode()) > 256:
        raise ValueError("must be at most 256 bytes long")
    return value


BaseUrl = Annotated[str, AfterValidator(base_url)]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
RegionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$")]


class Settings(BaseModel):
    """Field names are the variables' names in lower case; `region` and `timeout` (seconds) are the function's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    gif_service: Annotated[str, StringConstraints(pattern=r"^(multimediaai|oss)$")] = "multimediaai"
    application_id: Annotated[str, StringConstraints(strip_whitespace=True, max_length=256)] = ""
    tracking_bucket: BucketName
    tracking_prefix: Annotated[str, AfterValidator(_folder)] = "gif-tasks/"
    template_id: Annotated[int, Field(ge=0)] | None = None
    callback_url: Annotated[str, AfterValidator(any_url)] | None = Field(default=None, repr=False)
    scales: str | None = None
    video_suffixes: Annotated[tuple[str, ...], BeforeValidator(_suffixes), AfterValidator(_dotted)] = _suffixes(
        DEFAULT_VIDEO_SUFFIXES
    )
    videos_without_suffix: bool = False
    video_url_base: BaseUrl | None = None
    bucket_domains: Annotated[dict[str, str], BeforeValidator(_domains)] = Field(default_factory=dict)
    claim_lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 45.0
    # Seven days is the most that a V4 presigned URL may ask for.
    video_url_expires: Annotated[int, Field(ge=60, le=7 * 24 * 3600)] = 86400
    gif_region: RegionId = "cn-beijing"
    gif_endpoint: BaseUrl | None = None
    gif_animation: str = ""
    imm_project: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")] | None = None
    imm_endpoint: BaseUrl | None = None
    oss_endpoint: BaseUrl | None = None
    oss_public_endpoint: Annotated[str, AfterValidator(_oss_endpoint)] | None = None
    collect: bool = True
    gif_bucket: BucketName | None = None
    gif_prefix: Annotated[str, AfterValidator(_folder)] = "gifs/"
    gif_max_bytes: Annotated[int, Field(ge=1, le=1 << 30)] = 64 << 20
    give_up_after_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 24.0
    paused: bool = False
    max_tasks_per_day: Annotated[int, Field(ge=1)] | None = None
    collect_url: Annotated[str, AfterValidator(any_url)] | None = Field(default=None, repr=False)
    collect_secret: Annotated[str, StringConstraints(min_length=16, max_length=256)] | None = Field(
        default=None, repr=False
    )
    region: RegionId
    timeout: float

    @property
    def gifs(self) -> str:
        """The bucket that the GIFs are put into."""
        return self.gif_bucket or self.tracking_bucket

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """The endpoints that are configured, and so are talked to wherever they are."""
        given = (
            *(self.gif_address, self.imm_address, self.oss_address, self.oss_public_endpoint),
            *self.bucket_domains.values(),
        )
        return tuple(filter(None, given))

    @property
    def gif_address(self) -> str:
        return self.gif_endpoint or f"https://multimediaai.{self.gif_region}.aliyuncs.com"

    @property
    def imm_address(self) -> str:
        """IMM is in the region of the buckets."""
        return self.imm_endpoint or f"https://imm.{self.region}.aliyuncs.com"

    @property
    def oss_address(self) -> str:
        """Where this function's own calls to OSS go: the intranet of its region."""
        return self.oss_endpoint or f"https://oss-{self.region}-internal.aliyuncs.com"

    def oss_public_address(self, region: str) -> str:
        """What the GIF service can reach: the public endpoint of the video's region."""
        return self.oss_public_endpoint or f"https://oss-{region}.aliyuncs.com"

    @property
    def warnings(self) -> list[str]:
        found = []
        has_urls = self.gif_service == "multimediaai"
        if (
            has_urls
            and not (self.video_url_base or self.bucket_domains or self.oss_public_endpoint)
            and is_mainland(self.region)
        ):
            found.append(
                "video URLs are on OSS's public endpoint, which refuses downloads (PublicEndpointForbidden) to "
                "accounts that opened OSS since 2025-03-20: bind a domain to the bucket and set BUCKET_DOMAINS; "
                f"an older account says so by OSS_PUBLIC_ENDPOINT=https://oss-{self.region}.aliyuncs.com"
            )
        if has_urls and not self.video_url_base and self.video_url_expires > TOKEN_LIFETIME_SECONDS:
            found.append(
                f"VIDEO_URL_EXPIRES is {self.video_url_expires} s, but a presigned URL dies with the function's "
                f"security token, after {TOKEN_LIFETIME_SECONDS} s at most"
            )
        if ".ts" in self.video_suffixes:
            found.append(
                "VIDEO_SUFFIXES has .ts: each segment of an HLS stream is then a video of its own, paid for by "
                "itself, and so is a TypeScript source that is uploaded as video/mp2t; set UPLOAD_PREFIX so that "
                "they are not below it"
            )
        return found


def read_settings(environ: Mapping[str, str], *, region: str, timeout: float) -> Settings:
    """The settings; raises one SettingsError that lists every problem. `timeout`: the function's, in seconds."""
    values: dict[str, Any] = {
        name: environ[name.upper()].strip()
        for name in Settings.model_fields
        if name not in ("region", "timeout") and environ.get(name.upper(), "").strip()
    }
    problems: list[str] = []
    try:
        settings = Settings.model_validate({**values, "region": region, "timeout": timeout})
        problems += _service_problems(settings) + _timing_problems(settings)
        problems += _callback_problems(settings) + _waiting_problems(settings)
    except ValidationError as exc:
        problems += [_problem(dict(error)) for error in exc.errors(include_url=False)]
        problems += _missing(values)
    if problems:
        listed = "".join(f"\n- {problem}" for problem in problems)
        count = "a setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        raise SettingsError(
            f"{count} missing or wrong:{listed}",
            hint="set them in .env, from which s.yaml takes the function's environment variables, and deploy",
        )
    return settings


def read_places(environ: Mapping[str, str], *, region: str, timeout: float) -> Settings:
    """Only where the records are, for when other settings are wrong; these have their defaults then.

    Raises SettingsError.
    """
    known = {name: environ[name] for name in _PLACES if name in environ}
    rest = {"APPLICATION_ID": "unknown", "CLAIM_LEASE_SECONDS": "1"}
    return read_settings({**known, **rest}, region=region, timeout=timeout)


def _service_problems(settings: Settings) -> list[str]:
    """What the service that makes the GIFs cannot do without."""
    problems = _missing(settings.model_dump(include={"gif_service", "application_id", "imm_project"}))
    if settings.gif_service != "oss":
        return problems
    # Imported here, because nobody else needs it.
    from handler.animation import read_animation

    try:
        read_animation(settings.gif_animation)
    except ValueError as wrong:
        problems.append(f"GIF_ANIMATION: {wrong}")
    return problems


def _missing(values: Mapping[str, Any]) -> list[str]:
    name = "IMM_PROJECT" if values.get("gif_service") == "oss" else "APPLICATION_ID"
    return [] if values.get(name.lower()) else [f"{name}: missing; it is {_WHAT[name]}"]


def _timing_problems(settings: Settings) -> list[str]:
    """A duplicate may wait one lease, and then needs another for its own attempt."""
    needed = 2 * settings.claim_lease_seconds + MARGIN_SECONDS
    if settings.timeout >= needed:
        return []
    return [
        f"CLAIM_LEASE_SECONDS: {settings.claim_lease_seconds:g} s needs a function timeout of at least "
        f"{needed:g} s, and it is {settings.timeout:g} s: raise the timeout in s.yaml or lower the lease"
    ]


def _callback_problems(settings: Settings) -> list[str]:
    if bool(settings.collect_url) == bool(settings.collect_secret):
        return []
    name, other = ("COLLECT_SECRET", "COLLECT_URL") if settings.collect_url else ("COLLECT_URL", "COLLECT_SECRET")
    return [f"{name}: missing, and {other} is set: a callback needs both, or neither"]


def _waiting_problems(settings: Settings) -> list[str]:
    """What is deferred waits on the pending list, and somebody has to look there."""
    given = {"PAUSED": settings.paused, "MAX_TASKS_PER_DAY": settings.max_tasks_per_day}
    return [
        f"{name}: needs COLLECT=on, because the collector submits what waits meanwhile"
        for name, is_set in given.items()
        if is_set and not settings.collect
    ]


def _problem(error: dict[str, Any]) -> str:
    name = str(error["loc"][0]).upper()
    if error["type"] == "missing":
        return f"{name}: missing; it is {_WHAT.get(name, 'required')}"
    form = _FORMS.get(name) if error["type"] == "string_pattern_mismatch" else None
    shown = "" if name in _SECRET else f", it is {error['input']!r}"
    return f"{name}: {form or error['msg'].removeprefix('Value error, ')}{shown}"
