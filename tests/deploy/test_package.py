"""What `make package` makes: small, the same every time, and able to run alone."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import os
import shutil
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from deploy.package import (
    DependenciesUnavailable,
    Package,
    PackageError,
    describe,
    make_package,
    try_package,
)
from tests.project import PROJECT

pytestmark = pytest.mark.slow

_TAG = str(sys.implementation.cache_tag)
EVENTS = sorted((PROJECT / "events").glob("skipped-*.json"))


@pytest.fixture
def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.archive) as archive:
        return archive.namelist()


def test_it_is_the_same_every_time(package: Package, tmp_path: Path) -> None:
    """In another folder, at another time, with other modes."""
    for name in ("s.yaml", "requirements.txt"):
        shutil.copyfile(PROJECT / name, tmp_path / name)
    shutil.copyfile(package.code / "index.py", tmp_path / "index.py")
    shutil.copytree(package.code / "handler", tmp_path / "handler", copy_function=shutil.copyfile)
    (tmp_path / "index.py").chmod(0o700)
    again = make_package(tmp_path / "dist", tmp_path)
    assert _digest(again.archive) == _digest(package.archive)


def test_the_folder_and_the_archive_are_the_same(package: Package) -> None:
    with zipfile.ZipFile(package.archive) as archive:
        packed = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    folder = {
        path.relative_to(package.code).as_posix(): path.read_bytes()
        for path in package.code.rglob("*")
        if path.is_file()
    }
    assert packed == folder


def test_nothing_of_this_machine_is_in_it(package: Package) -> None:
    with zipfile.ZipFile(package.archive) as archive:
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
        assert not any(str(PROJECT).encode() in archive.read(entry) for entry in entries)


def test_it_is_small(package: Package) -> None:
    assert package.archive.stat().st_size < 10 * 2**20


def test_only_what_runs_is_in_it(names: list[str]) -> None:
    top = {name.partition("/")[0] for name in names}
    assert {"index.py", "handler", "alibabacloud_oss_v2", "pydantic_core", "certifi"} <= top
    assert not top & {
        "harness",
        "tests",
        "events",
        "bin",
        "Crypto",
        "pip",
        "setuptools",
        "oss2",
        "functions_framework",
    }
    unwanted = (".pyi", ".dist-info/RECORD", "py.typed", "METADATA")
    assert [name for name in names if name.endswith(unwanted) or "/tests/" in name] == []


def test_the_whole_handler_is_in_it(names: list[str]) -> None:
    sources = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "handler").rglob("*.py")}
    assert {name for name in names if name.startswith("handler/") and name.endswith(".py")} == sources


@pytest.mark.usefixtures("interpreter")
def test_it_is_compiled_for_the_runtime(names: list[str]) -> None:
    """Or every cold start would do it anew: /code is read-only."""
    sources = {name for name in names if name.endswith(".py")}
    compiled = {name for name in names if name.endswith(".pyc")}
    assert compiled == {importlib.util.cache_from_source(name).replace(_TAG, "cpython-312") for name in sources}


def test_compiled_parts_are_the_runtimes(package: Package, names: list[str]) -> None:
    compiled = [name for name in names if name.endswith(".so")]
    tag = f"cpython-{package.python_version.replace('.', '')}-x86_64-linux-gnu"
    assert any(name.startswith("pydantic_core/") for name in compiled)
    assert [name for name in compiled if tag not in name and ".abi3." not in name] == []


def test_its_size_is_told(package: Package) -> None:
    first, *parts = describe(package).splitlines()
    assert first.startswith("gif-on-upload.zip: ")
    assert first.endswith("for python3.12")
    assert "pydantic_core" in parts[0]


def test_it_runs_alone(package: Package, interpreter: str) -> None:
    assert len(EVENTS) >= 5
    try_package(package, interpreter, EVENTS)


@pytest.mark.parametrize("missing", ["pydantic", "alibabacloud_oss_v2/signer", "handler/tracking.py"])
def test_a_package_that_lacks_something_is_found_out(
    missing: str, package: Package, interpreter: str, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(package.code, tmp_path / "code", copy_function=_link))
    if (broken / missing).is_dir():
        shutil.rmtree(broken / missing)
    else:
        (broken / missing).unlink()
    with pytest.raises(PackageError, match="does not run"):
        try_package(dataclasses.replace(package, code=broken), interpreter, EVENTS)


def test_a_package_that_would_submit_is_found_out(package: Package, interpreter: str) -> None:
    """The trial's samples must all be skipped: it has no cloud to submit anything to."""
    broken = PROJECT / "events" / "bad-key-too-long.json"
    with pytest.raises(PackageError, match="VideosFailed"):
        try_package(package, interpreter, [broken])


def test_without_a_registry_there_is_one_clear_error(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was made before is still there."""
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    output = tmp_path / "dist"
    shutil.copytree(package.code, output / "code", copy_function=_link)
    with pytest.raises(DependenciesUnavailable, match=r"requirements\.txt for Python 3\.12 .*alibabacloud-oss-v2"):
        make_package(output)
    assert (output / "code" / "index.py").exists()
    assert [path.name for path in output.iterdir()] == ["code"]


def test_another_runtime_is_refused(tmp_path: Path) -> None:
    text = (PROJECT / "s.yaml").read_text(encoding="utf-8")
    (tmp_path / "s.yaml").write_text(text.replace("runtime: python3.12", "runtime: nodejs20"))
    with pytest.raises(PackageError, match="runtime nodejs20"):
        make_package(tmp_path / "dist", tmp_path)
    assert not (tmp_path / "dist").exists()


def test_every_dependency_is_pinned_and_installed_here() -> None:
    """What is deployed is what the tests run with."""
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert len(pins) >= 10
    assert {name: version(name) for name in pins} == pins


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
