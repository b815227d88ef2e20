"""Who is asking, and may they? Signatures to signers, signers and ACLs to permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.http.server import Request
from harness.oss.errors import OssError
from harness.oss.wire.call import Call
from harness.oss.wire.place import Place
from harness.ram.identity import Credentials, IdentityError
from harness.ram.realm import Realm
from harness.signatures import SignatureError, oss_v1, oss_v4
from harness.signatures.oss_claim import Claim

_IDENTITY_CODES = {
    "unknown_key": "InvalidAccessKeyId",
    # OSS does not know temporary keys without their token.
    "missing_token": "InvalidAccessKeyId",
    "malformed_token": "InvalidSecurityToken",
    "mismatched_token": "AccessKeyIdAndSecurityTokenNotMatch",
    "expired_token": "SecurityTokenExpired",
}
_V1_QUERY = ("OSSAccessKeyId", "Signature")
#: what an ACL lets everybody do
_PUBLIC = {
    "public-read": frozenset({"oss:GetObject", "oss:GetObjectVersion"}),
    "public-read-write": frozenset({"oss:GetObject", "oss:GetObjectVersion", "oss:PutObject", "oss:DeleteObject"}),
}
#: with versionId in the query these need the right to the version
_VERSION_ACTIONS = {
    "oss:GetObject": "oss:GetObjectVersion",
    "oss:DeleteObject": "oss:DeleteObjectVersion",
    "oss:GetObjectAcl": "oss:GetObjectVersionAcl",
    "oss:PutObjectAcl": "oss:PutObjectVersionAcl",
    "oss:GetObjectTagging": "oss:GetObjectVersionTagging",
    "oss:PutObjectTagging": "oss:PutObjectVersionTagging",
    "oss:DeleteObjectTagging": "oss:DeleteObjectVersionTagging",
}


class Access:
    """Asks for OSS, and for the services without whose consent OSS does not do all: KMS and IMM."""

    def __init__(self, realm: Realm, place: Place) -> None:
        self._realm, self._place = realm, place
        self._oss, self._kms, self._imm = (realm.gate(service) for service in ("oss", "kms", "imm"))

    def signer(self, request: Request, resource: str) -> Credentials | None:
        """The credentials whose signature the request carries, None without one; raises OssError."""
        return self._verified(lambda: self._claim(request, resource))

    def signer_of_form(self, fields: Mapping[str, str]) -> Credentials | None:
        """The credentials that signed a form's policy; raises OssError."""
        version = fields.get("x-oss-signature-version", "")

        def claim() -> Claim:
            if version == oss_v4.ALGORITHM:
                return oss_v4.from_form(fields, self._place.region, self._place.clock())
            return oss_v1.from_form(fields)

        return self._verified(claim)

    def _verified(self, make_claim: Callable[[], Claim | None]) -> Credentials | None:
        try:
            claim = make_claim()
            if claim is None:
                return None
            credentials = self._realm.identities.resolve(claim.access_key_id, claim.token)
            claim.verify(credentials.access_key_secret)
        except SignatureError as exc:
            raise OssError(exc.code, exc.message, exc.status, None, **exc.fields) from exc
        except IdentityError as exc:
            raise OssError(_IDENTITY_CODES[exc.reason]) from exc
        return credentials

    def _claim(self, request: Request, resource: str) -> Claim | None:
        params, header = request.params, request.header("Authorization")
        now, region = self._place.clock(), self._place.region
        version = params.get("x-oss-signature-version", "")
        in_query = bool(version) or any(name in params for name in _V1_QUERY)
        if header and in_query:
            message = "Only one auth mechanism allowed; a signature is both in the query and in a header."
            raise SignatureError("InvalidArgument", message, 400)
        if header.startswith(oss_v4.ALGORITHM):
            return oss_v4.from_header(request, resource, region, now)
        if header.startswith("OSS2 "):
            raise SignatureError("NotImplemented", "Signature version 2 is not implemented.", 400)
        if header.startswith("OSS "):
            return oss_v1.from_header(request, resource, now)
        if header:
            raise SignatureError("InvalidArgument", "Authorization header is invalid.", 400)
        if version == oss_v4.ALGORITHM:
            return oss_v4.from_query(request, resource, region, now)
        if version:
            raise SignatureError("NotImplemented", f"Signature version {version} is not implemented.", 400)
        return oss_v1.from_query(request, resource, now) if in_query else None

    def allow(self, call: Call, action: str, bucket: str, key: str = "") -> None:
        """Raises OssError AccessDenied."""
        action = _VERSION_ACTIONS.get(action, action) if call.version_id else action
        what = f"{bucket}/{key}" if key else bucket or "*"
        resource = f"acs:oss:{self._place.region}:{self._place.account_id}:{what}"
        if self._oss.lets(
            call.signer,
            action,
            resource,
            call.request,
            _listed(call),
            open_to_all=lambda: self._is_public(call, action, bucket, key),
        ):
            return
        if call.signer and call.signer.role:
            raise OssError("AccessDenied", "Access denied by authorizer's policy.")
        raise OssError("AccessDenied")

    def allow_decrypt(self, call: Call, key_id: str) -> None:
        """Whoever reads what a customer's own key encrypts needs that key too. Raises OssError AccessDenied."""
        resource = f"acs:kms:{self._place.region}:{self._place.account_id}:key/{key_id}"
        if not self._kms.lets(call.signer, "kms:Decrypt", resource, call.request):
            raise OssError("AccessDenied", "This request is forbidden by kms.")

    def allow_convert(self, call: Call, project: str) -> None:
        """Whoever asks OSS for what IMM makes needs IMM's right to it, too. Raises OssError.

        The code and the words are unsure: the page has them for calls of IMM itself.
        """
        resource = f"acs:imm:{self._place.region}:{self._place.account_id}:project/{project}"
        if not self._imm.lets(call.signer, "imm:CreateMediaConvertTask", resource, call.request):
            message = "NoPermission, User not authorized to operate on the specified APIs."
            raise OssError("Imm Client", message, 403)

    def _is_public(self, call: Call, action: str, bucket: str, key: str) -> bool:
        if not key or action not in _PUBLIC["public-read-write"] or call.store.protections.blocks_public(bucket):
            return False
        acl = call.store.bucket(bucket).acl
        version = call.version_id if key == call.key else None
        found = call.store.objects.look(bucket, key, version or None)
        if found and found.attributes.acl != "default":
            acl = found.attributes.acl
        return action in _PUBLIC.get(acl, frozenset())


def _listed(call: Call) -> dict[str, str]:
    """OSS's condition keys of listings."""
    if not call.operation.name.startswith("ListObject"):
        return {}
    return {"oss:Prefix": call.params.get("prefix", ""), "oss:Delimiter": call.params.get("delimiter", "")}
