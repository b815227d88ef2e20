"""OSS's event names: which say that a whole object is there now, and why the others are nothing to submit.

Sources: the pages on OSS triggers (Function Compute), OSS events (EventBridge) and event notifications (OSS).
Names are case-sensitive; an event has them without the "oss:" of a trigger's configuration or a CloudEvent's type.
"""

from __future__ import annotations

_ASK = 'ask for its GIF with {"videos": ["oss://bucket/key"]}'
_PARTS = "the object is not there yet: CompleteMultipartUpload follows when all parts are there"
_REMOVED = "the object was removed"

#: What creates or replaces a whole object. Replication and mirroring bring what no request here has written.
WHOLE_OBJECT_EVENTS = frozenset(
    {
        "ObjectCreated:PutObject",
        "ObjectCreated:PostObject",
        "ObjectCreated:CopyObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:PutSymlink",
        "ObjectCreated:Mirror",
        "ObjectReplication:ObjectCreated",
        "ObjectReplication:ObjectModified",
    }
)
SYMLINK_EVENT = "ObjectCreated:PutSymlink"

#: Every other name that is documented, and why it is skipped.
SKIPPED_EVENTS = {
    "ObjectCreated:AppendObject": f"an append does not say whether the video is complete; when it is, {_ASK}",
    "ObjectCreated:InitiateMultipartUpload": _PARTS,
    "ObjectCreated:UploadPart": _PARTS,
    "ObjectCreated:UploadPartCopy": _PARTS,
    "ObjectRemoved:DeleteObject": _REMOVED,
    "ObjectRemoved:DeleteObjects": _REMOVED,
    "ObjectRemoved:AbortMultipartUpload": "the upload was given up, and nothing was stored",
    "ObjectReplication:ObjectRemoved": _REMOVED,
    "ObjectModified:UpdateObjectMeta": "only its metadata changed; the video is what it was",
    "ObjectModified:ChangeStorageClass": "only its storage class changed; the video is what it was",
    "ObjectRestore:FinishRestore": f"it can be read again, and is what it was; if it has none yet, {_ASK}",
    "ObjectDownloaded:GetObject": "it was only read",
}


def is_about_an_object(event_type: str) -> bool:
    """Whether a CloudEvent's type is: EventBridge also tells of buckets, API calls and bandwidth."""
    return event_type.startswith("oss:Object")


def why_skipped(name: str) -> str | None:
    """None for what creates a whole object."""
    if name in WHOLE_OBJECT_EVENTS:
        return None
    if name in SKIPPED_EVENTS:
        return f"{name}: {SKIPPED_EVENTS[name]}"
    return f"{name}: is not a name of an event that creates a whole object, as far as this version knows; {_ASK}"
