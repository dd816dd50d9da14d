"""Responds as a cloud with the images of a history, with lost, failed, misleading and mutated responses."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from gate.clouds.response import Response
from tests.properties.mutations import as_bytes
from tests.properties.transport import ODD_DATES, FaultyCloud

if TYPE_CHECKING:
    from random import Random

    from tests.properties.image_clouds import ImageCloud
    from tests.properties.mutations import Document
    from tests.properties.transport import ApiRequest

STARTS = ("PublicSyncAndCreateImageScanTask", "PublicCreateImageScanTask")
LISTS = ("data_list", "ImageInstanceList", "OnceTasks")
_EMPTY_WHEN_ACCEPTED = ("POST", "PUT")
_DAY = 86_400_000
"""In ms."""
_IDS = ("id", "Uuid", "TaskId", "task_id")
_PUSHES = ("latest_update_time", "ImageUpdate")
_OBSTACLES = ("is_multiple_arch", "association_images", "shared_status")
_TIMES = ("latest_scan_time", "LastScanTime", "lastScanTime", "FinishTime", "EndTime")


def is_start(request: ApiRequest) -> bool:
    """Whether a request starts a scan."""
    is_of_huawei = request.path.startswith("POST") and request.path.endswith("image-scan/tasks")
    return is_of_huawei or request.operation in STARTS


@dataclass
class FaultyImageCloud(FaultyCloud):
    """A `FaultyCloud` whose requests may have effects, also if their responses are lost."""

    model: ImageCloud
    is_truthful: bool = False
    """Whether responses are lost or errors only, so that all that is shown is true."""

    def _response(self, request: ApiRequest) -> Response | None:
        rng, model = self.mutator.rng, self.model
        if self.mutator.is_unrelated and rng.random() < 0.5:
            return self._with_date(200, {}, self._unrelated_document())
        is_hit = rng.random() < self.mutator.rate
        fault = rng.random() if is_hit else 1.0
        if fault < 0.5:
            error = model.error() if fault < 0.35 else None
            # What a server error or a lost response is about may have been done all the same.
            if (error is None or error[0] >= 500) and rng.random() < 0.5:
                model.document(request)
            return self._with_date(*error) if error else None
        document = model.document(request)
        if is_hit and not self.is_truthful and fault >= 0.75:
            mutated = self.mutator.mutate(document, model.error)
            return self._with_date(*mutated) if mutated else None
        if is_hit and not self.is_truthful:
            mislead(document, rng)
        if not document and request.path.startswith(_EMPTY_WHEN_ACCEPTED):
            return self._with_date(rng.choice((200, 202, 204)), {}, b"")
        return self._with_date(404 if "errors" in document else 200, {}, document)

    def _with_date(self, status: int, headers: dict[str, str], body: object) -> Response:
        rng, chance = self.mutator.rng, self.mutator.rng.random()
        if chance < 0.4:
            headers = {**headers, "date": formatdate(self.time.true_wall(), usegmt=True)}
        elif chance < 0.4 + self.mutator.rate / 10:
            headers = {**headers, "date": rng.choice(ODD_DATES)}
        return Response(status=status, headers=headers, body=body if isinstance(body, bytes) else as_bytes(body))


def mislead(document: Document, rng: Random) -> None:
    """Changes a document so that it is well-formed, and about something else than it should be."""
    rows: list[Any] = next((document[name] for name in LISTS if document.get(name)), document.get("Task") or [])
    if not rows:
        return
    row, kind = rows[int(rng.random() * len(rows))], rng.random()
    if kind < 0.12:
        rows.remove(row)
        return
    if kind < 0.24:
        # A second row, which is about another image, an older result or another registry.
        row = {**row, **{name: _another(row[name]) for name in _IDS if name in row}}
        rows.append(row)
    row |= {name: value for name, value in rng.choice(_changes(row, rng)).items() if name in row or name in _OBSTACLES}


def _another(id_: object) -> object:
    return "another" if isinstance(id_, str) else 4711


def _changes(row: Document, rng: Random) -> tuple[Document, ...]:
    """Other values of some fields: another digest, name, registry or time, and an index."""
    digest = str(row.get("image_digest", row.get("Digest", row.get("Target", ""))))
    other = rng.choice(("f" * 64, digest[:63], "", f"sha512:{digest}"))
    older, later = round(rng.choice((3, 1, 0.01)) * _DAY), rng.choice((1000, _DAY))
    return (
        dict.fromkeys(("image_digest", "Digest", "Target"), other),
        {"image_name": "web2", "RepoName": "web2"},
        {"registry_type": rng.choice(("Harbor", "SwrEnterprise", "Jfrog", "Local"))},
        {name: row[name] - older for name in _TIMES if type(row.get(name)) is int},
        {name: row[name] + later for name in _PUSHES if type(row.get(name)) is int},
        rng.choice(({"is_multiple_arch": True}, {"association_images": [{}]}, {"shared_status": "expired"})),
        {"scannable": False, "ScaStatus": "INIT"},
    )
