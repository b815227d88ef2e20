"""s.yaml as the local cloud needs it: the functions, their triggers and the buckets they name.

Reads the Serverless Devs specification, edition 3.0.0, with component fc3, and the .env file beside it.

Not implemented, and refused: expressions other than `${env()}` and `${vars}`, and `extend`. Not read: templates,
env.yaml, flow, triggers that are not of type oss, a .env inside the code folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.fc.spec import AsyncConfig, FunctionSpec, TriggerSpec, role_name
from harness.stack.checks import foreign_arns, misspelt, refused_settings, refused_triggers, wrong_names
from harness.stack.dotenv import DotenvError, read_dotenv
from harness.stack.expressions import ExpressionError, Resolver


class StackError(ValueError):
    """The file can't be used; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Stack:
    """What one s.yaml describes. `account_id`: its ACCOUNT_ID, or the first that an ARN in it names, or None.

    variables: what its ${env()} name, as far as they are set. arns: place, and the ARN that stands there.
    """

    file: Path
    region: str
    account_id: str | None
    functions: tuple[FunctionSpec, ...]
    triggers: tuple[TriggerSpec, ...]
    variables: Mapping[str, str]
    arns: tuple[tuple[str, str], ...] = ()

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets that must exist: those of triggers, TRACKING_BUCKET and GIF_BUCKET."""
        names = [trigger.bucket for trigger in self.triggers]
        for function in self.functions:
            names += [function.environment.get(name, "") for name in ("TRACKING_BUCKET", "GIF_BUCKET")]
        return tuple(dict.fromkeys(name for name in names if name))


def check_stack(stack: Stack) -> None:
    """Raises StackError, with all that is wrong in names and triggers: what a person fills in, mostly."""
    wrong = list(
        wrong_names(stack.region, stack.account_id or "", stack.functions, stack.triggers, stack.variables)
    )
    hint = ".\nSet it right in the environment or in the .env beside it." if wrong else ""
    wrong += foreign_arns(stack.region, stack.account_id or "", stack.arns)
    # A wrong name makes a wrong trigger; once is enough.
    if problems := wrong or list(refused_triggers(stack.triggers)):
        what = "this is" if len(problems) == 1 else f"{len(problems)} things are"
        raise StackError(f"{stack.file}: {what} wrong:\n" + "\n".join(f"  {text}" for text in problems) + hint)


def read_stack(path: Path, environ: Mapping[str, str], *, dotenv: bool = True) -> Stack:
    """The stack in `path`, with `environ` (and the .env beside it, which never overrides `environ`).

    Raises StackError. `check_stack` looks further.
    """
    document = _load(path)
    try:
        variables = read_dotenv(path.parent / ".env", environ) if dotenv else environ
    except DotenvError as exc:
        raise StackError(str(exc)) from exc
    root = _Section(str(path), "", _resolve(path, document, variables))
    resources = [resource for resource in root.section("resources").sections() if _is_function(resource)]
    if not resources:
        raise StackError(f"{path}: resources has no entry with `component: fc3`; there is no function to run")
    props = [resource.section("props") for resource in resources]
    for section in props:
        if found := misspelt(section.values):
            raise section.error(found[0], f"there is no such setting; {found[1]} is meant, it seems")
    regions = {section.text("region") for section in props}
    if len(regions) > 1:
        raise StackError(f"{path}: one region at a time, but the functions name {', '.join(sorted(regions))}")
    triggers = tuple(trigger for section in props for trigger in _triggers(section))
    arns = tuple(found for section in props for found in _arns(section))
    accounts = [arn.split(":")[3] for _, arn in arns if arn.count(":") >= 4]
    functions = tuple(_function(section, path.parent) for section in props)
    names = re.findall(r"env\(\s*['\"]([^'\"]+)", json.dumps(document))
    given = {name: variables[name] for name in dict.fromkeys(names) if variables.get(name)}
    account = given.get("ACCOUNT_ID") or next(filter(None, accounts), None)
    return Stack(path, regions.pop(), account, functions, triggers, given, arns)


def _arns(props: _Section) -> Iterator[tuple[str, str]]:
    """What has to belong to the function's region and account."""
    yield f"{props.where}.role", props.text("role", "")
    for raw in props.items("triggers"):
        for name in ("sourceArn", "invocationRole"):
            if raw.text("triggerType") == "oss":
                yield f"{raw.where}.{name}", raw.text(name, "")


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise StackError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise StackError(f"{path}: not UTF-8: {exc}") from exc
    except yaml.YAMLError as exc:
        raise StackError(f"{path}: not YAML: {exc}") from exc
    if not isinstance(document, dict):
        raise StackError(f"{path}: must be a mapping with `edition`, `name` and `resources`")
    if str(document.get("edition")) != "3.0.0":
        raise StackError(f"{path}: edition: must be 3.0.0, it is {document.get('edition')!r}")
    if "extend" in document:
        raise StackError(f"{path}: extend: not implemented by the local cloud")
    return document


def _resolve(path: Path, document: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    resolver = Resolver(document.get("vars") or {}, variables)
    try:
        resolved: dict[str, Any] = resolver.resolve(document)
    except ExpressionError as exc:
        raise StackError(f"{path}: {exc}") from exc
    if resolver.missing:
        lines = [f"  {name}  (used at {', '.join(places)})" for name, places in resolver.missing.items()]
        what = "a variable has" if len(lines) == 1 else f"{len(lines)} variables have"
        raise StackError(
            f"{path}: {what} no value:\n"
            + "\n".join(lines)
            + "\nSet them in the environment or in the .env beside it."
        )
    return resolved


def _is_function(resource: _Section) -> bool:
    return resource.text("component").partition("@")[0].rpartition("/")[2] == "fc3"


def _function(props: _Section, base: Path) -> FunctionSpec:
    defaults = FunctionSpec("", Path())
    variables = props.section("environmentVariables")
    hook = props.section("instanceLifecycleConfig").section("initializer")
    settings = props.section("asyncInvokeConfig")
    destination = settings.section("destinationConfig")
    concurrency = props.section("concurrencyConfig")
    log = props.section("logConfig") if props.values.get("logConfig") != "auto" else _Section("", "", {})
    role = props.text("role", "")
    spec = FunctionSpec(
        name=props.text("functionName"),
        code=base / props.text("code"),
        handler=props.text("handler"),
        runtime=props.text("runtime"),
        memory_mb=props.integer("memorySize", defaults.memory_mb),
        timeout_seconds=props.integer("timeout", defaults.timeout_seconds),
        cpu=props.number("cpu", defaults.cpu),
        disk_mb=props.integer("diskSize", defaults.disk_mb),
        environment={name: variables.text(name, "") for name in variables.values},
        role=role_name(role) or None,
        initializer=hook.text("handler", "") or None,
        initializer_timeout_seconds=hook.integer("timeout", defaults.initializer_timeout_seconds),
        log_project=log.text("project", ""),
        log_store=log.text("logstore", ""),
        description=props.text("description", ""),
        reserved_concurrency=concurrency.integer("reservedConcurrency", 0) if concurrency.values else None,
        async_config=AsyncConfig(
            settings.integer("maxAsyncRetryAttempts", defaults.async_config.max_retry_attempts),
            settings.integer("maxAsyncEventAgeInSeconds", defaults.async_config.max_event_age_seconds),
            destination.section("onSuccess").text("destination", "") or None,
            destination.section("onFailure").text("destination", "") or None,
        ),
    )
    _check_function(props, spec)
    return spec


def _check_function(props: _Section, spec: FunctionSpec) -> None:
    """Raises StackError for what Function Compute would refuse."""
    if refused := refused_settings(props.values, spec):
        raise StackError(f"{props.file}: {props.where}: {refused}")


def _triggers(props: _Section) -> Iterator[TriggerSpec]:
    for raw in props.items("triggers"):
        if raw.text("triggerType") != "oss":
            continue
        config = raw.section("triggerConfig")
        key = config.section("filter").section("key")
        arn = raw.text("sourceArn")
        if not re.fullmatch(r"acs:oss:[^:]*:[^:]*:[^:/]+", arn):
            raise raw.error("sourceArn", f"must be acs:oss:<region>:<account>:<bucket>, it is {arn!r}")
        yield TriggerSpec(
            name=raw.text("triggerName"),
            function=props.text("functionName"),
            bucket=arn.rpartition(":")[2],
            events=tuple(config.texts("events")),
            prefix=key.text("prefix", ""),
            suffix=key.text("suffix", ""),
            source_arn=arn,
            invocation_role=raw.text("invocationRole", ""),
            qualifier=raw.text("qualifier", "LATEST"),
            description=raw.text("description", ""),
        )


_REQUIRED: Any = object()


@dataclass(frozen=True)
class _Section:
    """A mapping in the file that knows where it stands."""

    file: str
    where: str
    values: Mapping[str, Any]

    def error(self, key: str, problem: str) -> StackError:
        return StackError(f"{self.file}: {self._at(key)}: {problem}")

    def text(self, key: str, default: str = _REQUIRED) -> str:
        value = self._value(key, default)
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, (str, int, float)):
            raise self.error(key, f"must be a text, it is {value!r}")
        return str(value)

    def number(self, key: str, default: float) -> float:
        value = self._value(key, default)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise self.error(key, f"must be a number, it is {value!r}") from None

    def integer(self, key: str, default: int) -> int:
        value = self.number(key, default)
        if value != int(value):
            raise self.error(key, f"must be a whole number, it is {value!r}")
        return int(value)

    def section(self, key: str) -> _Section:
        """The mapping below `key`; empty when it is not there."""
        value = self._value(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be a mapping, it is {value!r}")
        return _Section(self.file, self._at(key), value)

    def sections(self) -> Iterator[_Section]:
        return (self.section(key) for key in self.values)

    def texts(self, key: str) -> list[str]:
        values = self._value(key, _REQUIRED)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise self.error(key, f"must be a list of texts, it is {values!r}")
        return values

    def items(self, key: str) -> Iterator[_Section]:
        """The mappings in the list below `key`; none when it is not there."""
        values = self._value(key, [])
        if not isinstance(values, list):
            raise self.error(key, f"must be a list, it is {values!r}")
        for i, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(f"{key}[{i}]", f"must be a mapping, it is {value!r}")
            yield _Section(self.file, self._at(f"{key}[{i}]"), value)

    def _value(self, key: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is _REQUIRED or (value == "" and default is _REQUIRED):
            raise self.error(key, "is required")
        return value

    def _at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key
