"""What the published facts do not settle, as switches: each is set to what is harder for a client."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Unverified:
    """How the simulated clouds behave where no document says it; a test replaces it in `Simulator.account`."""

    moved_tag_keeps_results: bool = True
    """Whether the row of a tag that has moved keeps scan time and findings of the digest before."""
    failed_scan_moves_scan_time: bool = False
    """Whether a scan that failed counts as the last scan of its image."""
    scan_time_before_findings: bool = True
    """Whether an image shows the end of its scan before the findings of this scan."""
    refuses_repeated_scans: bool = True
    """Whether an image that is being scanned cannot be scanned once more."""
    lists_platform_images: bool = False
    """Whether the images of an index have rows of their own beside that of the index."""
