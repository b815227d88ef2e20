"""The signer against the documentation's worked example, byte for byte."""

from __future__ import annotations

import hashlib

import requests

from handler.credentials import Credentials
from handler.signature import Acs3Auth

# "V3 request body and signature mechanism", the example of RunInstances.
EXAMPLE = requests.Request(
    "POST",
    "https://ecs.cn-shanghai.aliyuncs.com/",
    params={"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
    headers={"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26"},
)
EXAMPLE_TIME = 1698315752.0  # 2023-10-26T10:22:32Z
EXAMPLE_NONCE = "3156853299f313e23d1673dc12e1703d"
EXAMPLE_AUTHORIZATION = (
    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
    "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
    "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
)


def sign(request: requests.Request, token: str = "") -> requests.PreparedRequest:
    credentials = Credentials("YourAccessKeyId", "YourAccessKeySecret", token)
    request.auth = Acs3Auth(credentials, clock=lambda: EXAMPLE_TIME, nonce=lambda: EXAMPLE_NONCE)
    return requests.Session().prepare_request(request)


def test_the_worked_example() -> None:
    signed = sign(EXAMPLE)
    assert signed.headers["x-acs-date"] == "2023-10-26T10:22:32Z"
    assert signed.headers["Authorization"] == EXAMPLE_AUTHORIZATION


def test_a_token_is_sent_and_signed() -> None:
    signed = sign(requests.Request("POST", "https://multimediaai.cn-beijing.aliyuncs.com/"), token="the-token")
    assert signed.headers["x-acs-security-token"] == "the-token"
    assert "x-acs-security-token" in signed.headers["Authorization"]


def test_the_body_is_hashed_as_it_is_sent() -> None:
    signed = sign(requests.Request("POST", "http://127.0.0.1:9000/", data={"VideoName": "猫 +~*.mp4"}))
    body = signed.body.encode() if isinstance(signed.body, str) else signed.body
    assert isinstance(body, bytes)
    assert signed.headers["x-acs-content-sha256"] == hashlib.sha256(body).hexdigest()
    assert signed.headers["Host"] == "127.0.0.1:9000"


def test_two_requests_never_share_a_nonce() -> None:
    auth = Acs3Auth(Credentials("id", "secret"))
    nonces = set()
    for _ in range(100):
        request = requests.Request("POST", "http://127.0.0.1/", auth=auth).prepare()
        nonces.add(request.headers["x-acs-signature-nonce"])
    assert len(nonces) == 100
