"""Which hosts are production addresses, and of which service."""

from __future__ import annotations

import pytest

from harness.http.hosts import in_production, service_at

SERVICES = {
    "oss": [
        "oss-cn-beijing.aliyuncs.com",
        "my-videos.oss-cn-beijing.aliyuncs.com",
        "my-videos.oss-cn-beijing-internal.aliyuncs.com",
        "MY-VIDEOS.OSS-CN-BEIJING.ALIYUNCS.COM.",
        "oss-accelerate.aliyuncs.com:443",
        "my-videos.oss-accelerate-overseas.aliyuncs.com",
        "oss.aliyuncs.com",
        "cn-beijing.oss.aliyuncs.com",
        "my-videos.cn-beijing.oss.aliyuncs.com",
    ],
    "multimediaai": ["multimediaai.cn-beijing.aliyuncs.com"],
    "imm": ["imm.cn-beijing.aliyuncs.com", "imm-vpc.cn-beijing.aliyuncs.com"],
    "sts": ["sts.aliyuncs.com", "sts.cn-beijing.aliyuncs.com", "sts-vpc.cn-beijing.aliyuncs.com"],
    "fc": [
        "fcv3.cn-beijing.aliyuncs.com",
        "1234567890123456.cn-beijing.fc.aliyuncs.com",
        "1234567890123456.cn-beijing-internal.fc.aliyuncs.com",
        "me-central-1.fc.aliyuncs.com",
    ],
    "sls": [
        "cn-beijing.log.aliyuncs.com",
        "my-project.cn-beijing.log.aliyuncs.com",
        "my-project.cn-beijing-intranet.log.aliyuncs.com",
        "my-project.cn-beijing.sls.aliyuncs.com",
    ],
    None: [
        "ram.aliyuncs.com",
        "aliyuncs.com",
        "a.b.oss-cn-beijing.aliyuncs.com",
        "location-readonly.aliyuncs.com",
        "multimediaai.cn-beijing.example.com",
    ],
}


@pytest.mark.parametrize(("host", "service"), [(host, name) for name, hosts in SERVICES.items() for host in hosts])
def test_the_service_at_a_host(host: str, service: str | None) -> None:
    assert service_at(host) == service


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9000", "localhost", "", "example.com", "notaliyuncs.com", "oss.aliyuncs.com.example.com"]
)
def test_hosts_of_others(host: str) -> None:
    assert not in_production(host)
    assert service_at(host) is None
