"""Whether the cloud can be reached and signed in to: credentials, network, clock, region and project."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gate.clouds.reach import reach
from gate.doctor.check import failed, not_checked, ok, warning
from gate.doctor.examination import check_time
from gate.errors import GateError
from gate.policy import CLOCK_TOLERANCE
from gate.text import one_line
from gate.verdict_messages import format_duration, format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.clouds.endpoint import Endpoint
    from gate.clouds.reach import Reached
    from gate.doctor.check import Check
    from gate.doctor.examination import Examination

_SMALL_DIFFERENCE = timedelta(seconds=60)
"""By so much two right clocks may seem to differ; see `gate.time_of_day`."""
_SOON = timedelta(days=7)
_MAX_DESCRIPTION = 500


def check_region(examination: Examination) -> Iterator[Check]:
    """Yields whether region and endpoints are known."""
    urls = ", ".join(f"{endpoint.service} at {endpoint.url}" for endpoint in examination.diagnosis.endpoints)
    yield ok("region", urls)


def check_credentials(examination: Examination) -> Iterator[Check]:
    """Yields which credentials are used, from where, and until when they are valid; signs in."""
    sign_in = examination.diagnosis.sign_in
    found = sign_in.credentials()
    origin = f", from {found.origin}" if found.origin else ""
    text = one_line(f"{sign_in.description}{origin}", _MAX_DESCRIPTION)
    if found.expires_at:
        yield ok("credentials", f"{text}, valid until {format_time(found.expires_at)}")
    elif found.security_token or not found.is_key_pair:
        advice = "Make sure that they outlive the longest wait (--timeout)."
        yield warning("credentials", f"{text}; they are temporary, and their end is not known.", advice)
    else:
        yield ok("credentials", f"{text}, without an end")


def check_sign_in_endpoints(examination: Examination) -> Iterator[Check]:
    """Yields the same as `check_endpoints` of each address that gives a token or credentials."""
    return _checked(examination.sign_in_endpoints, examination)


def check_endpoints(examination: Examination) -> Iterator[Check]:
    """Yields whether each address of an API responds, through which proxy, and by which certificate."""
    of_sign_in = examination.sign_in_endpoints
    return _checked((one for one in examination.diagnosis.endpoints if one not in of_sign_in), examination)


def _checked(endpoints: Iterable[Endpoint], examination: Examination) -> Iterator[Check]:
    for endpoint in endpoints:
        name = f"endpoint {endpoint.service}"
        try:
            check_time(examination)
            yield _reached(name, endpoint, examination)
        except GateError as error:
            yield failed(name, error) if endpoint.is_needed else _replaceable(name, error)


def check_clock(examination: Examination) -> Iterator[Check]:
    """Yields by how much this machine's clock differs from the cloud's, of which signatures allow 15 minutes."""
    time_of_day, clock = examination.connection.time_of_day, examination.connection.clock
    server_time = time_of_day.server_time()
    if server_time is None:
        yield not_checked("clock", "no response has a Date")
        return
    difference = clock.now() - server_time
    if abs(difference) <= _SMALL_DIFFERENCE:
        yield ok("clock", "this machine's clock agrees with the cloud's to a minute")
        return
    by = format_duration(round(abs(difference).total_seconds()))
    text = f"this machine's clock is {by} {'ahead of' if difference > timedelta() else 'behind'} the cloud's"
    if abs(difference) > CLOCK_TOLERANCE:
        text += ", which signatures do not allow: each run would have a request refused, and take over the cloud's time"
    yield warning("clock", f"{text}.", "Correct the clock: the age of scans is measured by it.")


def check_project(examination: Examination) -> Iterator[Check]:
    """Yields the region, and the project that it was asked for."""
    _ = examination.cloud
    yield ok("project", examination.diagnosis.place())


def _replaceable(name: str, error: GateError) -> Check:
    found = failed(name, error)
    return warning(name, f"{found.text} A run asks another address then.", found.remedy)


def _reached(name: str, endpoint: Endpoint, examination: Examination) -> Check:
    reached = reach(endpoint.url, examination.settings)
    if reached.server_time:
        examination.connection.time_of_day.observe(reached.server_time)
    through = f" through the proxy {reached.proxy}" if reached.proxy else ""
    return _with_certificate(name, f"{reached.host} responds{through}", reached, examination)


def _with_certificate(name: str, text: str, reached: Reached, examination: Examination) -> Check:
    certificate = reached.certificate
    if certificate is None:
        return ok(name, f"{text}, without TLS")
    end = f"{text}, {reached.tls}, certificate by {certificate.issuer}, valid until {format_time(certificate.ends_at)}"
    if certificate.ends_at - examination.connection.time_of_day.latest() > _SOON:
        return ok(name, end)
    return warning(name, f"{end}, which is soon.", "Have whoever runs this endpoint or proxy renew it.")
