"""Pages of multipart uploads in progress: prefix, delimiter, markers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.oss.state.listing import common_prefix
from harness.oss.state.model import Upload


@dataclass
class UploadPage:
    """`next_key` and `next_upload`: the last entry's; the next page starts after it."""

    uploads: list[Upload] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_key: str = ""
    next_upload: str = ""
    truncated: bool = False


def upload_page(
    uploads: Iterable[Upload], prefix: str, delimiter: str, after: str, after_upload: str, limit: int
) -> UploadPage:
    """The next at most `limit` uploads and common prefixes. `uploads`: all, by key and then by upload id."""
    page = UploadPage()
    for upload in uploads:
        if not upload.key.startswith(prefix) or not _is_after(upload, after, after_upload):
            continue
        common = common_prefix(upload.key, prefix, delimiter)
        if common and common in (after, *page.prefixes[-1:]):
            continue
        if len(page.uploads) + len(page.prefixes) == limit:
            page.truncated = True
            return page
        if common:
            page.prefixes.append(common)
            page.next_key, page.next_upload = common, ""
        else:
            page.uploads.append(upload)
            page.next_key, page.next_upload = upload.key, upload.upload_id
    return page


def _is_after(upload: Upload, after: str, after_upload: str) -> bool:
    key, marker = upload.key.encode(), after.encode()
    return key > marker or bool(key == marker and after_upload and upload.upload_id > after_upload)
