"""HSS with rows of images, and with answers about single ones, given one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.finder import RowFinder
from gate.clouds.huawei.images.rows import as_image
from gate.event_log import EventLog
from gate.outcome import EventKind
from tests.builders import FakeTime
from tests.clouds.huawei.images.builders import a_ref, a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds.huawei.hss import Hss
    from gate.errors import Throttled
    from gate.image import ScannedImage

    Explain: TypeAlias = Callable[[Sequence[ScannedImage], RowFinder, ImageCalls, EventLog], tuple[ScannedImage, ...]]


class Lists:
    """HSS with these rows, and the answers about an image by its id."""

    def __init__(self, *rows: dict[str, Any], **answers: list[dict[str, Any] | Throttled]) -> None:
        self.rows = rows
        self.answers = answers
        self.asked: list[str] = []
        """The ids of the images that were asked about."""

    def call(self, _method: str, path: str, _query: object = (), **attributes: Any) -> dict[str, Any]:
        if path == "registries/images":
            return {"data_list": [*self.rows], "total_num": len(self.rows)}
        assert attributes == {"is_retried": False}
        self.asked.append(path.partition("/")[0])
        answer = self.answers[self.asked[-1]].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def a_named_row(name: str, number: int, level: str = "High", **fields: Any) -> dict[str, Any]:
    """The row of an image whose id is its name, with so many vulnerabilities."""
    names = {"id": int(name, 36), "image_id": name, "image_name": name}
    return a_row(**{**names, "vul_num": number, "severity_level": level, **fields})


def explained(explain: Explain, hss: Lists) -> tuple[list[ScannedImage], list[str], list[str]]:
    """The images of all rows, explained, and the notes and warnings in the log."""
    calls, log = ImageCalls(cast("Hss", hss), ()), EventLog(FakeTime().clock(), lambda _: None)
    finder = RowFinder(calls)
    refs = [a_ref(name) for name in dict.fromkeys(row["image_name"] for row in hss.rows)]
    finder.find(refs)
    images = [as_image(ref, finder.rows_of(ref).with_digest) for ref in refs]
    found = explain(images, finder, calls, log)
    texts = {kind: [event.text for event in log.events if event.kind is kind] for kind in EventKind}
    return [*found], texts[EventKind.NOTE], texts[EventKind.WARNING]
