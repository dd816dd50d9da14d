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
INSTANCE_LEVELS = {"Critical": Severity.CRITICAL, **LEVELS}
"""Of images and vulnerabilities in the own scan of an instance of SWR Enterprise (5), the only ones with critical."""
NOT_RATED = "None"
"""That of an image in the same scan whose vulnerabilities are not rated, or that has none."""
SEVERITY_WORDS = {**REPAIRS, **INSTANCE_LEVELS, SAFE: Severity.NONE, NOT_RATED: Severity.NONE}
