"""The fixtures, in a project of somebody else."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
from pathlib import Path

import pytest
from harness.cloud import CloudOptions

pytest_plugins = ["harness.pytest_plugin"]

@pytest.fixture(scope="session")
def cloud_options():
    return CloudOptions(stack_file=Path(__file__).with_name("s.yaml"), environ={"BUCKET": "theirs"}%s)
"""
STACK = """
edition: 3.0.0
name: theirs
access: default
resources:
  counter:
    component: fc3
    props:
      region: cn-shanghai
      functionName: counter
      runtime: python3.12
      handler: index.handler
      code: ./
      role: acs:ram::42:role/counter
      triggers:
        - triggerName: uploads
          triggerType: oss
          sourceArn: acs:oss:cn-shanghai:42:${env('BUCKET')}
          triggerConfig:
            events: [oss:ObjectCreated:PutObject]
            filter: {key: {prefix: '', suffix: .txt}}
"""
FUNCTION = """
count = 0

def handler(event, context):
    global count
    count += 1
    return count
"""
USE = """
import os

import oss2

ADDRESS = "https://oss-cn-shanghai.aliyuncs.com" if {intercept} else ""
servers = set()

def upload(cloud, key):
    keys = cloud.identities.owner
    auth = oss2.AuthV4(keys.access_key_id, keys.access_key_secret)
    oss2.Bucket(auth, ADDRESS or cloud.url, "theirs", region="cn-shanghai").put_object(key, b"text")
    assert cloud.fc.drain(20)
    servers.add((cloud.url, cloud.fc.invocations[-1].result))

def test_first(cloud):
    upload(cloud, "first.txt")
    assert len(cloud.fc.invocations) == 1

def test_second(cloud):
    assert cloud.oss.store.list("theirs") == []
    assert cloud.fc.invocations == []
    upload(cloud, "second.txt")

def test_one_server_and_one_warm_instance(local_cloud):
    assert servers == {{(local_cloud.url, b"1"), (local_cloud.url, b"2")}}
    # Not emptied, because this test did not ask for it.
    assert [entry.key for entry in local_cloud.oss.store.list("theirs")] == ["second.txt"]
"""


@pytest.mark.parametrize("intercept", [False, True])
def test_a_project_uses_the_fixtures(pytester: pytest.Pytester, intercept: bool) -> None:
    pytester.makeconftest(CONFTEST % (", intercept=True" if intercept else ""))
    pytester.makefile(".yaml", s=STACK)
    pytester.makepyfile(index=FUNCTION, test_theirs=USE.format(intercept=intercept))
    pytester.runpytest("-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning").assert_outcomes(passed=3)
