"""What no operation does here, refused in one place: nothing is stored, and the answer says what to do instead."""

from __future__ import annotations

from collections.abc import Collection

from harness.http.server import Request
from harness.oss.errors import OssError

_CALLBACKS = ("x-oss-callback", "x-oss-callback-var", "callback", "callback-var")
_CALLBACK = (
    "Callbacks are not implemented by this local OSS, so nothing was stored. Upload without {name} and let the "
    "bucket's trigger call your function."
)
_S3 = (
    "This local OSS does not know the signatures and headers of Amazon S3 ({name}). Use an OSS client (oss2, "
    "alibabacloud-oss-v2, ali-oss, ossutil); boto3 and rclone speak S3 only."
)
_S3_PARAMETERS = frozenset({"x-amz-algorithm", "x-amz-signature", "awsaccesskeyid"})


def refuse_unsupported(request: Request) -> None:
    """Raises OssError NotImplemented: callbacks, however they are asked for, and S3's dialect."""
    refuse_callbacks([*(str(name) for name in request.headers), *request.params])
    scheme = request.header("Authorization").partition(" ")[0]
    if scheme == "AWS" or scheme.startswith("AWS4-"):
        raise OssError("NotImplemented", _S3.format(name=scheme))
    for name in (*request.headers, *request.params):
        if str(name).lower().startswith("x-amz-") or str(name).lower() in _S3_PARAMETERS:
            raise OssError("NotImplemented", _S3.format(name=name))


def refuse_callbacks(names: Collection[str]) -> None:
    """names: of headers, parameters or form fields. Raises OssError NotImplemented."""
    for name in names:
        if name.lower() in _CALLBACKS:
            raise OssError("NotImplemented", _CALLBACK.format(name=name), Header=name)
