"""The account as a command sees it: one key, and behind it OSS, Function Compute and what makes the GIFs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.transport.requests_client import RequestsHttpClient
from requests import PreparedRequest, Request, Session

from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials
from handler.gif_task import GifTaskClient
from handler.imm import ImmClient
from handler.service import SecondsLeft
from handler.settings import Settings
from handler.wire import Limit
from ops.buckets import Bucket, Counted
from ops.errors import Mistake
from ops.project import Project
from ops.refusals import no_credentials
from serverless.local import OWNER_KEY_ID, OWNER_KEY_SECRET

#: Seconds that reading an answer and connecting may take.
_READ, _CONNECT = 60, 10
#: Seconds that one question to what makes the GIFs may take, with its repetitions.
ASKING_SECONDS = 20.0
#: Gives the key that is good now; it may be a new one each time.
KeySource = Callable[[], Credentials]


def patience() -> SecondsLeft:
    """For one question to what makes the GIFs, from now on."""
    return Limit(ASKING_SECONDS).left


class _AsSigned(Session):
    """Sends a URL as it was signed: requests would take the dots out of a key such as `a/../b`."""

    def prepare_request(self, request: Request) -> PreparedRequest:
        prepared = super().prepare_request(request)
        prepared.url = request.url
        return prepared


class Account:
    """local: the local cloud's address, or None for the real one. internal: OSS over the region's intranet.

    counted: the requests to OSS, which some commands say.
    """

    def __init__(self, project: Project, key: KeySource, *, local: str | None, internal: bool = False) -> None:
        self.project = project
        self.local = local
        self.counted = Counted({})
        self._key = key
        self._internal = internal
        self._clients: dict[tuple[str, bool], Any] = {}

    def bucket(self, name: str) -> Bucket:
        """By the domain that BUCKET_DOMAINS has for it, else OSS's address of the region."""
        settings = self.project.settings
        domain = None if self.local or self._internal else settings.bucket_domains.get(name)
        network = "-internal" if self._internal else ""
        address = self.local or domain or f"https://oss-{self.project.region}{network}.aliyuncs.com"
        place = (address, domain is not None)
        if place not in self._clients:
            self._clients[place] = self._connect(*place)
        return Bucket(name, self._clients[place], self.counted)

    @property
    def tracking(self) -> Bucket:
        return self.bucket(self.project.settings.tracking_bucket)

    @property
    def gifs(self) -> Bucket:
        return self.bucket(self.project.settings.gifs)

    def _connect(self, address: str, is_domain: bool) -> Any:
        def give() -> Any:
            held = self._key()
            return oss.credentials.Credentials(
                held.access_key_id, held.access_key_secret, held.security_token or None
            )

        return oss.Client(
            oss.Config(
                region=self.project.region,
                endpoint=address,
                use_cname=is_domain,
                credentials_provider=oss.credentials.CredentialsProviderFunc(give),
                http_client=RequestsHttpClient(
                    session=_AsSigned(), connect_timeout=_CONNECT, readwrite_timeout=_READ
                ),
            )
        )

    def identity(self) -> Any:
        """ops.identity.Identity, of the key. Raises OpsError."""
        from alibabacloud_tea_openapi.client import Client

        from ops.identity import identity_of

        protocol, endpoint = self._place(f"sts.{self.project.region}.aliyuncs.com")
        config = self._config(endpoint)
        return identity_of(Client(config), config.access_key_id, protocol)

    @cached_property
    def functions(self) -> Any:
        """ops.functions.Functions; its SDK is imported by those commands only that need it."""
        from alibabacloud_fc20230330.client import Client

        from ops.functions import Functions

        protocol, endpoint = self._place(f"{self.project.account_id}.{self.project.region}.fc.aliyuncs.com")
        return Functions(Client(self._config(endpoint, protocol=protocol)))

    @cached_property
    def logs(self) -> Any:
        """ops.logs.Logs, of the functions' logstore. Raises Mistake."""
        name, logstore = self.project.submit.log
        if not name or not logstore:
            raise Mistake(f"{self.project.file}: {self.project.submit.name} has no logConfig")
        from alibabacloud_sls20201230.client import Client

        from ops.logs import Logs

        # The project is in the host's name, and an address has no room for it: the local cloud is a proxy here.
        protocol = "HTTP" if self.local else "HTTPS"
        endpoint = f"{self.project.region}.log.aliyuncs.com"
        return Logs(Client(self._config(endpoint, protocol=protocol, http_proxy=self.local)), name, logstore)

    def _place(self, host: str) -> tuple[str, str]:
        """Protocol and endpoint: of the local cloud, or of the service at `host`."""
        protocol, _, endpoint = self.local.partition("://") if self.local else ("https", "", host)
        return protocol.upper(), endpoint

    def _config(self, endpoint: str, **more: str | None) -> Any:
        """What the SDKs of Alibaba Cloud's APIs take."""
        from alibabacloud_tea_openapi.models import Config

        held = self._key()
        return Config(
            access_key_id=held.access_key_id,
            access_key_secret=held.access_key_secret,
            security_token=held.security_token or None,
            endpoint=endpoint,
            region_id=self.project.region,
            **more,
        )

    @cached_property
    def tasks(self) -> GifTaskClient:
        """The handler's own client of Multimedia AI, with this key."""
        return GifTaskClient(self._there("gif_endpoint"), self._credentials(), Connections(4))

    @cached_property
    def imm(self) -> ImmClient:
        """The handler's own client of IMM, with this key."""
        return ImmClient(self._there("imm_endpoint"), self._credentials(), Connections(4))

    def _credentials(self) -> CurrentCredentials:
        """As the handler's clients take them."""
        credentials = CurrentCredentials()
        credentials.set(self._key())
        return credentials

    def _there(self, endpoint: str) -> Settings:
        """The settings, with the local cloud's address for this endpoint."""
        settings = self.project.settings
        return settings.model_copy(update={endpoint: self.local}) if self.local else settings


def key_source(profile: str | None, *, local: bool) -> KeySource:
    """alibabacloud-credentials' default chain, or one profile of the aliyun CLI. Raises Denied, also later.

    local: without a key in the environment, the local cloud's public one.
    """
    if local:
        key_id, secret = (os.environ.get(f"ALIBABA_CLOUD_ACCESS_KEY_{part}") for part in ("ID", "SECRET"))
        token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "")
        held = (
            Credentials(key_id, secret, token)
            if key_id and secret
            else Credentials(OWNER_KEY_ID, OWNER_KEY_SECRET)
        )
        return lambda: held
    from alibabacloud_credentials import provider

    chain = (
        provider.CLIProfileCredentialsProvider(profile_name=profile)
        if profile
        else provider.DefaultCredentialsProvider()
    )

    def give() -> Credentials:
        try:
            found = chain.get_credentials()
        except Exception as exc:  # each of its providers raises what its own library does
            raise no_credentials(exc, profile) from exc
        return Credentials(
            found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token() or ""
        )

    give()
    return give
