"""How many scans are left, where the cloud tells, and whether that is enough for the images of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.check import failure, ok, warning
from gate.errors import ExitCode, GateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.diagnosis import ScanQuota
    from gate.doctor.check import Check
    from gate.doctor.examination import Examination

_NAME = "scans left"


def check_quota(examination: Examination) -> Iterator[Check]:
    """Yields how many scans are left; a run asks for this nowhere, so that no refusal of it is a failure."""
    try:
        quota = examination.diagnosis.scan_quota()
    except GateError as error:
        yield warning(_NAME, f"not known: {error.happened}", "A run does not ask for it.")
        return
    wanted = _wanted(quota, examination)
    text = f"{quota.text}; this run needs {wanted}"
    if wanted <= quota.left:
        yield ok(_NAME, text)
    elif quota.is_limit:
        advice = "Raise the quota, or give --scan never where others scan."
        yield failure(_NAME, f"{text}, so that it would be refused.", advice, exit_code=ExitCode.CLOUD_UNAVAILABLE)
    else:
        advice = "Make sure that pay-per-use is switched on for scans of images: no operation tells whether it is."
        yield warning(_NAME, f"{text}, so that it costs something or is refused.", advice)


def _wanted(quota: ScanQuota, examination: Examination) -> int:
    """How many of the images to scan take of the quota, each counted once."""
    counted = (image for image in examination.to_scan if quota.counts_known_images or image.scanned_at is None)
    return len({image.image.digest for image in counted})
