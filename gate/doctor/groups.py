"""All groups of checks of a cloud, in the order in which a run would fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.access import (
    check_clock,
    check_credentials,
    check_endpoints,
    check_project,
    check_region,
    check_sign_in_endpoints,
)
from gate.doctor.examination import Group
from gate.doctor.images import check_images
from gate.doctor.permissions import check_permissions
from gate.doctor.quota import check_quota
from gate.doctor.tasks import check_tasks

if TYPE_CHECKING:
    from gate.doctor.examination import Examination


def _judges_images(examination: Examination) -> bool:
    return bool(examination.settings.images)


def _judges_a_task(examination: Examination) -> bool:
    return not examination.settings.images


def _may_scan(examination: Examination) -> bool:
    return _judges_images(examination) and examination.settings.scan != "never"


def _exchanges(examination: Examination) -> bool:
    return bool(examination.sign_in_endpoints)


_ACCESS = frozenset({"region", "credentials", "endpoints"})
GROUPS = (
    Group(name="region", make=check_region, sends_requests=False),
    # Before the credentials, which are asked for until the time is up.
    Group(name="sign-in endpoints", make=check_sign_in_endpoints, needs=frozenset({"region"}), applies=_exchanges),
    Group(name="credentials", make=check_credentials, needs=frozenset({"region", "sign-in endpoints"})),
    Group(name="endpoints", make=check_endpoints, needs=frozenset({"region"})),
    Group(name="clock", make=check_clock, needs=frozenset({"region", "endpoints"}), sends_requests=False),
    Group(name="project", make=check_project, needs=_ACCESS),
    Group(name="permissions", make=check_permissions, needs=_ACCESS | {"project"}),
    Group(name="tasks", make=check_tasks, needs=_ACCESS | {"project", "permissions"}, applies=_judges_a_task),
    Group(name="images", make=check_images, needs=_ACCESS | {"project", "permissions"}, applies=_judges_images),
    Group(name="scans left", make=check_quota, needs=_ACCESS | {"project", "images"}, applies=_may_scan),
)
