"""s.yaml as the local cloud needs it: the functions, their triggers and the buckets they name.

The entries with component fc3; serverless/document.py says what of the file is understood. Not read: triggers that
are not of type oss, timer or http.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.fc.spec import FunctionSpec
from harness.fc.triggers.specs import OssTrigger, Trigger
from harness.stack.checks import foreign_arns, misspelt, refused_triggers, wrong_names
from harness.stack.functions import read_function
from harness.stack.section import Section
from harness.stack.triggers import read_triggers
from serverless.document import StackError, read_document


@dataclass(frozen=True)
class Stack:
    """What one s.yaml describes. `account_id`: its ACCOUNT_ID, or the first that an ARN in it names, or None.

    variables: what its ${env()} name, as far as they are set. arns: place, and the ARN that stands there.
    """

    file: Path
    region: str
    account_id: str | None
    functions: tuple[FunctionSpec, ...]
    triggers: tuple[Trigger, ...]
    variables: Mapping[str, str]
    arns: tuple[tuple[str, str], ...] = ()

    @property
    def oss_triggers(self) -> tuple[OssTrigger, ...]:
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, OssTrigger))

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets that must exist: those of triggers, TRACKING_BUCKET and GIF_BUCKET."""
        names = [trigger.bucket for trigger in self.oss_triggers]
        for function in self.functions:
            names += [function.environment.get(name, "") for name in ("TRACKING_BUCKET", "GIF_BUCKET")]
        return tuple(dict.fromkeys(name for name in names if name))


def check_stack(stack: Stack) -> None:
    """Raises StackError, with all that is wrong in names and triggers: what a person fills in, mostly."""
    wrong = list(
        wrong_names(stack.region, stack.account_id or "", stack.functions, stack.oss_triggers, stack.variables)
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
    document = read_document(path, environ, dotenv=dotenv)
    root = Section(str(path), "", document.values)
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
    triggers = tuple(trigger for section in props for trigger in read_triggers(section))
    arns = tuple(found for section in props for found in _arns(section))
    accounts = [arn.split(":")[3] for _, arn in arns if arn.count(":") >= 4]
    functions = tuple(read_function(section, path.parent) for section in props)
    given = document.variables
    account = given.get("ACCOUNT_ID") or next(filter(None, accounts), None)
    return Stack(path, regions.pop(), account, functions, triggers, given, arns)


def _arns(props: Section) -> Iterator[tuple[str, str]]:
    """What has to belong to the function's region and account."""
    yield f"{props.where}.role", props.text("role", "")
    destinations = props.section("asyncInvokeConfig").section("destinationConfig")
    for outcome in destinations.sections():
        yield f"{outcome.where}.destination", outcome.text("destination", "")
    for raw in props.items("triggers"):
        for name in ("sourceArn", "invocationRole"):
            if raw.text("triggerType") == "oss":
                yield f"{raw.where}.{name}", raw.text(name, "")


def _is_function(resource: Section) -> bool:
    return resource.text("component").partition("@")[0].rpartition("/")[2] == "fc3"
