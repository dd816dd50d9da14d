"""Huawei Cloud's words of severity (huawei-images.md 7)."""

from __future__ import annotations

from gate.image import Severity

REPAIRS = {
    "immediate_repair": Severity.HIGH,
    "delay_repair": Severity.MEDIUM,
    "not_needed_repair": Severity.LOW,
}
"""Of vulnerabilities: priorities of a repair."""
LEVELS = {"High": Severity.HIGH, "Medium": Severity.MEDIUM, "Low": Severity.LOW}
"""Of images and baselines."""
SAFE = "Security"
"""That of an image or a baseline without a risk."""
SEVERITY_WORDS = {**REPAIRS, **LEVELS, SAFE: Severity.NONE}
