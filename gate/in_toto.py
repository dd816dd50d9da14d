"""The names in statements about a verdict, which their writer and their reader share (attestations.md 1 to 3)."""

from __future__ import annotations

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SUMMARY_TYPE = "https://slsa.dev/verification_summary/v1"
RESULT_TYPE = "https://in-toto.io/attestation/svr/v0.2"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""Of an envelope around a statement."""
VERIFIER = "urn:scan-gate"
PASSED, FAILED = "PASSED", "FAILED"
