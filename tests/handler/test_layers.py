"""Imports point one way."""

from __future__ import annotations

import ast

from tests.imports import imported
from tests.project import PROJECT

#: A module may import from the layers below its own, and from nothing of the project else.
LAYERS = [
    {"addresses", "animation", "bucket_domains", "escaping", "event_names", "redaction", "times", "video"},
    {"advice", "errors", "gif_key", "wire"},
    {
        "answers",
        "connections",
        "credentials",
        "logs",
        "repeat",
        "settings",
        "spool",
    },
    {"gif_task_errors", "imm_errors", "oss_http", "record", "video_names"},
    {"callback_token", "collect_events", "download", "events", "service", "signature", "storage_errors"},
    {"result", "rpc", "storage"},
    {"animate", "gif_task", "imm", "objects", "tracking", "video_url"},
    {"gate", "gif_store", "pending", "task_page", "task_result"},
    {"attempt", "checks", "oss_end", "oss_tries", "step", "task_end", "task_list", "task_tries"},
    {"reconcile", "submit"},
    {"multimediaai", "oss_service"},
    {"app", "dead_letters", "follow"},
    {"collect"},
    {"main"},
]


def test_every_module_of_the_handler_has_its_layer() -> None:
    modules = {path.stem for path in (PROJECT / "handler").glob("*.py")} - {"__init__"}
    assert modules == set().union(*LAYERS)


def test_the_page_on_architecture_names_every_module_of_the_handler() -> None:
    page = (PROJECT / "docs/architecture.md").read_text(encoding="utf-8")
    assert [module for module in sorted(set().union(*LAYERS)) if f"`{module}`" not in page] == []


def test_imports_point_downwards() -> None:
    below: set[str] = set()
    for layer in LAYERS:
        for module in layer:
            used = {
                n.split(".")[1] for n in imported(PROJECT / "handler" / f"{module}.py") if n.startswith("handler.")
            }
            assert used <= below, f"handler/{module}.py imports {used - below}"
        below |= layer


def test_the_handler_and_the_local_cloud_do_not_know_each_other() -> None:
    for path in [PROJECT / "index.py", *(PROJECT / "handler").glob("*.py")]:
        assert not any(name.split(".")[0] == "harness" for name in imported(path)), path
    for path in (PROJECT / "harness").rglob("*.py"):
        assert not any(name.split(".")[0] == "handler" for name in imported(path)), path


def test_only_one_place_reads_the_environment() -> None:
    readers = {p.stem for p in (PROJECT / "handler").glob("*.py") if "os.environ" in p.read_text(encoding="utf-8")}
    assert readers == {"main"}


def test_files_stay_small() -> None:
    for path in [*(PROJECT / "handler").glob("*.py"), *(PROJECT / "harness").rglob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path


def test_functions_of_the_handler_stay_small() -> None:
    for path in (PROJECT / "handler").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert int(node.end_lineno or 0) - node.lineno < 40, f"{path.name}: {node.name}"


def test_little_of_the_handler_is_untyped() -> None:
    """Fewer than one `Any` in a hundred lines: what comes from outside is an `object` until it was looked at."""
    anys = lines = 0
    for path in (PROJECT / "handler").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        lines += sum(1 for line in text.splitlines() if line.strip())
        nodes = list(ast.walk(ast.parse(text)))
        anys += sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)
        anys += sum(isinstance(node, ast.Attribute) and node.attr == "Any" for node in nodes)
    assert 100 * anys / lines < 1.0, f"{anys} in {lines} lines"
