"""What the tests of the deployment share: s.yaml as it is written, and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.package import DependenciesUnavailable, Package, make_package
from harness.fc.instances.interpreters import find_interpreter
from harness.stack.expressions import Resolver

PROJECT = Path(__file__).parents[2]
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

    def props(self, environ: dict[str, str]) -> dict[str, Any]:
        """The function's properties, as the component gets them."""
        resolver = Resolver(self.document["vars"], environ)
        resolved = resolver.resolve(self.document)
        assert resolver.missing == {}
        (resource,) = resolved["resources"].values()
        props = resource["props"]
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


@pytest.fixture(scope="session")
def stack_file() -> StackFile:
    return StackFile((PROJECT / "s.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def schema_file() -> Path:
    """The fc3 component's own schema; it is no part of this repository."""
    path = PROJECT.parent / "shared" / "fc3-schema.json"
    if not path.exists():
        pytest.skip("the fc3 component's schema is not beside this checkout (../shared/fc3-schema.json)")
    return path


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    try:
        return make_package(tmp_path_factory.mktemp("dist"))
    except DependenciesUnavailable as exc:
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def interpreter(package: Package) -> str:
    found = find_interpreter(package.python_version)
    if found is None:
        pytest.skip(f"this machine has no Python {package.python_version} for Linux on x86-64")
    return found
