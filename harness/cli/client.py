"""What the command line asks of a running local cloud: objects and invocations through the official SDKs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from harness.cloud.directory import running_at
from harness.ram.identity import Credentials
from serverless.local import URL as DEFAULT_URL

#: Seconds; a cloud on this machine answers at once or not at all.
_ANSWER_SECONDS = 10.0
_RESET_SECONDS = 60.0
#: An invocation may take as long as Function Compute allows: a day.
_INVOKE_SECONDS = 86_400


class CallError(Exception):
    """The local cloud did not do it; the message says what to do."""


@dataclass(frozen=True)
class Answer:
    """A function's answer. log: the last 4 KB of its log lines. error_type: "" when it went well."""

    body: str
    log: str
    error_type: str
    request_id: str


class Client:
    """A local cloud at `url`. Every method raises CallError."""

    def __init__(self, url: str, keys: Credentials) -> None:
        self.url = _checked(url).rstrip("/")
        self._keys = keys
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc

    def state(self) -> dict[str, Any]:
        """The admin path's state, with the latest of everything only."""
        return self._admin("GET", "state?limit=1", _ANSWER_SECONDS)

    def video(self, bucket: str, key: str) -> dict[str, Any]:
        """What the admin path says about one video."""
        return self._admin("GET", f"video?{urlencode({'bucket': bucket, 'key': key})}", _ANSWER_SECONDS)

    def changes(self) -> Iterator[str]:
        """A line for each thing that happens in the cloud, and now and then when nothing does."""
        try:
            with self._session.get(f"{self.url}/_admin/events", stream=True, timeout=_ANSWER_SECONDS) as events:
                yield from events.iter_lines(decode_unicode=True)
        except requests.RequestException as exc:
            raise CallError(f"the local cloud at {self.url} has stopped") from exc

    def reset(self) -> None:
        """Empties the cloud, back to how it started."""
        self._admin("POST", "reset", _RESET_SECONDS)

    def resolve(self, file: Path, target: str | None) -> tuple[str, str]:
        """(bucket, key) of oss://BUCKET/KEY, or in oss://BUCKET/FOLDER/; without a target, in what is watched."""
        if not _is_utf8(file.name) and (target is None or target.endswith("/")):
            raise CallError(
                f"{file}: its name is not UTF-8, and an object's is: rename it, or name oss://BUCKET/KEY"
            )
        if target is None:
            triggers = self.state()["triggers"]
            if not triggers:
                raise CallError("no bucket is watched: name a target, oss://BUCKET/KEY")
            return triggers[0]["bucket"], triggers[0]["prefix"] + file.name
        bucket, slash, key = target.removeprefix("oss://").partition("/")
        if not target.startswith("oss://") or not bucket or not slash:
            raise CallError(f"{target}: a target is oss://BUCKET/KEY")
        return bucket, key + file.name if not key or key.endswith("/") else key

    def fire(self, trigger: str | None, function: str | None) -> tuple[str, str]:
        """Fires a timer now, the only one if none is named: (what was fired, request id of the invocation)."""
        timers = [(timer["function"], timer["name"]) for timer in self.state()["timers"]]
        fitting = [timer for timer in timers if function in (None, timer[0]) and trigger in (None, timer[1])]
        if len(fitting) != 1:
            known = ", ".join(f"{name} of {owner}" for owner, name in timers) or "none"
            raise CallError(f"name one timer, with --function if need be: there is {known}")
        owner, name = fitting[0]
        path = f"timers?{urlencode({'function': owner, 'trigger': name})}"
        return f"{name} of {owner}", str(self._admin("POST", path, _ANSWER_SECONDS)["request_id"])

    def chosen_function(self) -> str:
        """The one function that there is, or that uploads invoke."""
        state = self.state()
        names = state["functions"]
        if not names:
            raise CallError("there is no function yet: `s deploy` one")
        if len(names) > 1:
            names = sorted({trigger["name"].partition("/")[0] for trigger in state["triggers"]}) or names
        if len(names) > 1:
            raise CallError(f"there are several functions, name one with --function: {', '.join(names)}")
        return str(names[0])

    def put(self, bucket: str, key: str, file: Path) -> None:
        """Uploads the file, as the official SDK does it."""
        import alibabacloud_oss_v2 as oss

        state = self.state()
        request = oss.PutObjectRequest(bucket=bucket, key=key)
        try:
            oss_client(self.url, self._keys, state["region"]).put_object_from_file(request, str(file))
        except oss.exceptions.BaseError as exc:
            cause = exc.unwrap() if hasattr(exc, "unwrap") else exc
            if isinstance(cause, oss.exceptions.ServiceError):
                hint = self._hint(str(cause.code))
                if cause.code == "NoSuchBucket":
                    names = [entry["name"] for entry in state["buckets"]]
                    hint = f" There is no {bucket}, only {', '.join(names)}"
                raise CallError(f"OSS refused: {cause.code}: {cause.message}{hint}") from exc
            raise CallError(f"oss://{bucket}/{key}: the upload broke off: {cause}") from exc

    def invoke(self, function: str, event: bytes, asynchronous: bool) -> Answer:
        """Invokes it as the official SDK does it; asynchronously, the answer is empty."""
        functions = self.state()["functions"]  # says it in plain words when there is no cloud
        # The SDKs are imported where they are used: that takes most of a second.
        from alibabacloud_fc20230330.client import Client as FcClient
        from alibabacloud_fc20230330.models import InvokeFunctionHeaders, InvokeFunctionRequest
        from alibabacloud_tea_openapi.models import Config
        from alibabacloud_tea_util.models import RuntimeOptions
        from Tea.exceptions import TeaException

        address = urlsplit(self.url)
        config = Config(
            access_key_id=self._keys.access_key_id,
            access_key_secret=self._keys.access_key_secret,
            endpoint=address.netloc,
            protocol=address.scheme,
        )
        headers = InvokeFunctionHeaders(
            x_fc_invocation_type="Async" if asynchronous else "Sync",
            x_fc_log_type="None" if asynchronous else "Tail",
        )
        request = InvokeFunctionRequest(body=event)
        runtime = RuntimeOptions(read_timeout=_INVOKE_SECONDS * 1000)
        try:
            answer = FcClient(config).invoke_function_with_options(function, request, headers, runtime)
        except TeaException as exc:
            hint = self._hint(str(exc.code))
            if exc.code == "FunctionNotFound":
                hint = f"; there is {'only ' + ', '.join(functions) if functions else 'none: `s deploy` one'}"
            # The SDK wraps the service's own words: "code: 404, … request id: …".
            message = str(exc.message).partition(" request id:")[0].removeprefix("code: 404, ")
            raise CallError(f"Function Compute refused: {exc.code}: {message}{hint}") from exc
        except OSError as exc:
            raise CallError(f"the invocation broke off: {exc}") from exc
        found = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.body.read() if answer.body else b""
        log = base64.b64decode(found.get("x-fc-log-result", ""))
        return Answer(
            body.decode(errors="replace"),
            log.decode(errors="replace"),
            found.get("x-fc-error-type", ""),
            found.get("x-fc-request-id", ""),
        )

    def _hint(self, code: str) -> str:
        """What to do about keys that the cloud does not know."""
        if not code.startswith(("InvalidAccessKeyId", "SignatureDoesNotMatch")):
            return ""
        return (
            f"; ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET in this shell ({self._keys.access_key_id}) are not what "
            "`python -m harness up` was started with: set the same ones in both, or none"
        )

    def _admin(self, method: str, path: str, seconds: float) -> dict[str, Any]:
        try:
            answer = self._session.request(method, f"{self.url}/_admin/{path}", timeout=seconds)
        except requests.RequestException as exc:
            raise CallError(
                f"no local cloud answers at {self.url}: start one with `python -m harness up`"
            ) from exc
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise CallError(f"what answers at {self.url} is not a local cloud; name yours with --endpoint")
        if not answer.ok:
            raise CallError(str(document.get("error", {}).get("message", answer.reason)))
        return document


def _is_utf8(name: str) -> bool:
    """Python carries other bytes of a file's name through as surrogates."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _checked(url: str) -> str:
    """Raises CallError for what is not an http address."""
    try:
        address = urlsplit(url)
        good = address.scheme in ("http", "https") and address.hostname and address.port != 0
    except ValueError:
        good = False
    if not good:
        raise CallError(f"{url}: an endpoint is an address such as {DEFAULT_URL}")
    return url


def find_cloud(directory: Path) -> str:
    """The endpoint of the local cloud that runs in this state directory, or else the default one."""
    return running_at(directory) or DEFAULT_URL


def oss_client(endpoint: str, keys: Credentials, region: str = "cn-beijing") -> Any:
    """An alibabacloud_oss_v2.Client."""
    import alibabacloud_oss_v2 as oss

    provider = oss.credentials.StaticCredentialsProvider(keys.access_key_id, keys.access_key_secret)
    return oss.Client(oss.Config(region=region, endpoint=endpoint, credentials_provider=provider))
