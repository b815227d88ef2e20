"""s.yaml and .env, as a command needs them: which functions there are, with which settings, roles and logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handler.errors import SettingsError
from handler.settings import Settings, read_settings
from ops.errors import Mistake
from serverless.document import StackError, read_document
from serverless.local import DEFAULTS


@dataclass(frozen=True)
class Function:
    """One function as s.yaml describes it. props: its section, resolved. log: (project, logstore)."""

    name: str
    handler: str
    role: str
    log: tuple[str, str]
    environment: Mapping[str, str]
    props: Mapping[str, Any]

    @property
    def triggers(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.props.get("triggers") or ())


@dataclass(frozen=True)
class Project:
    """submit: the function that uploads start; collect: the one that follows tasks, None where s.yaml has none."""

    file: Path
    region: str
    account_id: str
    submit: Function
    collect: Function | None
    settings: Settings

    @property
    def video_buckets(self) -> tuple[str, ...]:
        """Those whose uploads start the function, in s.yaml's order."""
        arns = [str(trigger.get("sourceArn", "")) for trigger in self.submit.triggers if _is_oss(trigger)]
        return tuple(dict.fromkeys(arn.rpartition(":")[2] for arn in arns if arn))


def read_project(file: Path, environ: Mapping[str, str], *, local: bool) -> Project:
    """local: what .env leaves out is what the local cloud takes for it. Raises Mistake."""
    variables = {**DEFAULTS, **{name: value for name, value in environ.items() if value}} if local else environ
    try:
        document = read_document(file, variables)
    except StackError as exc:
        if exc.missing:
            raise Mistake(
                f"{file}: no value for {', '.join(exc.missing)}: set it in {file.parent / '.env'} (copy "
                ".env.example), or add --local for a running local cloud"
            ) from exc
        raise Mistake(_in_one_line(str(exc))) from exc
    resources = document.values.get("resources")
    entries = list(resources.values()) if isinstance(resources, dict) else []
    functions = [_function(file, entry["props"]) for entry in entries if _is_function(entry)]
    submit = next((function for function in functions if function.handler.endswith(".handler")), None)
    collect = next((function for function in functions if function.handler.endswith(".collect")), None)
    if submit is None:
        raise Mistake(f"{file}: has no function whose handler is index.handler, so uploads start nothing")
    region = str(submit.props.get("region", ""))
    try:
        timeout = float(submit.props.get("timeout", 3))
        settings = read_settings(submit.environment, region=region, timeout=timeout)
    except (SettingsError, TypeError, ValueError) as exc:
        raise Mistake(_in_one_line(str(exc))) from exc
    parts = submit.role.split(":")
    account = document.variables.get("ACCOUNT_ID") or (parts[3] if len(parts) > 4 else "")
    return Project(file, region, account, submit, collect, settings)


def _is_function(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("component") == "fc3" and isinstance(entry.get("props"), dict)


def _function(file: Path, props: Mapping[str, Any]) -> Function:
    name, log = props.get("functionName"), props.get("logConfig")
    if not name:
        raise Mistake(f"{file}: a function has no functionName")
    log = log if isinstance(log, dict) else {}
    environment = props.get("environmentVariables")
    given = environment.items() if isinstance(environment, dict) else ()
    return Function(
        name=str(name),
        handler=str(props.get("handler", "")),
        role=str(props.get("role", "")),
        log=(str(log.get("project", "")), str(log.get("logstore", ""))),
        environment={str(key): _text(value) for key, value in given},
        props=props,
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_oss(trigger: Mapping[str, Any]) -> bool:
    return trigger.get("triggerType") == "oss"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
