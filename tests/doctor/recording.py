"""Records fixtures in tests: from a simulated cloud, or from responses that a test makes up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gate.clock import RunDeadline
from gate.clouds import Connection
from gate.clouds.response import Response
from gate.clouds.transport import Transport
from gate.doctor.fixture import record
from gate.event_log import EventLog
from gate.images.reference import image_reference
from gate.run_settings import settings_from
from gate.simulator import CLOUDS as SIMULATED
from gate.time_of_day import TimeOfDay
from tests.builders import FakeTime
from tests.harness import option_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import requests

    from gate.doctor.fixture import Fixture
    from gate.simulator import Simulator

ANYWHERE = "http://127.0.0.1:9"


@dataclass
class Sent(Transport):
    """A transport that responds from a function, or sends really, and keeps what came back."""

    host: str
    respond: Callable[[requests.Request], Response]
    responses: list[Response] = field(default_factory=list)

    def send(self, request: requests.Request) -> Response:
        response = self.respond(request)
        self.responses.append(response)
        return response

    def close(self) -> None:
        """It has nothing to close."""


def a_connection(
    cloud: str, described: Mapping[str, str], images: Sequence[str] = (), time: FakeTime | None = None, **more: Any
) -> Connection:
    """A connection to a cloud, with credentials, options and images as a user gives them."""
    values = option_values(cloud, described)
    settings = settings_from({**values, "image": [image_reference(image) for image in images]})
    names = ("access_key_id", "access_key_secret")
    clock = (time or FakeTime()).clock()
    return Connection(
        settings=settings,
        environ={f"SCAN_GATE_{name.upper()}": described[name] for name in names},
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, settings.timeout),
        event_log=EventLog(clock, lambda _event: None),
        **more,
    )


def recorded_from(
    simulator: Simulator, cloud: str, time: FakeTime, images: Sequence[str] | None = None
) -> tuple[Fixture, list[Response]]:
    """A fixture of a simulated account, with the responses that it was made from."""
    responses: list[Response] = []

    def open_transport(base_url: str, **attributes: Any) -> Transport:
        inner = Transport(base_url, **attributes)
        return Sent(inner.host, inner.send, responses)

    asked = simulator.scenario.images if images is None else images
    described = simulator.describe()[cloud]
    connection = a_connection(cloud, described, asked, time, transport=open_transport)
    fixture = record(connection)
    connection.open_transports.close()
    return fixture, responses


def recorded(cloud: str, *responses: Response, images: Sequence[str] = ()) -> Fixture:
    """A fixture of a cloud that sends these responses in turn, and then the last one for ever."""
    left = [*responses]

    def respond(_request: requests.Request) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    def open_transport(base_url: str, **_attributes: Any) -> Transport:
        return Sent(base_url, respond)

    return record(a_connection(cloud, SIMULATED[cloud].describe(ANYWHERE), images, transport=open_transport))


def a_response(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with this document."""
    return Response(status=status, headers=headers or {}, body=json.dumps(document).encode())
