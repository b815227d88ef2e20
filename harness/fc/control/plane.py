"""The control plane as a whole: its operations, and what an earlier run has deployed."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from harness.fc.api import Route
from harness.fc.control.archive import Code
from harness.fc.control.deployments import Deployment, Deployments
from harness.fc.control.documents import (
    async_document,
    created_function,
    document_of,
    with_defaults,
)
from harness.fc.control.functions import FunctionOperations
from harness.fc.control.settings import SettingOperations
from harness.fc.control.surroundings import CodeBucket, EventSources
from harness.fc.control.tags import TagOperations
from harness.fc.control.triggers import TriggerOperations
from harness.fc.control.versions import VersionOperations
from harness.fc.errors import FcError
from harness.fc.guard import Guard
from harness.fc.registry import Functions
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec
from harness.fc.triggers.documents import created_trigger, trigger_document, trigger_spec_of
from harness.fc.triggers.specs import Trigger
from harness.ram.identity import Identities


class ControlPlane:
    """`functions`: which those of `deployments` become. Loads what is there at construction."""

    def __init__(
        self,
        deployments: Deployments,
        functions: Functions,
        guard: Guard,
        sources: EventSources,
        bucket: CodeBucket,
        identities: Identities,
    ) -> None:
        self._sources, self._deployments = sources, deployments
        self._platform = deployments.platform
        self.routes: list[Route] = [
            *FunctionOperations(deployments, guard, bucket, identities).routes(),
            *TriggerOperations(deployments, guard, sources).routes(),
            *SettingOperations(deployments).routes(),
            *VersionOperations(deployments, functions).routes(),
            *TagOperations(deployments).routes(),
        ]
        for deployment in deployments.load():
            for trigger in deployment.triggers.values():
                with contextlib.suppress(ValueError):  # the bucket may have got other rules meanwhile
                    sources.add(trigger_spec_of(deployment.name, trigger))

    def adopt(self, spec: FunctionSpec) -> None:
        """Runs a function that s.yaml describes, in place of one of that name; the API shows it as any other.

        Its code may be a folder or a zip. Raises FcError for a zip that is none.
        """
        self._disconnect(spec.name)
        code = Code(spec.code)
        if spec.code.is_file():
            code = self._deployments.archive.add(spec.code.read_bytes())
            spec = replace(spec, code=code.folder, code_checksum=code.checksum)
        document = with_defaults(document_of(spec, self._platform.account_id))
        arn, now = self._platform.function_arn(spec.name), self._deployments.now()
        folder = "" if code.checksum else str(code.folder)
        deployment = Deployment(created_function(document, arn, now, code), code.checksum, folder)
        deployment.concurrency = spec.reserved_concurrency
        if spec.async_config != AsyncConfig():
            times = {"functionArn": arn, "createdTime": now, "lastModifiedTime": now}
            deployment.async_configs[LATEST] = {**async_document(spec.async_config), **times}
        self._deployments.adopt(deployment, spec)

    def adopt_trigger(self, trigger: Trigger) -> None:
        """Raises ValueError when the event source refuses it, FcError when there is no such function."""
        with self._deployments.lock:
            deployment = self._deployments.get(trigger.function)
            self._sources.add(trigger)
            arn = self._platform.function_arn(trigger.function)
            document = created_trigger(trigger_document(trigger), arn, self._deployments.now())
            deployment.triggers[trigger.name] = document

    def remove(self, name: str) -> None:
        """With its triggers. Unknown: does nothing."""
        self._disconnect(name)
        with contextlib.suppress(FcError):
            self._deployments.remove(name)

    def _disconnect(self, name: str) -> None:
        with contextlib.suppress(FcError), self._deployments.lock:
            for trigger in self._deployments.get(name).triggers.values():
                self._sources.remove(trigger_spec_of(name, trigger))
