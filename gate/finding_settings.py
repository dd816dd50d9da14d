"""The part of a policy that is about single findings, built from the values of its options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.finding import FindingPolicy
from gate.finding_options import ANY_RISK, FINDING_OPTIONS
from gate.image import Severity
from gate.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from gate.finding import Waiver
    from gate.findings.openvex import VexDocument
    from gate.image import ImageRef


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingSettings:
    """What the options about findings ask for."""

    policy: FindingPolicy
    notices: tuple[str, ...] = ()
    """What the user should know of it, each a line of the log."""


def finding_settings(
    values: Mapping[str, Any],
    sources: Mapping[str, str],
    images: tuple[ImageRef, ...],
    *,
    has_critical: bool,
    today: date | None = None,
) -> FindingSettings:
    """Builds the policy about findings.

    Args:
        values: The values of all options, by name.
        sources: Where each value comes from.
        images: The images that are named.
        has_critical: Whether what scans the images has a word for critical.
        today: The day of the run, in UTC; by default that of the machine's clock.

    Raises:
        UsageError: No image is named, two options do not fit, or a file cannot be read or has a mistake.
    """
    if not images:
        _check_unused(values, sources)
        return FindingSettings(policy=FindingPolicy())
    cutoff, limits = _cutoff(values), _limits(values)
    if cutoff is Severity.NONE and not limits:
        raise _no_limit(sources)
    taken_as = {} if has_critical else {Severity.CRITICAL: Severity.HIGH}
    documents = _vex_documents(values, sources, images)
    policy = FindingPolicy(
        severity_cutoff=taken_as.get(cutoff, cutoff) if cutoff else None,
        max_findings=_strictest((taken_as.get(level, level), number) for level, number in limits),
        has_critical=has_critical,
        only_fixable=values["only-fixable"],
        waivers=(*_of_waiver_files(values, sources, today), *chain.from_iterable(one.waivers for one in documents)),
        unused_waivers_block=values["unused-waivers"] == "block",
        as_of=values["as-of"],
    )
    policy = _with_baseline(policy, values, sources, images)
    about_critical = (_as_high(values["cloud"]),) if taken_as.keys() & {cutoff, *dict(limits)} else ()
    return FindingSettings(policy=policy, notices=(*about_critical, *_notices(policy, documents)))


def _notices(policy: FindingPolicy, documents: Iterable[VexDocument]) -> Iterator[str]:
    """What the user should know of the waivers in force."""
    yield from (document.about_others for document in documents if document.others)
    if policy.as_of and policy.waivers:
        yield f"waivers are judged as of {policy.as_of}"


def _no_limit(sources: Mapping[str, str]) -> UsageError:
    return UsageError(
        f"The severity cutoff is none ({sources['severity-cutoff']}), and there is no limit for findings.",
        means="No finding would block then.",
        remedy=f"Set {sources['max-findings']}, such as high=0, or another cutoff.",
    )


def _check_unused(values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Raises an error for an option about findings, which only images have."""
    for option in FINDING_OPTIONS:
        value = values[option.name]
        given = any(one is not None for one in value) if option.is_repeatable else value
        unset = option.default and option.parse(option.default)
        if given and given != unset:
            raise UsageError(
                f"No image is named, but {sources[option.name]} is about the findings of images.",
                means="Without one, the gate judges a scan task, of which the clouds state no findings.",
                remedy=f"Name the images with {sources['image']} or {sources['images-from']}, or remove it.",
            )


def _cutoff(values: Mapping[str, Any]) -> Severity | None:
    given = values["severity-cutoff"]
    return None if given == ANY_RISK else Severity(given)


def _limits(values: Mapping[str, Any]) -> list[tuple[Severity, int]]:
    """The limits of all values; one severity may have several."""
    return [limit for given in filter(None, values["max-findings"]) for limit in given.items()]


def _strictest(limits: Iterable[tuple[Severity, int]]) -> dict[Severity, int]:
    """The lowest limit of each severity."""
    found: dict[Severity, int] = {}
    for level, number in limits:
        found[level] = min(number, found.get(level, number))
    return found


def _as_high(cloud: str) -> str:
    vendor = CLOUDS[cloud].vendor
    return f"{vendor} has no severity critical: critical means high here, since its highest word may be either"


def _of_waiver_files(values: Mapping[str, Any], sources: Mapping[str, str], today: date | None) -> tuple[Waiver, ...]:
    paths = [*filter(None, values["waivers"])]
    if not paths:
        return ()
    from gate.findings.waiver_file import read_waivers  # noqa: PLC0415 - most runs have no waivers

    day = values["as-of"] or today or datetime.now(UTC).date()
    return read_waivers(paths, day=day, max_days=values["waiver-max-days"], source=sources["waivers"])


def _vex_documents(
    values: Mapping[str, Any], sources: Mapping[str, str], images: tuple[ImageRef, ...]
) -> Sequence[VexDocument]:
    paths = [*filter(None, values["vex"])]
    if not paths:
        return ()
    from gate.findings.openvex import read_openvex  # noqa: PLC0415 - most runs have no such document

    return read_openvex(paths, images, source=sources["vex"])


def _with_baseline(
    policy: FindingPolicy, values: Mapping[str, Any], sources: Mapping[str, str], images: tuple[ImageRef, ...]
) -> FindingPolicy:
    path = values.get("baseline")
    if path is None:
        return policy
    from gate.baseline import baseline_of  # noqa: PLC0415 - most runs have no baseline
    from gate.stored_report import read_report  # noqa: PLC0415 - only a baseline needs it here

    if path.resolve() in {target.path.resolve() for target in values["report"]}:
        raise _overwritten(path, sources)
    run = read_report(path, source=sources["baseline"])
    whole = Policy(
        max_failed=values["max-failed"],
        max_risky=values["max-risky"],
        required_scopes=values["required-scope"],
        findings=policy,
    )
    known = baseline_of(run, images, whole, cloud=values["cloud"], source=sources["baseline"])
    return replace(policy, baseline=known, baseline_at=run.generated_at, baseline_max_age=values["baseline-max-age"])


def _overwritten(path: Path, sources: Mapping[str, str]) -> UsageError:
    return UsageError(
        f"The baseline {path} is also a report that this run writes ({sources['report']}).",
        means="What blocks this run would stand in the baseline of the next one, and pass.",
        remedy="Write the report to another file.",
    )
