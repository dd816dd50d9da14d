"""Huawei Cloud: Host Security Service (HSS) scans the images of the registries that a project has connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.registry_host import registry_host
from gate.clouds.huawei.instance.choice import states_critical
from gate.clouds.huawei.options import OIDC_AUDIENCE, OPTIONS, REGION_VARIABLES, SOURCES, TASK_OPTIONS
from gate.clouds.huawei.regions import REGIONS
from gate.clouds.huawei.severity_words import SEVERITY_WORDS
from gate.clouds.interface import CloudProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.interface import Cloud, Connection, Diagnosis
    from gate.clouds.survey import Survey

__all__ = ["PROVIDER"]


def _load() -> Callable[[Connection], Cloud]:
    from gate.clouds.huawei.connect import connect  # noqa: PLC0415 - loads requests, for the cloud in use only

    return connect


def _load_diagnosis() -> Callable[[Connection], Diagnosis]:
    from gate.clouds.huawei.diagnosis import diagnose  # noqa: PLC0415 - only `doctor` needs it

    return diagnose


def _load_survey() -> Survey:
    from gate.clouds.huawei.survey import SURVEY  # noqa: PLC0415 - only a doctor that writes a fixture needs it

    return SURVEY


PROVIDER = CloudProvider(
    vendor="Huawei Cloud",
    options=OPTIONS,
    task_options=TASK_OPTIONS,
    severity_words=SEVERITY_WORDS,
    states_critical=states_critical,
    regions=REGIONS,
    region_variables=REGION_VARIABLES,
    credential_sources=SOURCES,
    oidc_audience=OIDC_AUDIENCE,
    takes_token=True,
    # A user may call one API 5 times a minute (huawei-hss.md 5).
    min_poll_interval=12.0,
    registry_host=registry_host,
    load=_load,
    load_diagnosis=_load_diagnosis,
    load_survey=_load_survey,
)
