"""`python -m tests.chaos.mutation [MODULE[:LINE] …]`: faults in the exactly-once logic; does a test find each?

LINE: only from there on, to go on with a run that was ended.

Each mutant is a process that was forked from one in which everything but the product is imported, and that imports
the product with the fault in it. The cheap tests come first. What survives is printed, with its line. First of all
the product without a fault has to survive: else every fault would seem to be found.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import itertools
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

from tests.project import PROJECT

#: Whose every line decides whether there is one task, or what becomes of it.
MODULES = ("record", "tracking", "reconcile", "submit", "repeat", "follow", "collect")
_SUBMITTING = ("exactly_once", "takeovers", "lost_tasks", "force", "pending", "records")
#: One after the other, until one has found it.
TESTS = [
    [f"tests/handler/test_{name}.py" for name in ("record", "tracking", "reconcile", "gif_task")],
    [f"tests/e2e/test_{name}.py" for name in _SUBMITTING],
    [f"tests/e2e/test_{name}.py" for name in ("collect", "collect_events", "collect_over_time")],
    [f"tests/e2e/test_{name}.py" for name in ("results", "gate", "collect_many", "oss_service")],
    ["tests/chaos/test_races.py", "tests/e2e/test_collector_killed.py"],
    ["tests/chaos/test_matrix.py", "tests/chaos/test_model.py"],
]
#: Seconds for all tests of the product without a fault, and how many times as long those of a mutant may take.
FIRST_LIMIT, PATIENCE = 600.0, 4
#: Of what the tests print, in case that they fail without a fault.
_LINES = 40
#: What is imported before the fork is on purpose.
_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore:Module already imported:pytest.PytestWarning"]
_SWAPS: dict[type[ast.AST], type[Any]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


class End(Enum):
    """ENDLESS: its tests hang, which is found, too, but says less."""

    FOUND = "found"
    ENDLESS = "without end"
    SURVIVED = "survived"


class Mutant(NamedTuple):
    module: str
    line: int
    what: str
    tree: ast.Module


def mutants(module: str, first_line: int) -> Iterator[Mutant]:
    """Every place of the module's logic from that line on, changed in one way."""
    whole = _tree(module)
    places = len(list(_places(whole)))
    for number in range(places):
        tree = copy.deepcopy(whole)
        node = list(_places(tree))[number]
        before = ast.unparse(node)
        if node.lineno >= first_line and _change(node):
            yield Mutant(module, node.lineno, f"{before}  →  {ast.unparse(node)}", ast.fix_missing_locations(tree))


def _tree(module: str) -> ast.Module:
    return ast.parse((PROJECT / "handler" / f"{module}.py").read_text(encoding="utf-8"))


def _places(tree: ast.Module) -> Iterator[ast.expr | ast.stmt]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                for node in ast.walk(statement):
                    if isinstance(node, (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.If, ast.Constant)):
                        yield node


def _change(node: ast.AST) -> bool:
    """Whether there is a fault to make here."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        node.ops[0] = _SWAPS[type(node.ops[0])]()
    elif isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in _SWAPS:
        node.op = _SWAPS[type(node.op)]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node.operand, node.op = ast.Constant(value=False), ast.Not()
    elif isinstance(node, ast.If):
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
    else:
        return False
    return True


class Run(NamedTuple):
    """The tests of one mutant, in a process of their own. begun: monotonic clock. said: what it has printed."""

    mutant: Mutant
    pid: int
    begun: float
    said: IO[bytes]


def start(mutant: Mutant) -> Run:
    """Its exit code says whether a test has failed."""
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the run has ended
    pid = os.fork()
    if pid:
        return Run(mutant, pid, time.monotonic(), said)
    os.setsid()
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    try:
        _put_in(mutant)
        failed = any(pytest.main([*_OPTIONS, *tests]) for tests in TESTS)
    except BaseException:  # noqa: BLE001 - it cannot even be imported
        failed = True
    os._exit(1 if failed else 0)


def ended(run: Run, limit: float) -> End | None:
    """None: it has not. After `limit` seconds it is ended."""
    done, status = os.waitpid(run.pid, os.WNOHANG)
    if done:
        return End.FOUND if os.waitstatus_to_exitcode(status) else End.SURVIVED
    if time.monotonic() - run.begun < limit:
        return None
    os.killpg(run.pid, signal.SIGKILL)
    os.waitpid(run.pid, 0)
    return End.ENDLESS


def run_all(mutants: Iterable[Mutant], limit: float, at_once: int) -> Iterator[tuple[Mutant, End, str]]:
    """As they end, not in their order; with the last lines of what the tests said."""
    waiting, running = iter(mutants), list[Run]()
    while True:
        running += [start(mutant) for mutant in itertools.islice(waiting, at_once - len(running))]
        if not running:
            return
        for run in list(running):
            if end := ended(run, limit):
                running.remove(run)
                with run.said:
                    run.said.seek(0)
                    lines = run.said.read().decode(errors="replace").splitlines()
                yield run.mutant, end, "\n".join(lines[-_LINES:])
        time.sleep(0.05)


def _put_in(mutant: Mutant) -> None:
    """Imports the module with the fault, before anything else imports it."""
    name, file = f"handler.{mutant.module}", PROJECT / "handler" / f"{mutant.module}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    setattr(importlib.import_module("handler"), mutant.module, module)  # as an import does
    exec(compile(mutant.tree, str(file), "exec"), module.__dict__)


def main(wanted: list[str]) -> int:
    import alibabacloud_oss_v2  # noqa: F401  (what takes long to import, and is not the product)
    import hypothesis.stateful  # noqa: F401
    import pydantic  # noqa: F401

    import harness.cloud  # noqa: F401

    assert not [name for name in sys.modules if name.startswith("handler.")]
    # Most of the time the tests wait.
    at_once = 2 * (os.cpu_count() or 1)
    first_lines = {name: int(line or 0) for name, _, line in (each.partition(":") for each in wanted or MODULES)}
    unchanged = [Mutant(name, 0, "", _tree(name)) for name in first_lines]
    begun = time.monotonic()
    for mutant, end, said in run_all(unchanged, FIRST_LIMIT, at_once):
        if end is not End.SURVIVED:
            print(
                f"{said}\n{mutant.module}: these tests fail without a fault: nothing can be told", file=sys.stderr
            )
            return 2
    limit = PATIENCE * (time.monotonic() - begun) * at_once / len(unchanged)
    every = [mutant for name, line in first_lines.items() for mutant in mutants(name, line)]
    print(f"{len(every)} mutants, each for at most {limit:.0f} seconds", file=sys.stderr)
    counts = Counter[End]()
    for mutant, end, _ in run_all(every, limit, at_once):
        counts[end] += 1
        if end is not End.FOUND:
            print(f"{end.value}: handler/{mutant.module}.py:{mutant.line}: {mutant.what}", flush=True)
        if sum(counts.values()) % 10 == 0:
            print(f"{sum(counts.values())} of {len(every)}", file=sys.stderr, flush=True)
    print(", ".join(f"{counts[end]} {end.value}" for end in End))
    return 0


if __name__ == "__main__":
    os.chdir(Path(PROJECT))
    sys.exit(main(sys.argv[1:]))
