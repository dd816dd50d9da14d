"""The simulator's own API, which no cloud has: a stand-in for `docker push`, for a CI job that pushes and then checks.

`POST /simulate/push` needs no credentials, and its body is a JSON object:

- `image`: the reference, as `[REGISTRY/]NAMESPACE/NAME:TAG@sha256:DIGEST`,
- `findings`: what a scan finds, such as `{"vulnerabilities": {"high": 2}}`, by the names of `Findings` and
  `BySeverity`; without it, the image is clean,
- `failure`: how a scan fails, by the names of `ScanFailure` but `repeated`; without it, the scan succeeds.
"""

import json
from dataclasses import fields
from http import HTTPStatus
from typing import Any, Final, get_args

from gate.simulator.cloud import HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.image import BySeverity, Findings, PushedImage, ScanFailure

PUSH_PATH: Final = "/simulate/push"
FAILURES: Final = tuple(failure for failure in get_args(ScanFailure) if failure != "repeated")
"""No push makes a scan of it a repeated one."""
MEMBERS: Final = frozenset({"image", "findings", "failure"})


def is_push(request: HttpRequest) -> bool:
    """Whether a request is for this API, and not for a cloud."""
    return request.method == "POST" and request.path == PUSH_PATH


def pushed_image(request: HttpRequest) -> PushedImage:
    """The image that a request pushes.

    Raises:
        ValueError: The body is not as described above.
    """
    document = _object(json.loads(request.body), MEMBERS)
    if (failure := document.get("failure")) is not None and failure not in FAILURES:
        raise ValueError(f"failure is not one of {', '.join(FAILURES)}")
    return PushedImage.parse(
        str(document.get("image", "")), findings=_findings(document.get("findings", {})), failure=failure
    )


def created(image: PushedImage) -> HttpResponse:
    """The response to a push."""
    return _response(HTTPStatus.CREATED, {"image": image.reference})


def rejected(error: ValueError) -> HttpResponse:
    """The response to a body that is not understood."""
    return _response(HTTPStatus.BAD_REQUEST, {"error": str(error)})


def _findings(document: Any) -> Findings:
    kinds = _object(document, frozenset(kind.name for kind in fields(Findings)))
    return Findings(**{kind: _by_severity(counts) for kind, counts in kinds.items()})


def _by_severity(document: Any) -> BySeverity:
    counts = _object(document, frozenset(severity.name for severity in fields(BySeverity)))
    if not all(type(count) is int and count >= 0 for count in counts.values()):
        raise ValueError(f"{document} has a count that is not a whole number from 0")
    return BySeverity(**counts)


def _object(document: Any, members: frozenset[str]) -> dict[str, Any]:
    if not isinstance(document, dict) or not document.keys() <= members:
        raise ValueError(
            f"{json.dumps(document)} is not an object with no other members than {', '.join(sorted(members))}"
        )
    return document


def _response(status: int, document: dict[str, str]) -> HttpResponse:
    return HttpResponse(status=status, headers={"Content-Type": "application/json"}, body=json.dumps(document).encode())
