"""A list that changes while it is read: read again, and then given up."""

from __future__ import annotations

import pytest

from gate.clouds.pagination import read_consistently
from gate.errors import NotUnderstood


@pytest.mark.parametrize("misses", [0, 1, 2])
@pytest.mark.parametrize("rows", [[1, 2], []], ids=["rows", "none"])
def test_a_list_is_read_up_to_three_times(misses: int, rows: list[int]) -> None:
    answers = iter([*[None] * misses, rows])

    assert read_consistently(lambda: next(answers), what="things", remedy="ask for less") == rows
    assert next(answers, "the end") == "the end"


def test_a_list_that_never_fits_is_not_understood() -> None:
    tries: list[None] = []
    with pytest.raises(NotUnderstood) as caught:
        read_consistently(lambda: tries.append(None), what="things", remedy="ask for less")

    assert len(tries) == 3
    assert (caught.value.happened, caught.value.means, caught.value.remedy) == (
        "The list of things does not end where its total says, or changes faster than it can be read.",
        "Pages are missing or repeated, so the gate may not have seen all of the list.",
        "Run the gate again; ask for less if this error comes again.",
    )
