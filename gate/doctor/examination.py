"""Makes all checks in the order in which a run would fail; what was not checked because of another failure is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from gate.clouds import CLOUDS
from gate.doctor.check import State, failed, not_checked
from gate.errors import DeadlineExceeded, GateError
from gate.verdict_messages import format_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gate.clouds import Cloud, Connection, ImageScans
    from gate.clouds.endpoint import Endpoint
    from gate.clouds.interface import Diagnosis
    from gate.doctor.check import Check
    from gate.image import ScannedImage


class Examination:
    """What the checks of one run share: what each has found out is not asked for again."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.settings = connection.settings
        self.to_scan: list[ScannedImage] = []
        """The images that a run would have scanned, as they were seen."""

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What the cloud of the settings tells; raises what `CloudProvider.diagnose` raises."""
        return CLOUDS[self.settings.cloud].diagnose(self.connection)

    @cached_property
    def sign_in_endpoints(self) -> tuple[Endpoint, ...]:
        """The addresses that the sign-in asks, each once; none where there is no way to sign in."""
        try:
            return tuple(dict.fromkeys(self.diagnosis.sign_in.endpoints))
        except GateError:
            return ()

    @cached_property
    def cloud(self) -> Cloud:
        """The cloud; raises what `CloudProvider.connect` raises."""
        return self.diagnosis.connect()

    @cached_property
    def scans(self) -> ImageScans:
        """The images of the account."""
        return self.cloud.image_scans()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Checks that belong together."""

    name: str
    make: Callable[[Examination], Iterator[Check]]
    needs: frozenset[str] = field(default_factory=frozenset)
    """The groups without a failure in which it cannot be made."""
    applies: Callable[[Examination], bool] = bool
    sends_requests: bool = True


def examine(examination: Examination, groups: Sequence[Group]) -> Iterator[Check]:
    """Makes the checks of all groups, in this order."""
    first_failures: dict[str, str] = {}
    for group in (group for group in groups if group.applies(examination)):
        cause = next((first_failures[name] for name in first_failures if name in group.needs), "")
        made = iter([not_checked(group.name, f"{cause} has failed")]) if cause else _made(group, examination)
        if cause:
            first_failures[group.name] = cause
        for check in made:
            if check.state is State.FAILURE:
                first_failures.setdefault(group.name, check.name)
            yield check


def _made(group: Group, examination: Examination) -> Iterator[Check]:
    try:
        if group.sends_requests:
            check_time(examination)
        yield from group.make(examination)
    except GateError as error:
        yield failed(group.name, error)


def check_time(examination: Examination) -> None:
    """Raises an error if the time of the run is up, before a request that asks for no permission.

    Raises:
        DeadlineExceeded: It is up.
    """
    if examination.connection.deadline.is_over():
        limit = format_limit(examination.settings.timeout, "--timeout")
        raise DeadlineExceeded(
            f"not checked: the time is up after {limit}.",
            means="The cloud, or the network, is slow.",
            remedy="Raise --timeout, or try again later.",
        )
