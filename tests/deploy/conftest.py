"""What the tests of the deployment share: the stack's file, the component's schema, and the package."""

from __future__ import annotations

import fcntl
import pickle
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
def package(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Package:
    """Made once, whoever of pytest's workers needs it first."""
    if worker_id == "master":
        return _made(tmp_path_factory.mktemp("dist"))
    shared = tmp_path_factory.getbasetemp().parent / "package"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = shared.with_suffix(".pickle")
        if not note.exists():
            note.write_bytes(pickle.dumps(_made(shared)))
        made: Package = pickle.loads(note.read_bytes())
        return made


def _made(folder: Path) -> Package:
    try:
        return make_package(folder)
    except DependenciesUnavailable as exc:
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def interpreter(package: Package) -> str:
    found = find_interpreter(package.python_version)
    if found is None:
        pytest.skip(f"this machine has no Python {package.python_version} for Linux on x86-64")
    return found
