"""The settings of a run, built from the values of its options and checked against each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.finding_settings import finding_settings
from gate.images.registry import registry_of
from gate.options import CLOUD_OPTIONS, OPTIONS
from gate.policy import Policy
from gate.settings import Settings, SignInSettings
from gate.sign_in_options import SIGN_IN_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from gate.finding import FindingPolicy
    from gate.image import ImageRef
    from gate.settings import Option, ReportTarget


def settings_from(
    values: Mapping[str, Any], sources: Mapping[str, str] | None = None, *, today: date | None = None
) -> Settings:
    """Builds the settings of a run.

    Args:
        values: The values of options, by name; absent ones have their defaults.
        sources: Where each value comes from, or how the user can give it, by name; by default the command line.
        today: The day of the run, in UTC; by default that of the machine's clock.

    Raises:
        UsageError: No cloud is given, or a value or an option does not fit the one that is.
    """
    values = {**_DEFAULTS, **values}
    sources = {option.name: f"--{option.name}" for option in OPTIONS} | dict(sources or {})
    if values["cloud"] is None:
        raise UsageError("No cloud is given.", remedy=f"Set {sources['cloud']} to one of: {', '.join(CLOUDS)}.")
    _check_region(values, sources)
    images = _images(values)
    _check_images(images, values, sources)
    has_critical = CLOUDS[values["cloud"]].states_critical(values, images)
    findings = finding_settings(values, sources, images, has_critical=has_critical, today=today)
    return Settings(
        images=images,
        indexes=frozenset(one.image for one in values["images-from"] or () if one.is_index),
        lists_findings=values["list-findings"],
        policy=_policy(values, findings.policy),
        notices=findings.notices,
        reports=_distinct(values["report"]),
        name=values["name"] or "",
        for_cloud=_for_cloud(values, sources),
        sign_in=SignInSettings(**{option.name.replace("-", "_"): values[option.name] for option in SIGN_IN_OPTIONS}),
        sources=sources,
        **{name.replace("-", "_"): values[name] for name in _AS_GIVEN},
    )


def _policy(values: Mapping[str, Any], findings: FindingPolicy) -> Policy:
    return Policy(
        max_failed=values["max-failed"],
        max_risky=values["max-risky"],
        max_age=values["max-age"],
        started_after=values["started-after"],
        required_scopes=values["required-scope"],
        settle=values["settle"],
        findings=findings,
        warn_only=values["warn-only"],
        warn_undecided=values["on-undecided"] == "warn",
    )


def _images(values: Mapping[str, Any]) -> tuple[ImageRef, ...]:
    """The images that are named, each once, whatever names them."""
    listed = (one.image for one in values["images-from"] or ())
    # A word of an input stands for "not given".
    return tuple(dict.fromkeys((*filter(None, values["image"]), *listed)))


def _check_images(images: tuple[ImageRef, ...], values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Raises an error if options are about images and there are none, or about tasks and there are some."""
    if not images:
        if values["scan"] != _DEFAULTS["scan"]:
            raise UsageError(
                f"No image is named, but {sources['scan']} is about images.",
                means="Without one, the gate judges a scan task.",
                remedy=f"Name the images with {sources['image']} or {sources['images-from']}, or remove it.",
            )
        return
    of_tasks = ("task-id", *CLOUDS[values["cloud"]].task_options)
    for name in of_tasks:
        # The default of an option of a cloud is filled in later.
        if values[name] is not None:
            raise UsageError(
                f"{sources[name]} selects a scan task, but images are named.",
                means="The gate judges either exactly these images, or a scan task.",
                remedy=f"Remove it, or the images ({sources['image']}, {sources['images-from']}).",
            )
    for image in images:
        try:
            registry_of(image, values["cloud"])
        except ValueError as error:
            message = str(error)
            sentence = message if message.endswith("?") else f"{message}."
            raise UsageError(sentence, remedy="Correct the reference or the cloud.") from None


def _check_region(values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Raises an error if only another cloud has this region; each cloud itself knows no region of another.

    Also with an endpoint, which a cloud takes with any region: a private one may have names of its own.
    """
    cloud, region = values["cloud"], values["region"]
    if region in CLOUDS[cloud].regions:
        return
    for other, provider in CLOUDS.items():
        if region in provider.regions:
            raise UsageError(
                f"{region!r} ({sources['region']}) is a region of {provider.vendor}; did you mean --cloud {other}?",
                means=f"The cloud of this run is {cloud} ({sources['cloud']}).",
                remedy="Correct the cloud or the region.",
            )


def _for_cloud(values: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, object]:
    own = {option.name: option for option in CLOUDS[values["cloud"]].options}
    for_cloud: dict[str, object] = {}
    for option in CLOUD_OPTIONS:
        value = values[option.name]
        if value is None:
            continue
        if option.name not in own:
            raise UsageError(
                f"{values['cloud']} does not have the option {option.name!r}, given as {sources[option.name]}.",
                means=f"Another cloud has it ({option.help}).",
                remedy="Remove it, or correct the cloud.",
            )
        for_cloud[option.name] = _parse(own[option.name], str(value), sources[option.name])
    return for_cloud


def _parse(option: Option, text: str, source: str) -> object:
    if option.choices and text not in option.choices:
        raise UsageError(f"Invalid value for {source}: {text!r} is not one of {', '.join(map(repr, option.choices))}.")
    try:
        return option.parse(text)
    except ValueError as error:
        raise UsageError(f"Invalid value for {source}: {error}.") from None


def _distinct(targets: Iterable[ReportTarget]) -> tuple[ReportTarget, ...]:
    by_path: dict[Path, ReportTarget] = {}
    for target in targets:
        other = by_path.setdefault(_real_path(target.path), target)
        if other is not target:
            raise UsageError(
                f"Two reports have the same path: {other.format}={other.path} and {target.format}={target.path}.",
                means="One would overwrite the other.",
                remedy="Give each its own.",
            )
    return tuple(by_path.values())


def _real_path(path: Path) -> Path:
    try:
        # The file itself may be a link, which is replaced and not followed; links among its folders are followed.
        return Path(os.path.realpath(path.parent)) / path.name
    except OSError:
        # The working directory is gone, and nothing can be written there anyway.
        return path


_AS_GIVEN = (
    "cloud",
    "region",
    "endpoint",
    "task-id",
    "scan",
    "registry-endpoint",
    "appear-timeout",
    "timeout",
    "poll-interval",
    "request-timeout",
    "ca-bundle",
    "ci",
    "color",
)
"""The options whose values are settings as they are."""
_DEFAULTS = {
    option.name: option.parse(option.default)
    if option.default is not None
    else (() if option.is_repeatable else False if option.is_flag else None)
    for option in OPTIONS
}
