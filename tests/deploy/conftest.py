"""What the tests of the deployment share: the stack's file, the component's schema, and the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.package import DependenciesUnavailable, Package, make_package
from harness.fc.instances.interpreters import find_interpreter
from tests.deploy.stack_file import StackFile
from tests.project import PROJECT


@pytest.fixture(scope="session")
def stack_file() -> StackFile:
    return StackFile((PROJECT / "s.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def schema_file() -> Path:
    """The fc3 component's own schema; it is not part of this repository."""
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
