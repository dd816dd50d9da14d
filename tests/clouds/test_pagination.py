"""A list that changes while it is read is read again, up to three times."""

from __future__ import annotations

import pytest

from gate.clouds.pagination import read_consistently
from gate.errors import NotUnderstood


@pytest.mark.parametrize("failures", [0, 1, 2])
@pytest.mark.parametrize("rows", [[1, 2], []], ids=["rows", "empty"])
def test_a_list_is_read_up_to_three_times(failures: int, rows: list[int]) -> None:
    reads = iter([*[None] * failures, rows])

    assert read_consistently(lambda: next(reads), what="things", remedy="ask for less") == rows
    assert next(reads, "exhausted") == "exhausted"


def test_a_list_whose_pages_never_fit_together_is_not_understood() -> None:
    attempts: list[None] = []
    with pytest.raises(NotUnderstood) as caught:
        read_consistently(lambda: attempts.append(None), what="things", remedy="ask for less")

    assert len(attempts) == 3
    assert (caught.value.happened, caught.value.means, caught.value.remedy) == (
        "The list of things does not end where its total says, or changes faster than it can be read.",
        "Pages are missing or repeated, so the gate may not have seen all of the list.",
        "Run the gate again; ask for less if this error comes again.",
    )
