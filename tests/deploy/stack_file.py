"""s.yaml as it is written, and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from serverless.expressions import Resolver

REQUIRED = {
    "ACCOUNT_ID": "1234567890123456",
    "APPLICATION_ID": "an-application",
    "TRACKING_BUCKET": "my-gif-records",
    "VIDEO_BUCKET": "my-videos",
}


@dataclass(frozen=True)
class StackFile:
    """s.yaml. document: as written; text: with its comments."""

    text: str

    @property
    def document(self) -> dict[str, Any]:
        loaded = yaml.safe_load(self.text)
        assert isinstance(loaded, dict)
        return loaded

    @property
    def variables(self) -> set[str]:
        """What its ${env()} name, comments aside."""
        return {name for text in _texts(self.document) for name in re.findall(r"env\('(\w+)'", text)}

    def props(self, environ: dict[str, str], resource: str = "gif_on_upload") -> dict[str, Any]:
        """A function's properties, as the component gets them."""
        resolver = Resolver(self.document["vars"], environ)
        resolved = resolver.resolve(self.document)
        assert resolver.missing == {}
        props = resolved["resources"][resource]["props"]
        assert isinstance(props, dict)
        return props


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
