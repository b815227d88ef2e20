"""The stack as the local cloud runs it: looked through, and with the sources for its code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from harness.fc import FunctionSpec
from harness.fc.instances.code import missing_entry
from harness.stack.reader import Stack, check_stack, read_stack
from serverless.document import StackError


def read_local_stack(
    path: Path, environ: Mapping[str, str], code: Path | None, function_environment: Mapping[str, str]
) -> Stack:
    """code: a folder or a zip; None: the folder that s.yaml stands in. Raises StackError.

    s.yaml deploys a packaged copy; here the sources run, so that an edit takes effect at once.
    """
    stack = read_stack(path, environ, dotenv=False)
    check_stack(stack)
    functions = []
    for spec in stack.functions:
        environment = {**spec.environment, **function_environment}
        local = dataclasses.replace(spec, code=code or path.parent, environment=environment)
        if problem := _problem(local):
            raise StackError(f"{path}: function {spec.name}: {problem}")
        functions.append(local)
    return dataclasses.replace(stack, functions=tuple(functions))


def _problem(spec: FunctionSpec) -> str:
    if spec.role is None:
        return "role is missing; without one it has no credentials"
    if spec.code.is_file():
        return ""
    for entry in filter(None, (spec.handler, spec.initializer)):
        if missing := missing_entry(spec.code, entry):
            return f"{entry} is not there: {missing}; `--code` names the folder that its code is in"
    return ""
