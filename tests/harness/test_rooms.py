"""The local cloud's wings: imports point one way, and the plan in harness/__init__.py names them all."""

from __future__ import annotations

from pathlib import Path

import harness
from tests.imports import imported
from tests.project import PROJECT

#: A wing may import from the floors below its own, and from nothing of the project else.
FLOORS = [
    {"journal"},
    {"http"},
    {"ram"},
    {"signatures"},
    {"multimediaai"},
    {"fc", "oss"},
    {"stack"},
    {"console"},
    {"cloud"},
    {"cli", "pytest_plugin"},
    {"__main__"},
]


def wings() -> dict[str, list[Path]]:
    entries = [path for path in (PROJECT / "harness").iterdir() if path.name != "__init__.py"]
    found = {path.stem: [path] if path.suffix == ".py" else sorted(path.rglob("*.py")) for path in entries}
    # A room that was moved leaves its bytecode behind, and nothing else.
    return {name: files for name, files in found.items() if files}


def test_every_wing_has_its_floor_and_there_are_few() -> None:
    assert set(wings()) == set().union(*FLOORS)
    assert len(set(wings()) - {"__main__"}) <= 12


def test_the_plan_names_every_wing() -> None:
    assert harness.__doc__
    for wing in set(wings()) - {"__main__"}:
        assert f"\n    {wing}" in harness.__doc__, wing


def test_imports_point_to_the_floors_below() -> None:
    below: set[str] = set()
    for floor in FLOORS:
        for wing in floor:
            for path in wings()[wing]:
                used = {name.split(".")[1] for name in imported(path) if name.startswith("harness.")} - {wing}
                assert used <= below, f"{path.relative_to(PROJECT)} imports {used - below}"
        below |= floor


def test_what_deploys_knows_descriptions_and_no_service() -> None:
    """s.yaml and RAM's documents; of Function Compute, which Python is which runtime's."""
    found = "harness.fc.instances.interpreters"
    for path in (PROJECT / "deploy").glob("*.py"):
        used = {name for name in imported(path) if name.startswith(("harness.", "handler."))}
        assert used <= {"harness.stack", "harness.ram", "harness.fc"}, f"{path.name} imports {used}"
        assert ("harness.fc" in used) == (f"from {found} " in path.read_text(encoding="utf-8"))
