"""The digest of a policy: two runs with the same one were judged by the same rules."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import timedelta

    from gate.finding import FindingPolicy, Waiver
    from gate.policy import Policy

_SCHEMA = "scan-gate/policy-digest/1"


def policy_digest(policy: Policy) -> str:
    """The SHA-256 of what a policy says about images and findings, as `sha256:` and 64 hexadecimal digits.

    Whatever can let more pass is in it. Not in it are `started_after`, which only narrows what is fresh and differs in
    each pipeline, what turns a verdict into a warning, and the place and order in which waivers are written.
    """
    document = {
        "schema": _SCHEMA,
        "max_failed": policy.max_failed,
        "max_risky": policy.max_risky,
        "max_age": _seconds(policy.max_age),
        "required_scope": sorted(policy.required_scopes),
        "settle": float(policy.settle),
        **_of_findings(policy.findings),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _of_findings(policy: FindingPolicy) -> dict[str, Any]:
    return {
        "severity_cutoff": policy.severity_cutoff,
        "max_findings": dict(policy.max_findings),
        "only_fixable": policy.only_fixable,
        "waivers": sorted(map(_waiver, policy.waivers), key=json.dumps),
        "unused_waivers_block": policy.unused_waivers_block,
        "as_of": policy.as_of.isoformat() if policy.as_of else None,
        "baseline": _baseline(policy),
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "id": waiver.id,
        "images": sorted(waiver.images),
        "digests": sorted(waiver.digests),
        "package": waiver.package,
        "version": waiver.version,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until.isoformat() if waiver.until else None,
        "justification": waiver.justification,
    }


def _baseline(policy: FindingPolicy) -> dict[str, Any] | None:
    if policy.baseline is None:
        return None
    return {
        "max_age": _seconds(policy.baseline_max_age),
        "findings": sorted(
            [known.kind, known.repository, known.id, known.package, known.number, severity]
            for known, severity in policy.baseline.items()
        ),
    }


def _seconds(age: timedelta | None) -> float | None:
    return None if age is None else age.total_seconds()
