"""What the verdict about images would be as they are now: with the rules of a run, and without its waits and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.findings.ask import with_findings, with_needed_cves
from gate.findings.evaluate import evaluated, today
from gate.images.counts import as_task
from gate.images.judge import decision_by_findings, judge_images

if TYPE_CHECKING:
    from gate.clouds import Connection, ImageScans
    from gate.image import ScannedImage
    from gate.policy import Verdict


def preview(images: tuple[ScannedImage, ...], scans: ImageScans, connection: Connection) -> Verdict:
    """The verdict about these images, whose scans have ended; their results are believed at first sight.

    Raises:
        GateError: The findings that the policy needs could not be listed.
    """
    settings = connection.settings
    policy = settings.policy.findings
    listed = with_findings(images, scans, connection, for_reports=False)
    found = with_needed_cves(listed, scans, connection, decision_by_findings)
    now = connection.time_of_day.latest()
    task = as_task(evaluated(found, policy, today(policy, now)))
    where = scans.search_description()
    return judge_images(task, settings, now=now, is_settled=True, is_time_up=False, where=where)
