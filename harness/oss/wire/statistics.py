"""GetBucketStat."""

from __future__ import annotations

from harness.http.server import Response
from harness.oss.state.statistics import Held
from harness.oss.wire.call import Call, Handler, answer_xml
from harness.oss.wire.xml import Element

#: as the answer names the classes whose billed size differs from the real one
_NAMES = {
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}


def get_bucket_stat(call: Call) -> Response:
    found = call.store.statistics(call.bucket)
    held = found.classes.values()
    standard = found.classes.get("Standard", Held())
    elements: list[Element] = [
        ("Storage", str(sum(each.size for each in held))),
        ("ObjectCount", str(sum(each.count for each in held))),
        ("MultipartUploadCount", str(found.uploads)),
        ("LiveChannelCount", "0"),
        ("LastModifiedTime", str(int(max((each.modified for each in held), default=0)))),
        ("StandardStorage", str(standard.size)),
        ("StandardObjectCount", str(standard.count)),
    ]
    for storage_class, name in _NAMES.items():
        each = found.classes.get(storage_class, Held())
        elements += [
            (f"{name}Storage", str(each.billed)),
            (f"{name}RealStorage", str(each.size)),
            (f"{name}ObjectCount", str(each.count)),
        ]
    elements.append(("DeleteMarkerCount", str(found.markers)))
    return answer_xml(("BucketStat", elements))


HANDLERS: dict[str, Handler] = {"GetBucketStat": get_bucket_stat}
