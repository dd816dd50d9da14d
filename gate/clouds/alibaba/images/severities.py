"""How many vulnerabilities images have, by severity: one request for many images (alibaba-images.md 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.clouds.alibaba.error_response import ErrorBesideData
from gate.clouds.alibaba.security_center import batches
from gate.clouds.values import count, malformed
from gate.errors import NotAuthorised, Refused
from gate.image import ImageState, Severity
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gate.clouds.alibaba.images.rows import ImageRow
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.event_log import EventLog
    from gate.image import ScannedImage

_SEVERITIES = {Severity.HIGH: "VulAsapSum", Severity.MEDIUM: "VulLaterSum", Severity.LOW: "VulNntfSum"}
"""Priorities of a repair, which the vendor's pages call high, medium and low (5)."""
_SYSTEM, _APPLICATIONS = "CveNum", "ScaNum"
"""Vulnerabilities of the system and of applications; the numbers by severity are about both together."""
_OTHER_SCOPES = (ScanScope.BASELINE, ScanScope.MALICIOUS_FILE)
_ID = re.compile("[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vulnerabilities:
    """How many vulnerabilities one image has, as far as the cloud states it."""

    by_severity: Mapping[Severity, int] | None
    """None if a number is not there, or they are about other findings than all of the image."""
    are_there: bool
    """Whether any number says that there are some."""
    of_system: int | None
    of_applications: int | None
    """None where the number is not there."""


def fetch_vulnerabilities(
    sas: SecurityCenter, rows: Iterable[ImageRow], event_log: EventLog
) -> dict[str, Vulnerabilities]:
    """The vulnerabilities of the images of these rows, by uuid.

    Without permission for them there are none.

    Raises:
        GateError: The request failed in any other way than by a refusal without data.
    """
    uuids = sorted({row.uuid for row in rows if is_usable_id(row.uuid)})
    found: dict[str, Vulnerabilities] = {}
    try:
        for batch in batches(uuids):
            query = {"Uuids": ",".join(batch), "ImageVul": "true"}
            data = sas.call("DescribeUuidVulNumClassifyStatistic", query).get("Data")
            if not isinstance(data, dict):
                raise malformed("The response has no Data of vulnerabilities by image.")
            found.update({uuid: _parse(data[uuid]) for uuid in batch if isinstance(data.get(uuid), dict)})
    except ErrorBesideData:
        # The data may show a risk.
        raise
    except (NotAuthorised, Refused) as error:
        event_log.note(f"how many vulnerabilities the images have by severity is not known: {error.happened}")
    return found


def is_usable_id(uuid: str) -> bool:
    """Whether a row can be asked for by its id: one with a comma in it would stand for two."""
    return _ID.fullmatch(uuid) is not None


def with_vulnerabilities(
    image: ScannedImage, rows: Sequence[ImageRow], found: Mapping[str, Vulnerabilities]
) -> ScannedImage:
    """The image with its vulnerabilities by severity, if the cloud states them for each of its rows with a result.

    Numbers above 0 are a risk, whatever else the cloud states, also of a row without a result: it is the same digest.
    Those of a row from before its push may be about another image, and leave the risk unknown.
    Zeros beside vulnerabilities in any row contradict them: they count as not stated, and no image is called free of
    risks then.
    """
    results = [row for row in rows if row.state is ImageState.SCANNED]
    stated = [found[row.uuid] for row in results if row.uuid in found]
    by_severity = [one.by_severity for one in stated if one.by_severity is not None]
    counted = {row.is_from_before_push for row in rows if row.uuid in found and found[row.uuid].are_there}
    if False in counted:
        image = replace(image, is_risky=True)
    elif counted or any(row.has_vulnerabilities for row in rows):
        return replace(image, is_risky=image.is_risky or None)
    if not results or len(by_severity) < len(results):
        return image
    severities = {severity: max(numbers[severity] for numbers in by_severity) for severity in _SEVERITIES}
    return replace(image, severities=severities, highest=_highest(image, severities))


def _parse(stated: Mapping[str, object]) -> Vulnerabilities:
    numbers = {severity: count(stated.get(name)) for severity, name in _SEVERITIES.items()}
    kinds = [count(stated.get(name)) for name in (_SYSTEM, _APPLICATIONS)]
    known = {severity: number for severity, number in numbers.items() if number is not None}
    is_complete = len(known) == len(numbers) and None not in kinds
    is_whole = is_complete and sum(known.values()) == sum(filter(None, kinds))
    return Vulnerabilities(
        by_severity=known if is_whole else None,
        are_there=any((*known.values(), *kinds)),
        of_system=kinds[0],
        of_applications=kinds[1],
    )


def _highest(image: ScannedImage, severities: Mapping[Severity, int]) -> Severity | None:
    """The highest severity of all findings; other kinds of findings may have a higher one than vulnerabilities."""
    highest = next((severity for severity in _SEVERITIES if severities[severity]), Severity.NONE)
    has_no_others = all(image.kinds.get(scope) == 0 for scope in _OTHER_SCOPES)
    return highest if highest is Severity.HIGH or has_no_others else None
