"""Runs every fuzz target on its seeds and on mutations of them, for some seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import CORPUS, PAYLOADS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

Edit = tuple[float, int, bytes]
PIECES = [
    *(
        b"null",
        b"true",
        b"-1",
        b"0",
        b"100",
        b"1.0",
        b"1e999",
        b"9" * 20,
        b"9" * 400,
        b"NaN",
        b"[]",
        b"{}",
        b'""',
        b'"',
        b",",
        b":",
        b"\\ud800",
    ),
    *(
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"\n\n",
        b"<",
        b"[" * 2000,
        b"9" * 5000,
        b"-",
        b"=",
        b"%",
        b"@",
        b"//",
    ),
    *(b'"task_status":', b'"TaskInfo":', b'"error_code":', b'"Code":', b'"TotalCount":', b'"data_list":', b"a" * 300),
]
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from([0, 0, 1, 4, 20, 10_000]), st.sampled_from(PIECES) | st.binary(max_size=4)
    ),
    max_size=5,
)
every_target = pytest.mark.parametrize("name", TARGETS)


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The seed after edits, each of which replaces some bytes at a position, given as a share of the length."""
    for position, length, piece in edits:
        at = int(position * len(data))
        data = data[:at] + piece + data[at + length :]
    return data


@every_target
def test_a_target_accepts_its_seeds_and_every_documented_payload(name: str) -> None:
    for seed in (*TARGETS[name].seeds, *PAYLOADS, b""):
        TARGETS[name].run(seed)


@every_target
@settings(deadline=None)
@given(data=st.data())
def test_a_mutated_seed_raises_only_documented_errors(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(TARGETS[name].seeds) | st.binary(max_size=40))
    TARGETS[name].run(edited(seed, data.draw(EDITS)))


def test_the_readme_names_the_source_of_every_payload() -> None:
    readme = (CORPUS / "README.md").read_text()

    assert [path.name for path in CORPUS.glob("*.json") if f"`{path.name}`" not in readme] == []
