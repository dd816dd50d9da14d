"""Sends plain requests for images to the simulated HSS and SWR."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tests.simulator.conftest import PROJECT

if TYPE_CHECKING:
    from gate.simulator import Simulator
    from tests.simulator.conftest import Response, SendRequest

INSTANCE_HOST = "acme-x1.swr-pro.example.com"
"""The host of an instance of SWR Enterprise."""


def query_of(given: dict[str, object]) -> str:
    """A query with these parameters."""
    return f"?{urlencode({name: str(value) for name, value in given.items()}, quote_via=quote)}" if given else ""


def hss(send: SendRequest, simulator: Simulator, path: str, method: str = "GET", **query: object) -> Response:
    """The response of an image operation of HSS, without a body."""
    return send(simulator, f"/v5/{PROJECT}/image/{path}{query_of(query)}", method=method)


def post_to(send: SendRequest, simulator: Simulator, path: str, document: Any, **query: object) -> Response:
    """The response of an image operation of HSS to a JSON document."""
    target = f"/v5/{PROJECT}/image/{path}{query_of(query)}"
    return send(simulator, target, method="POST", body=json.dumps(document).encode())


def image_rows(send: SendRequest, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The images of the organisation of the tests, on one page."""
    defaults: dict[str, Any] = {"limit": 200, "namespace": "team"}
    response = hss(send, simulator, "registries/images", **(defaults | query))
    rows: list[dict[str, Any]] = response.document["data_list"]
    return rows


def scan_info(row: dict[str, Any]) -> dict[str, Any]:
    """What a request for a scan repeats of a row."""
    names = ("id", "image_digest", "namespace", "image_name", "image_version", "registry_id", "registry_name")
    kept = (*names, "registry_type", "instance_id")
    return {name: row[name] for name in kept if name in row}


def scan(send: SendRequest, simulator: Simulator, *rows: dict[str, Any], **others: Any) -> Response:
    """Requests a scan of exactly these rows."""
    document = {"scan_scope": 0x7FFFFFFF, "is_all": False, "image_info": [*map(scan_info, rows)], **others}
    return post_to(send, simulator, "image-scan/tasks", document)


def scan_tasks(send: SendRequest, simulator: Simulator) -> list[dict[str, Any]]:
    """The scan tasks of all enterprise projects."""
    query: dict[str, Any] = {"type": "image_scan", "enterprise_project_id": "all_granted_eps", "limit": 200}
    tasks: list[dict[str, Any]] = hss(send, simulator, "tasks", **query).document["data_list"]
    return tasks
