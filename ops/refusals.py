"""What a service refuses, in one sentence: what, of which object, and which permission is missing."""

from __future__ import annotations

import re
from typing import Any

import alibabacloud_oss_v2 as oss

from handler.errors import AccessRefused, CredentialsError, GifTaskError, NotProcessed, OutcomeUnknown
from handler.redaction import redact
from ops.errors import Denied, Mistake, NotAnswered, NotTaken, NotThere, OpsError

#: OSS operation → what RAM calls it
_PERMISSIONS = {
    "ListObjectsV2": "oss:ListObjects",
    "HeadObject": "oss:GetObject",
    "GetObject": "oss:GetObject",
    "PutObject": "oss:PutObject",
    "DeleteObject": "oss:DeleteObject",
    "GetBucketInfo": "oss:GetBucketInfo",
    "GetBucketWorm": "oss:GetBucketWorm",
    "GetBucketReferer": "oss:GetBucketReferer",
}
_KEY_CODES = {
    "InvalidAccessKeyId": "the access key does not exist, or is switched off",
    "InvalidAccessKeyId.NotFound": "the access key does not exist, or is switched off",
    "SignatureDoesNotMatch": "the access key's secret is wrong",
    "SecurityTokenExpired": "the security token has expired: get a new one",
    "InvalidSecurityToken": "the security token has expired or is not this key's: get a new one",
    "InvalidSecurityToken.Expired": "the security token has expired: get a new one",
}
_LOG_KEY_CODES = {
    "SignatureNotMatch": _KEY_CODES["SignatureDoesNotMatch"],
    "InvalidAccessKeyId": _KEY_CODES["InvalidAccessKeyId"],
    "SecurityTokenExpired": _KEY_CODES["SecurityTokenExpired"],
    "InvalidSecurityToken": _KEY_CODES["InvalidSecurityToken"],
}
#: What of a log can be missing, and what to do
_LOG_MISSING = {
    "ProjectNotExist": "the log project does not exist",
    "LogStoreNotExist": "the log project has no such logstore",
    "IndexConfigNotExist": "the logstore has no index, so nothing in it can be found: alarms/index.json is one",
}
#: Function Compute's operation → what RAM calls it, where that is another name
_FC_ACTIONS = {"GetAsyncInvokeConfig": "GetFunctionAsyncInvokeConfig"}
_LOG_ACTIONS = {"GetLogs": "GetLogStoreLogs"}
_NETWORK = "no answer: check the network, and a proxy if there is one"


def oss_refusal(exc: oss.exceptions.BaseError, operation: str, uri: str) -> OpsError:
    """uri: of the bucket or object that was asked for."""
    error = exc.unwrap() if hasattr(exc, "unwrap") else exc
    if not isinstance(error, oss.exceptions.ServiceError):
        if isinstance(error, OpsError):
            return error
        return NotAnswered(f"{operation} on {uri}: {_NETWORK}")
    code, status = str(error.code), int(error.status_code or 0)
    if code in _KEY_CODES:
        return Denied(f"{operation} on {uri}: {_KEY_CODES[code]}")
    if code == "PublicEndpointForbidden":
        return Denied(
            f"{operation} on {uri}: OSS's public endpoint serves no data to this account: bind a domain to the "
            "bucket and set BUCKET_DOMAINS, or run this on a machine in the region with --internal"
        )
    if "addressed using the specified endpoint" in str(error.message):
        return Mistake(f"{uri}: the bucket is in another region than REGION says, or another account's")
    if code == "AccessDenied" or status == 403:
        return Denied(
            f"{operation} on {uri}: not permitted: this key needs {_PERMISSIONS.get(operation, operation)}"
        )
    if code == "NoSuchBucket":
        return Mistake(f"{uri}: the bucket does not exist")
    if code == "NoSuchKey" or status == 404:
        return Mistake(f"{uri}: does not exist")
    if status >= 500:
        return NotAnswered(f"{operation} on {uri}: OSS answers {status} {code}; try again")
    return Mistake(f"{operation} on {uri}: OSS refuses it ({status} {code}): {redact(str(error.message))}")


def fc_refusal(exc: Exception, operation: str, name: str) -> OpsError:
    """name: of the function."""
    code = str(getattr(exc, "code", "") or "")
    status = _status(exc)
    if code in _KEY_CODES:
        return Denied(f"{operation} of {name}: {_KEY_CODES[code]}")
    if code == "FunctionNotFound":
        return NotThere(f"{name}: is not deployed: `s deploy`")
    if status == 404:
        return NotThere(f"{operation} of {name}: there is none ({code})")
    if code == "AccessDenied" or status in (401, 403):
        # What it needs beside is in the message only, such as ram:PassRole.
        named = re.search(r"perform '(\w+:\w+)'", str(getattr(exc, "message", "")))
        needed = named[1] if named else f"fc:{_FC_ACTIONS.get(operation, operation)}"
        return Denied(f"{operation} of {name}: not permitted: this key needs {needed}")
    if status == 429:
        return NotTaken(f"{operation} of {name}: Function Compute is too busy ({code}); try again")
    if status and status < 500 and code:
        return Mistake(f"{operation} of {name}: Function Compute refuses it ({status} {code})")
    if status:
        return NotAnswered(f"{operation} of {name}: Function Compute answers {status}; try again")
    return NotAnswered(f"{operation} of {name}: {_NETWORK}")


def log_refusal(exc: Exception, name: str, operation: str) -> OpsError:
    """name: project/logstore."""
    code, status = str(getattr(exc, "code", "") or ""), _status(exc)
    message = redact(" ".join(str(getattr(exc, "message", "") or "").split()))
    what = f"{operation} of {name}"
    if code in _LOG_MISSING:
        return Mistake(f"{what}: {_LOG_MISSING[code]}")
    if code in _LOG_KEY_CODES:
        return Denied(f"{what}: {_LOG_KEY_CODES[code]}")
    if code == "Unauthorized" or status in (401, 403):
        needed = f"log:{_LOG_ACTIONS.get(operation, operation)}"
        is_key = "accesskey" in message.lower().replace(" ", "")
        why = _KEY_CODES["InvalidAccessKeyId"] if is_key else f"not permitted: this key needs {needed}"
        return Denied(f"{what}: {why}")
    if status and status < 500 and code:
        return Mistake(f"{what}: Log Service refuses it ({status} {code}): {message[:300]}")
    if status:
        return NotAnswered(f"{what}: Log Service answers {status}; try again")
    return NotAnswered(f"{what}: {_NETWORK}")


def sts_refusal(exc: Exception) -> OpsError:
    """Of GetCallerIdentity, which everybody may ask."""
    code, status = str(getattr(exc, "code", "") or ""), _status(exc)
    if code in _KEY_CODES:
        return Denied(f"GetCallerIdentity: {_KEY_CODES[code]}")
    if status in (401, 403):
        return Denied(f"GetCallerIdentity: the access key is refused ({code})")
    if status or code or isinstance(exc, (KeyError, TypeError)):
        return NotAnswered(f"GetCallerIdentity: STS answers {status} {code}".rstrip())
    return NotAnswered(f"GetCallerIdentity: {_NETWORK}")


def task_refusal(exc: GifTaskError, what: str, service: str = "multimediaai") -> OpsError:
    """service: as RAM calls it."""
    if isinstance(exc, AccessRefused):
        # One question may take two calls; the error says which one was refused.
        action = exc.message.partition(":")[0]
        return Denied(f"{what}: not permitted: this key needs {service}:{action}")
    said = str(exc) if exc.message.startswith(f"{what}:") else f"{what}: {exc}"
    return (NotAnswered if isinstance(exc, (NotProcessed, OutcomeUnknown)) else Mistake)(said)


def no_credentials(exc: Exception, profile: str | None) -> Denied:
    if isinstance(exc, CredentialsError):
        return Denied(str(exc))
    if profile:
        return Denied(
            f"--profile {profile}: ~/.aliyun/config.json has no usable profile of that name: `aliyun configure`"
        )
    return Denied(
        "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run "
        "`aliyun configure`, or add --local for a running local cloud"
    )


def _status(exc: Any) -> int:
    for value in (getattr(exc, "status_code", None), (getattr(exc, "data", None) or {}).get("statusCode")):
        if isinstance(value, int):
            return value
    return 0
