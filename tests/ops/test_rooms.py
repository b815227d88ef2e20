"""ops imports from below only, and of the project nothing but handler and serverless."""

from __future__ import annotations

import ast
from pathlib import Path

import ops
from tests.imports import imported
from tests.project import PROJECT

OPS = PROJECT / "ops"
#: A room may import from the floors below its own.
FLOORS = [
    {"errors"},
    {"file_names", "folder", "output", "names", "refusals", "project", "times", "parallel", "gaps"},
    {"buckets", "functions", "logs", "identity"},
    {"account", "records", "merge", "bucket_facts"},
    {"imm_tasks", "uploads", "options", "sending", "lists", "story", "pausing"},
    {"findings", "retrying", "fetching", "case", "locate", "overview"},
    {"task_names", "verdict"},
    {"screen", "checks"},
    {"commands"},
    {"cli"},
    {"__main__"},
]


def rooms() -> dict[str, list[Path]]:
    entries = [path for path in OPS.iterdir() if path.name not in ("__pycache__", "__init__.py", "py.typed")]
    return {path.stem: [path] if path.is_file() else sorted(path.rglob("*.py")) for path in entries}


def test_every_room_has_its_floor_and_the_plan_names_it() -> None:
    assert set(rooms()) == set().union(*FLOORS)
    assert ops.__doc__
    for room in set(rooms()) - {"__main__"}:
        assert f"\n    {room}" in ops.__doc__, room


def test_imports_point_to_the_floors_below() -> None:
    below: set[str] = set()
    for floor in FLOORS:
        for room in floor:
            for path in rooms()[room]:
                used = {name.split(".")[1] for name in imported(path) if name.startswith("ops.")} - {room}
                assert used <= below, f"{path.name} imports {used - below}"
        below |= floor


def test_it_knows_nothing_of_the_local_cloud() -> None:
    for path in [*OPS.rglob("*.py"), *(PROJECT / "serverless").glob("*.py")]:
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & {"harness", "deploy", "tests"}, path.name
        if path.parent.name == "serverless":
            assert not tops & {"ops", "handler"}, path.name


def test_a_command_has_one_file_and_one_function_that_runs_it() -> None:
    from ops.cli import COMMANDS

    files = {path.stem for path in (OPS / "commands").glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)
    for name in files:
        tree = ast.parse((OPS / "commands" / f"{name}.py").read_text(encoding="utf-8"))
        assert any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body), name
