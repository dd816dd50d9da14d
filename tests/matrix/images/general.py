"""Expected exit codes of faults that any operation can have: in connections, HTTP and JSON, and documented errors.

What a response is needed for decides, and not which operation it is of (`Role`):

- A response that is needed, and is not there, is no pass: 4, or 3 if the user may not have it.
- One failed request is repeated, and the run passes. A request that starts a scan is not repeated before the gate has
  looked for the scan: it finds it, or starts it once more.
- What proves a result costs another scan where it is refused; what explains costs the explanation.
- A finding that a waiver may cover, if only its CVEs were known, blocks.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from gate.simulator import Fault as SimulatorFault
from gate.simulator import HttpResponse, connection_reset
from tests.matrix.fault import Fault
from tests.matrix.faults import api_errors, responses
from tests.matrix.faults.api_errors import alibaba_error, huawei_error
from tests.matrix.faults.responses import JSON_TYPE
from tests.matrix.faults.timeouts import LONGER, SHORT
from tests.matrix.images.cell import ImageCell
from tests.matrix.images.situations import (
    ARTIFACTS,
    IMAGES,
    INSTANCES,
    POINTS,
    REPOSITORY,
    ROWS,
    SCAN,
    SCAN_BY_INSTANCE,
    SHOWN,
    SITUATIONS,
    STARTS,
    STOP,
    SWR_TAG,
    SYNC,
    Role,
)
from tests.matrix.injection_points import ALIBABA, HUAWEI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gate.simulator import RawResponse
    from tests.matrix.fault import FaultContext
    from tests.matrix.images.situations import Point

_TRANSIENT: Final = (*responses.TRANSIENT, *responses.STALLS, *responses.AUTH_STATUSES)
TRANSIENT: Final = tuple(
    # A stall takes as much real time as the request timeout; on a busy machine, a shorter one is that of others too.
    replace(fault, arguments=LONGER) if fault.arguments == SHORT else fault
    for fault in _TRANSIENT
    if fault.is_per_operation and fault.name not in {"slow-headers", "slow-body"}
)
NOT_UNDERSTOOD: Final = (
    *(
        fault
        for fault in responses.PERMANENT
        if fault.is_per_operation and not fault.uses_proxy and not fault.name.endswith("for-a-day")
    ),
    responses.GZIP_BOMB,
    responses.BODY_OVER_THE_LIMIT,
)
"""Responses after which no retry can help."""
FOR_A_DAY: Final = tuple(fault for fault in responses.PERMANENT if fault.name.endswith("for-a-day"))
"""Transient errors that would last longer than the run."""
THROTTLED: Final = {HUAWEI: huawei_error(429, "APIGW.0308"), ALIBABA: alibaba_error(400, "Throttling.User")}
SERVER_ERROR: Final = {HUAWEI: huawei_error(500, "HSS.0041"), ALIBABA: alibaba_error(500, "ServerError")}
FORBIDDEN: Final = {HUAWEI: huawei_error(403, "APIGW.0302"), ALIBABA: alibaba_error(403, "NoPermission")}
WRONG_KEY: Final = {HUAWEI: huawei_error(401, "APIGW.0301"), ALIBABA: alibaba_error(400, "SignatureDoesNotMatch")}
REFUSED: Final = {HUAWEI: huawei_error(400, "HSS.1001"), ALIBABA: alibaba_error(404, "InvalidApi.NotFound")}
REFUSED_IN_200: Final = {HUAWEI: api_errors.HUAWEI_ERROR_IN_200, ALIBABA: api_errors.ALIBABA_SUCCESS_FALSE}

_WITHOUT_FIELDS: Final = frozenset({SYNC, SCAN, STOP, SCAN_BY_INSTANCE})
_NEEDS_FIELDS: Final = (
    "duplicate-key",
    "undocumented-field",
    "nan",
    "infinity",
    "1e400",
    "number-of",
    "half-a-million",
)
_NEEDS_FIELDS_TOO: Final = ("json-arrays", "json-objects", "string-of")
"""How the names of faults begin that are in a document with fields only."""
_IS_THROTTLING: Final = ("429-of-a-proxy", "429-for-a-day", "429-APIGW.0308", "400-Throttling.User")
"""The cloud never gets such a request: where it starts a scan, there is none."""

_WITHOUT_BODY: Final = frozenset({SCAN_BY_INSTANCE})
"""The operations whose response has no body at all, which could be written in another way."""
_FIRST: Final = frozenset({SHOWN, SWR_TAG, ROWS, ARTIFACTS, INSTANCES, REPOSITORY, IMAGES})

_LOST: Final = {**dict.fromkeys(Role, 4), Role.HINT: 0, Role.WAIVER: 1, Role.LAST_LOOK: 0, Role.END: 5}
"""The exit codes of a response that is not understood."""
_LASTING: Final = {**_LOST, Role.HINT: 4, Role.START: 0}
"""Those of one that never arrives, however often it is asked for; a scan that was started is found all the same."""
_REFUSED: Final = {**_LOST, Role.PROOF: 0, Role.IMPORT: 7, Role.NUMBERS: 0}
"""Those of a request that the cloud refuses."""
_REFUSED_BESIDE_DATA: Final = {**_REFUSED, Role.NUMBERS: 4}
"""The numbers beside the refusal may show a risk."""
_FORBIDDEN: Final = {**_REFUSED, Role.NEEDED: 3, Role.HINT: 3, Role.START: 3, Role.IMPORT: 3}
"""Those of one that the user may not send."""
_HARMLESS: Final = {**dict.fromkeys(Role, 0), Role.END: 5}
"""Those of a response that is valid, and of one that arrives when it is asked for again."""


def _by_role(
    faults: Iterable[Fault], points: Iterable[Point], codes: Mapping[Role, int], *, is_once: bool = False
) -> Iterator[ImageCell]:
    for fault, point in product(faults, points):
        if not _is_impossible(fault, point):
            # The operation of a hint is needed for something else later on.
            is_one = is_once or (point.role is Role.HINT and codes is not _LASTING)
            code = _in_situation(codes[point.role], point, heals=codes is _HARMLESS)
            if is_once and fault in responses.AUTH_STATUSES and _is_first(point):
                # Whether the key is accepted is not known yet.
                code = 4
            yield ImageCell(fault=fault, point=point, code=code, is_once=is_one)


def _is_impossible(fault: Fault, point: Point) -> bool:
    needs_fields = fault.name.startswith((*_NEEDS_FIELDS, *_NEEDS_FIELDS_TOO))
    # The response of these operations is empty by the documents too.
    is_valid = fault.name == "204" and point.operation in _WITHOUT_FIELDS
    is_without_effect = point.role is Role.START and fault.name in _IS_THROTTLING
    needs_body = fault in responses.HARMLESS or fault in REFUSED_IN_200.values()
    return (
        is_valid
        or is_without_effect
        or (needs_fields and point.operation in _WITHOUT_FIELDS)
        or (needs_body and point.operation in _WITHOUT_BODY)
    )


def _is_first(point: Point) -> bool:
    """Whether this is the first call of its service."""
    is_found = point.situation == "instance" and point.operation == REPOSITORY
    return point.call == 1 and point.operation in _FIRST and not is_found


def _in_situation(code: int, point: Point, *, heals: bool) -> int:
    """The exit code in this situation, where that changes it."""
    if point.role is Role.EXPLANATION:
        return SITUATIONS[point.cloud][point.situation].code
    if point.situation == "endless":
        # There is no verdict in any case.
        return code or 5
    if point.situation == "fresh" and point.role is Role.PROOF and not heals:
        # There, no scan may be started, and a result without a proof is none.
        return code or 7
    # The user learns that the scan may have been started, and not why it cannot be found.
    return 4 if code == 3 and point.situation == "lost" and point.cloud == ALIBABA else code


def _lasting(faults: Iterable[Fault], points: Iterable[Point]) -> Iterator[ImageCell]:
    yield from _by_role(faults, points, _LASTING)


def _once(faults: Iterable[Fault], points: Iterable[Point]) -> Iterator[ImageCell]:
    yield from _by_role(faults, points, _HARMLESS, is_once=True)


def _forbidden(points: Iterable[Point]) -> Iterator[ImageCell]:
    for point in points:
        yield from _by_role([FORBIDDEN[point.cloud]], [point], _FORBIDDEN)


def _refused(points: Iterable[Point]) -> Iterator[ImageCell]:
    for point in points:
        yield from _by_role([REFUSED[point.cloud]], [point], _REFUSED)


def _throttled(points: Iterable[Point]) -> Iterator[ImageCell]:
    for point in points:
        yield from _lasting([THROTTLED[point.cloud]], [point])
        yield from _once([THROTTLED[point.cloud]], [point])


def _documented_too(points: Iterable[Point]) -> Iterator[ImageCell]:
    for point in points:
        yield from _by_role([WRONG_KEY[point.cloud]], [point], _FORBIDDEN)
        yield from _by_role([REFUSED_IN_200[point.cloud]], [point], _REFUSED_BESIDE_DATA)
        yield from _lasting([SERVER_ERROR[point.cloud]], [point])
        yield from _once([SERVER_ERROR[point.cloud]], [point])


def before(
    name: str, point: Point, response: HttpResponse | RawResponse, *, requests: frozenset[int] | None = None
) -> Fault:
    """A response in place of the effect: the cloud never gets these requests."""
    operation = point.operation

    def inject(context: FaultContext) -> None:
        fault = SimulatorFault(response=response, operation=operation, requests=requests)
        context.gate.simulator.faults.append(fault)

    def was_requested(context: FaultContext) -> bool:
        return any(request.operation == operation for request in context.gate.simulator.requests)

    return Fault(name=f"instead-of-the-effect-{name}", inject=inject, was_effective=was_requested)


_THROTTLING: Final = {
    HUAWEI: HttpResponse(status=429, headers=JSON_TYPE, body=b'{"error_code": "APIGW.0308", "error_msg": "too many"}'),
    ALIBABA: HttpResponse(status=400, headers=JSON_TYPE, body=b'{"Code": "Throttling.User", "Message": "too many"}'),
}


def _never_started() -> Iterator[ImageCell]:
    """A scan that was asked for and never started: the gate starts it once more, after it has looked for it."""
    first = frozenset({1})
    for point in (point for point in POINTS if point.role is Role.START):
        for name, response in (("reset", connection_reset()), ("throttled", _THROTTLING[point.cloud])):
            yield ImageCell(fault=before(name, point, response), point=point, code=4)
            once = before(f"{name}-at-first", point, response, requests=first)
            yield ImageCell(fault=once, point=point, code=0)


def _named(faults: Iterable[Fault], *names: str) -> tuple[Fault, ...]:
    found = tuple(fault for fault in faults if fault.name in names)
    assert len(found) == len(names), "a fault has another name now"
    return found


# One of each kind everywhere: what else there is differs in the client alone, which is the same for all operations.
_SOME_TRANSIENT = (_named(TRANSIENT, "502-as-html"), _named(TRANSIENT, "reset-in-the-body"))
_SOME_NOT_UNDERSTOOD = _named(NOT_UNDERSTOOD, "proxy-login-page", "document-in-an-array")
_EXPENSIVE = (
    *("json-arrays-100000-levels-deep", "json-objects-100000-levels-deep", "half-a-million-empty-arrays"),
    *("string-of-two-million-characters", "headers-of-half-a-megabyte", "gzip-bomb", "body-over-the-limit"),
)
_CHEAP_NOT_UNDERSTOOD = tuple(fault for fault in NOT_UNDERSTOOD if fault.name not in _EXPENSIVE)
_ONE_CALL = ("fresh", "stale")
"""The situations whose calls are those of a release too, with one image."""
_DECIDING = tuple(
    point
    for point in POINTS
    if point.situation == "stale" and (point.operation, point.call) in {(ROWS, 2), (IMAGES, 2)}
)
"""The responses with the results that are judged: every fault is injected here."""
_STARTING = tuple(point for point in POINTS if point.situation == "stale" and point.operation in STARTS)
_EVERYWHERE = tuple(point for point in POINTS if point.situation not in _ONE_CALL)
_LESS_NEEDED = tuple(point for point in _EVERYWHERE if point.role not in {Role.NEEDED, Role.START})
GENERAL: Final = (
    *_lasting(_SOME_TRANSIENT[0], _EVERYWHERE),
    *_once(_SOME_TRANSIENT[1], _EVERYWHERE),
    *_by_role(_SOME_NOT_UNDERSTOOD[:1], _EVERYWHERE, _LOST),
    *_forbidden(_EVERYWHERE),
    *_refused(_LESS_NEEDED),
    *_by_role(_SOME_NOT_UNDERSTOOD[1:], _LESS_NEEDED, _LOST),
    *_throttled((*_DECIDING, *_STARTING)),
    *_forbidden((*_DECIDING, *_STARTING)),
    *_refused((*_DECIDING, *_STARTING)),
    *_documented_too((*_DECIDING, *_STARTING)),
    *_never_started(),
    # A failed request is repeated in the same way for both clouds.
    *_once(TRANSIENT, _DECIDING[:1]),
    *_once(_SOME_TRANSIENT[1], _DECIDING[1:]),
    *_once((*_SOME_TRANSIENT[0], *_named(TRANSIENT, "truncated-json", "stall-before-the-headers")), _STARTING),
    *_lasting((*_SOME_TRANSIENT[0], *FOR_A_DAY), _DECIDING),
    *_by_role(_CHEAP_NOT_UNDERSTOOD, _DECIDING, _LOST),
    *_by_role(_SOME_NOT_UNDERSTOOD, _STARTING, _LOST),
    *_by_role(responses.HARMLESS, _DECIDING, _HARMLESS),
)
"""The cells of every run of the tests."""
FULL: Final = (
    *_lasting((*TRANSIENT, *FOR_A_DAY), POINTS),
    *_once(TRANSIENT, POINTS),
    *_by_role(NOT_UNDERSTOOD, POINTS, _LOST),
    *_by_role(responses.HARMLESS, POINTS, _HARMLESS),
    *_throttled(POINTS),
    *_forbidden(POINTS),
    *_refused(POINTS),
    *_documented_too(POINTS),
)
"""Every fault at every point."""
