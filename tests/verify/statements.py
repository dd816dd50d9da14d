"""Builders of statements about verdicts, and of what signers put around them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.builders import NOW, a_digest

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = f"sha256:{'5' * 64}"
IMAGE = f"swr/team/web@{a_digest()}"
"""What most statements here are about."""


def a_predicate(result: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """A verification summary of this gate, made just now."""
    return {
        "verifier": {"id": "urn:scan-gate", "version": {"scan-gate": "0.1.0"}},
        "timeVerified": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "resourceUri": "pkg:oci/web",
        "policy": {"uri": "urn:p", "digest": {"sha256": POLICY.removeprefix("sha256:")}},
        "verificationResult": result,
        "verifiedLevels": ["SCAN_GATE_WITHIN_POLICY" if result == "PASSED" else "FAILED"],
        **fields,
    }


def a_statement(result: str = "PASSED", *, digest: str = a_digest(), **fields: Any) -> dict[str, Any]:
    """A statement that this digest has passed; `predicate` and other fields of the statement can be given."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "swr/team/web", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": a_predicate(result),
        **fields,
    }


def an_envelope(statement: object, **fields: Any) -> dict[str, Any]:
    """An envelope with a signature that nobody made."""
    payload = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": "bm9uZQ=="}],
        **fields,
    }


def a_bundle(statement: object, **fields: Any) -> dict[str, Any]:
    """A Sigstore bundle around an envelope."""
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": "bm9uZQ=="}},
        "dsseEnvelope": an_envelope(statement),
        **fields,
    }


FORMS: dict[str, Callable[[Any], dict[str, Any]]] = {"statement": dict, "envelope": an_envelope, "bundle": a_bundle}
"""What a file may hold, by what it is called in messages."""
