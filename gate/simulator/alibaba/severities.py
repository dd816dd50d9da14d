"""Names severities as each list does (alibaba-images.md 5); none has a word for critical."""

from collections.abc import Mapping
from typing import Final

from gate.simulator.image import SeverityName

NECESSITY: Final[Mapping[SeverityName, str]] = {"critical": "asap", "high": "asap", "medium": "later", "low": "nntf"}
"""Of vulnerabilities in Security Center."""
LEVELS: Final[Mapping[SeverityName, str]] = {
    "critical": "serious",
    "high": "serious",
    "medium": "suspicious",
    "low": "remind",
}
"""Of malicious files."""
RISK_LEVELS: Final[Mapping[SeverityName, str]] = {"critical": "high", "high": "high", "medium": "medium", "low": "low"}
"""Of baseline risks."""
REGISTRY: Final[Mapping[SeverityName, str]] = {"critical": "High", "high": "High", "medium": "Medium", "low": "Low"}
"""Of vulnerabilities in Container Registry."""
CVSS: Final[Mapping[SeverityName, str]] = {"critical": "9.8", "high": "7.5", "medium": "5.3", "low": "3.1"}
"""A score of each severity."""
