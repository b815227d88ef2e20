"""Fixtures for tests against a local cloud. pytest finds them where this project is installed.

Elsewhere the conftest.py at the root of the tests names them. How the cloud is made is a fixture, too:

    pytest_plugins = ["harness.pytest_plugin"]

    @pytest.fixture(scope="session")
    def cloud_options() -> CloudOptions:
        return CloudOptions(stack_file=Path("s.yaml"), render=False)

A test that takes `cloud` then has a LocalCloud as it is after its start: the buckets and functions of s.yaml, and
nothing in them. One server is started for the whole run and emptied before each test, so that instances stay warm
and a test costs milliseconds. `with cloud.interception:`, or the option `intercept`, answers the production
addresses during the test.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from harness.cloud.local import CloudOptions, LocalCloud
from harness.cloud.options import stack_in


@pytest.fixture(scope="session")
def cloud_options(pytestconfig: pytest.Config) -> CloudOptions:
    """How the local cloud is made; to be overridden. By default from s.yaml of pytest's root folder, if any."""
    root = pytestconfig.rootpath
    return CloudOptions(stack_file=stack_in(root), ram=root / "ram")


@pytest.fixture(scope="session")
def local_cloud(cloud_options: CloudOptions) -> Iterator[LocalCloud]:
    """The server behind `cloud`, for fixtures that outlive a test. Nothing empties it between two uses."""
    with LocalCloud(dataclasses.replace(cloud_options, intercept=False)) as cloud:
        yield cloud


@pytest.fixture
def cloud(local_cloud: LocalCloud, cloud_options: CloudOptions) -> Iterator[LocalCloud]:
    """The local cloud, empty."""
    local_cloud.reset()
    with local_cloud.interception if cloud_options.intercept else contextlib.nullcontext():
        yield local_cloud
