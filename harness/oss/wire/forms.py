"""multipart/form-data as it comes off the socket: the fields first, then the file in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from harness.oss.errors import OssError

#: bytes that all fields before the file may have together
MAX_FIELDS = 512 * 1024


@dataclass
class Form:
    """`fields`: those before the file, by lower-case name. `pieces`: the file's bytes, to be read once."""

    fields: dict[str, str]
    filename: str
    content_type: str
    pieces: Iterator[bytes]


def read_form(content_type: str, body: Iterable[bytes]) -> Form:
    """Raises OssError for what is not a form, or has no file. OSS ignores fields after the file."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise OssError("MalformedPOSTRequest")
    events = _events(MultipartDecoder(options["boundary"].encode("latin-1", "replace")), body)
    fields: dict[str, str] = {}
    for event in events:
        if isinstance(event, (Field, File)) and event.name == "file":
            filename = event.filename if isinstance(event, File) else ""
            return Form(fields, filename, event.headers.get("Content-Type", ""), _data(events))
        if isinstance(event, (Field, File)):
            value = bytearray()
            for piece in _data(events):
                value += piece
                if len(value) + sum(map(len, fields.values())) > MAX_FIELDS:
                    raise OssError("MalformedPOSTRequest", "The fields of the form are too large.")
            fields[(event.name or "").lower()] = value.decode("utf-8", "replace")
    raise OssError("IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request.")


def _events(decoder: MultipartDecoder, body: Iterable[bytes]) -> Iterator[Event]:
    pieces = iter(body)
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, Epilogue):
                return
            if isinstance(event, NeedData):
                decoder.receive_data(next(pieces, None))
            else:
                yield event
    except ValueError as exc:
        raise OssError("MalformedPOSTRequest") from exc


def _data(events: Iterator[Event]) -> Iterator[bytes]:
    """The pieces of the part whose beginning was just seen."""
    for event in events:
        if not isinstance(event, Data):
            raise OssError("MalformedPOSTRequest")
        yield bytes(event.data)
        if not event.more_data:
            return
