"""JSON in chunks: to the byte what the standard library makes of the whole document."""

from __future__ import annotations

import json

import pytest

from gate.reports.json_text import (
    RowLayout,
    encoded_list,
    encoded_objects,
    encoded_texts,
    list_chunks,
    object_chunks,
)
from gate.text import as_json
from tests.hostile import HOSTILE
from tests.reports.endings import ENDINGS, FIELDS, an_ending
from tests.reports.reading import rendered

LAYOUT = RowLayout({"name": "%(name)s", "deep": [{"number": "%(number)s"}], "fixed": True}, depth=2)


def row(name: str, number: int) -> dict[str, object]:
    return {"name": name, "deep": [{"number": number}], "fixed": True}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_row_may_have_lists_of_rows_of_texts_and_of_objects(count: int) -> None:
    layout = RowLayout({"rows": "%(rows)s", "texts": "%(texts)s", "objects": "%(objects)s"}, depth=2)
    inner = RowLayout({"number": "%(number)s"}, depth=4)
    texts = [f"镜 {number}" for number in range(count)]
    objects = [{"number": number, "deep": {"texts": texts}} for number in range(count)]

    row = layout.fill(
        rows=encoded_list((inner.fill(number=number) for number in range(count)), depth=3),
        texts=encoded_texts(texts, depth=3),
        objects=encoded_objects(objects, depth=3),
    )

    expected = {"rows": [{"number": number} for number in range(count)], "texts": texts, "objects": objects}
    assert "".join(object_chunks({"list": []}, {"list": [row]})) == as_json({"list": [expected]})


def test_of_two_empty_lists_of_one_name_the_first_is_filled() -> None:
    found = "".join(object_chunks({"rows": [], "inner": {"rows": []}}, {"rows": [LAYOUT.fill(name="x", number=1)]}))

    assert found == as_json({"rows": [row("x", 1)], "inner": {"rows": []}})


@pytest.mark.parametrize("report", ["json", "sarif", "code-quality"])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_report_is_laid_out_like_a_document_that_is_rendered_at_once(report: str, ending: str, text: str) -> None:
    found = rendered(report, an_ending(ending, dict.fromkeys(FIELDS, text)))

    assert found == as_json(json.loads(found))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_object_is_filled_with_rows(count: int) -> None:
    rows = (LAYOUT.fill(name="x", number=number) for number in range(count))

    found = "".join(object_chunks({"a": 1, "rows": [], "z": {}}, {"rows": rows}))

    assert found == as_json({"a": 1, "rows": [row("x", number) for number in range(count)], "z": {}})


@pytest.mark.parametrize("counts", [(0, 0), (0, 2), (2, 0), (1, 3)])
def test_an_object_is_filled_with_the_rows_of_several_lists(counts: tuple[int, int]) -> None:
    lists = {
        name: [LAYOUT.fill(name=name, number=number) for number in range(count)]
        for name, count in zip(("more_rows", "rows"), counts, strict=True)
    }

    found = "".join(object_chunks({"more_rows": [], "a": 1, "rows": [], "last": []}, lists))

    more_rows, rows = (
        [row(name, number) for number in range(count)] for name, count in zip(lists, counts, strict=True)
    )
    assert found == as_json({"more_rows": more_rows, "a": 1, "rows": rows, "last": []})


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_consists_of_rows(count: int) -> None:
    layout = RowLayout({"number": "%(number)s"}, depth=1)

    found = "".join(list_chunks(layout.fill(number=number) for number in range(count)))

    assert found == as_json([{"number": number} for number in range(count)])


@pytest.mark.parametrize("text", ['"rows": []', "rows", 'rows": []', "%(name)s", "100 %", "##[error]"])
def test_no_text_is_taken_for_the_list_or_for_a_placeholder(text: str) -> None:
    rows = {"rows": [LAYOUT.fill(name=text, number=7)]}
    chunks = object_chunks({"first": text, f"{text} ": 2, "rows": []}, rows)

    assert "".join(chunks) == as_json({"first": text, f"{text} ": 2, "rows": [row(text, 7)]})
