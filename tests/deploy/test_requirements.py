"""What is imported is named and pinned, by name and not by way of another package."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.project import PROJECT

OURS = {"deploy", "handler", "harness", "index", "ops", "serverless", "tests"}
DISTRIBUTIONS = packages_distributions()


def pinned(name: str) -> dict[str, str]:
    """Names and versions in a requirements file, and in those that it includes."""
    found: dict[str, str] = {}
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= pinned(line.removeprefix("-r "))
        elif pin := re.fullmatch(r"([\w.-]+)==([\w.]+)", line):
            found[canonicalize_name(pin[1])] = pin[2]
        else:
            assert not line or line.startswith("#"), line
    return found


def project() -> dict[str, Requirement]:
    """What `pip install` brings along. Python 3.10 has no reader of TOML, and one list does not need one."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.partition("\ndependencies = [\n")[2].partition("\n]\n")[0]
    requirements = [Requirement(line.strip().strip('",')) for line in listed.splitlines()]
    return {canonicalize_name(each.name): each for each in requirements}


def imports(*places: str) -> Iterator[tuple[str, Path]]:
    for place in places:
        path = PROJECT / place
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [str(node.module)]
                for name in {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                    yield name, file


@pytest.mark.parametrize(
    ("places", "named"),
    [
        (["index.py", "handler"], set(pinned("requirements.txt"))),
        (["harness", "ops", "serverless"], set(project()) | {"pytest"}),
        (["index.py", "handler", "harness", "ops", "serverless", "tests"], set(pinned("requirements-dev.txt"))),
    ],
)
def test_every_import_is_of_a_package_that_is_named(places: list[str], named: set[str]) -> None:
    for name, file in imports(*places):
        providers = {canonicalize_name(each) for each in DISTRIBUTIONS.get(name, [name])}
        assert providers & named, f"{file.relative_to(PROJECT)} imports {name}, which is of {providers}"


def test_the_ranges_for_others_admit_what_is_tested_here() -> None:
    pins = pinned("requirements-dev.txt")
    for name, requirement in project().items():
        assert requirement.specifier.contains(pins[name]), requirement


def test_every_pin_installs_on_the_oldest_python() -> None:
    """A release that needs a newer one makes `make` fail there, before anything runs."""
    for name in pinned("requirements-dev.txt"):
        needs = ",".join(distribution(name).metadata.get_all("Requires-Python", []))
        assert SpecifierSet(needs).contains("3.10.0"), f"{name} needs Python {needs}"
