"""STS 2015-04-01 as far as who a key is: GetCallerIdentity, which needs no permission.

Source: the API page of GetCallerIdentity. Not implemented, and answered so (501 NotImplemented): AssumeRole and
its like; a function gets its role's credentials from Function Compute. Unsure: the session's name in a role's ARN,
which here is the key's.
"""

from __future__ import annotations

import hashlib
import re

from harness.multimediaai.openapi.gateway import Api, Fields, Gateway
from harness.multimediaai.openapi.service import RpcService
from harness.ram.identity import Credentials
from harness.ram.realm import Realm

VERSION = "2015-04-01"
_ELSEWHERE = re.compile("AssumeRole(With[A-Za-z]+)?")


class Sts(RpcService):
    """A Service of harness.http, without a state."""

    name = "sts"
    actions = ("GetCallerIdentity",)

    def __init__(self, realm: Realm) -> None:
        self._account_id = realm.account_id
        about_signer = dict.fromkeys(self.actions, self._identity)
        self._gateway = Gateway(Api(self.name, VERSION, {}, _ELSEWHERE, about_signer=about_signer), realm)

    def _identity(self, signer: Credentials) -> Fields:
        account = self._account_id
        if signer.role is None:
            about = {"IdentityType": "Account", "PrincipalId": account, "UserId": account}
            return {**about, "AccountId": account, "Arn": f"acs:ram::{account}:root"}
        role_id = str(int(hashlib.sha256(signer.role.encode()).hexdigest()[:14], 16))
        session = signer.access_key_id.removeprefix("STS.")
        return {
            "IdentityType": "AssumedRoleUser",
            "AccountId": account,
            "RoleId": role_id,
            "PrincipalId": f"{role_id}:{session}",
            "Arn": f"acs:ram::{account}:assumed-role/{signer.role}/{session}",
        }
