"""Alibaba Cloud: Security Center scans the images of the registries that an account has connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.registry_host import registry_host
from gate.clouds.alibaba.options import OIDC_AUDIENCE, OPTIONS, REGION_VARIABLES, SOURCES, TASK_OPTIONS
from gate.clouds.alibaba.regions import REGIONS
from gate.clouds.alibaba.severity_words import SEVERITY_WORDS
from gate.clouds.interface import CloudProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.interface import Cloud, Connection, Diagnosis
    from gate.clouds.survey import Survey

__all__ = ["PROVIDER"]


def _load() -> Callable[[Connection], Cloud]:
    from gate.clouds.alibaba.connect import connect  # noqa: PLC0415 - loads requests, for the cloud in use only

    return connect


def _load_diagnosis() -> Callable[[Connection], Diagnosis]:
    from gate.clouds.alibaba.diagnosis import diagnose  # noqa: PLC0415 - only `doctor` needs it

    return diagnose


def _load_survey() -> Survey:
    from gate.clouds.alibaba.survey import SURVEY  # noqa: PLC0415 - only a doctor that writes a fixture needs it

    return SURVEY


PROVIDER = CloudProvider(
    vendor="Alibaba Cloud",
    options=OPTIONS,
    task_options=TASK_OPTIONS,
    severity_words=SEVERITY_WORDS,
    states_critical=lambda _options, _images: False,
    regions=REGIONS,
    region_variables=REGION_VARIABLES,
    credential_sources=SOURCES,
    oidc_audience=OIDC_AUDIENCE,
    # No quota is documented for this API; others of the product allow 10 calls a second (alibaba-security-center.md 5).
    min_poll_interval=5.0,
    registry_host=registry_host,
    load=_load,
    load_diagnosis=_load_diagnosis,
    load_survey=_load_survey,
)
