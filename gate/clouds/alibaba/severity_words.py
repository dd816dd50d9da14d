"""Alibaba Cloud's words of severity (alibaba-images.md 5)."""

from __future__ import annotations

from gate.image import Severity

REPAIRS = {"asap": Severity.HIGH, "later": Severity.MEDIUM, "nntf": Severity.LOW}
"""Of vulnerabilities: priorities of a repair, which the vendor's pages call high, medium and low."""
FILE_LEVELS = {"serious": Severity.HIGH, "suspicious": Severity.MEDIUM, "remind": Severity.LOW}
"""Of malicious files."""
RISK_LEVELS = {"high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW}
"""Of baselines and sensitive files."""
SEVERITY_WORDS = {**REPAIRS, **FILE_LEVELS, **RISK_LEVELS}
