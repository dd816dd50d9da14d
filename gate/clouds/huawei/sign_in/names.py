"""The names under which IAM and the metadata service of an instance write credentials (sign-in.md 2.4, 2.6)."""

from __future__ import annotations

from gate.clouds.sign_in.issued import Names

_FIELDS = {
    "container": "credential",
    "access_key_id": "access",
    "access_key_secret": "secret",
    "security_token": "securitytoken",
    "expires_at": "expires_at",
}
OF_IAM = Names(service="IAM", **_FIELDS)
OF_METADATA = Names(service="the metadata service", **_FIELDS)
