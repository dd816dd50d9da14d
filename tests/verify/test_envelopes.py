"""Reading statements: every form that signers write, and no text of which another reader sees another statement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gate.errors import UsageError
from gate.verify import envelopes
from gate.verify.envelopes import parse_statements, read_statements
from tests.verify.statements import FORMS, a_bundle, a_statement, an_envelope

PATH = Path("a.json")


def types(text: str) -> list[str]:
    return [stated.statement.text("predicateType") for stated in parse_statements(text, PATH)]


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_statements(text, PATH)
    return caught.value.happened


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}], ids=["a line", "lines", "compact"])
def test_a_file_is_one_document_of_each_form(form: str, layout: dict[str, Any]) -> None:
    text = json.dumps(FORMS[form](a_statement(predicateType="x")), **layout)

    (stated,) = parse_statements(f"{text}\n", PATH)

    assert stated.statement.text("predicateType") == "x"
    assert (stated.text, stated.where) == (f"{text}\n", "a.json")


def test_a_file_is_json_lines_of_any_forms_with_blank_lines_and_line_ends_of_windows() -> None:
    lines = [json.dumps(form(a_statement(predicateType=name))) for name, form in FORMS.items()]

    assert types("\r\n\n".join(["", *lines, ""])) == [*FORMS]


def test_each_line_of_json_lines_is_by_itself_what_the_tool_of_the_signer_gets() -> None:
    lines = [json.dumps(a_bundle(a_statement(predicateType=name))) for name in ("a", "b")]

    found = parse_statements(f"{lines[0]}\n\n{lines[1]}", PATH)

    assert [stated.text for stated in found] == lines
    assert [stated.where for stated in found] == ["line 1 of a.json", "line 3 of a.json"]


def test_a_character_that_ends_lines_elsewhere_is_a_part_of_a_text() -> None:
    line = json.dumps(a_statement(predicateType="a\u2028b"), ensure_ascii=False)

    assert types(f"{line}\n{line}") == ["a\u2028b"] * 2


def test_unknown_names_are_tolerated() -> None:
    statement = a_statement(predicateType="x", more=[{"a": 1}])

    assert types(json.dumps(a_bundle(statement, more=1))) == ["x"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        (" \n\n", "Expecting value"),
        ("[]", "it is not an object"),
        ("null", "it is not an object"),
        ("{}", "it has none of _type, payload, dsseEnvelope"),
        ('{"_type": "x"} {"_type": "x"}', "Extra data"),
        ('{"_type": "x"}\n[]', "line 2 of a.json is damaged"),
        ('{"_type": "x"}\n{"_type": ', "line 2 of a.json is damaged"),
        ('{"_type": "x", "a": NaN}', "NaN is no number"),
        ('{"_type": "x", "a": ' + "9" * 5000 + "}", "is damaged"),
        ('{"_type": "x", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "is damaged"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_whole_file(text: str, why: str) -> None:
    assert why in refused(text)


@pytest.mark.parametrize(
    "name", ["_type", "_TYPE", "subject", "Subject", "predicateType", "PREDICATETYPE", "\u017fubject"]
)
def test_a_name_that_is_there_twice_in_any_capitals_is_refused(name: str) -> None:
    """Go's reader would take the last one, also by the long s, which it folds to an s."""
    statement = json.dumps(a_statement())
    twice = f"{statement[:-1]}, {json.dumps(name, ensure_ascii=False)}: null}}"

    assert "twice" in refused(twice)
    assert "twice" in refused(json.dumps(an_envelope(twice.encode())))
    assert "twice" in refused(f"{statement}\n{twice}")


@pytest.mark.parametrize(
    "document",
    [
        {**a_statement(), **an_envelope(a_statement())},
        {**a_statement(), **a_bundle(a_statement())},
        {**an_envelope(a_statement()), **a_bundle(a_statement())},
        a_bundle(a_statement(), dsse_envelope=an_envelope(a_statement())),
        a_bundle(a_statement(), messageSignature={}),
        a_bundle(a_statement(), message_signature={}),
    ],
)
def test_a_document_of_two_forms_is_refused(document: object) -> None:
    """The signer's tool would check the one, and the other one would count here."""
    assert "at once" in refused(json.dumps(document)) or "beside its envelope" in refused(json.dumps(document))


@pytest.mark.parametrize(
    ("envelope", "why"),
    [
        (an_envelope(a_statement(), payloadType="application/json"), "its payload is of the type 'application/json'"),
        (an_envelope(a_statement(), signatures=[]), "its envelope has no signature"),
        (an_envelope(a_statement(), signatures={}), "'signatures' of it has the wrong type"),
        (an_envelope(a_statement(), payload=5), "'payload' of it has the wrong type"),
        (an_envelope(a_statement(), payload="e30 ="), "is damaged"),
        (an_envelope(a_statement(), payload="eyJhIjoxfQ==="), "is damaged"),
        (an_envelope(a_statement(), payload="eyIiOjF9="), "is damaged"),
        (an_envelope(a_statement(), payload="e31="), "its payload is not in base64 as it is written"),
        (an_envelope(a_statement(), payload="e30\n"), "is damaged"),
        (an_envelope(a_statement(), payload="e30"), "is damaged"),
        (an_envelope(a_statement(), payload="_-8="), "is damaged"),
        (an_envelope(a_statement(), payload="é30="), "is damaged"),
        (an_envelope(b"\xff"), "is damaged"),
        (an_envelope(b"[]"), "its payload is not an object"),
        (an_envelope({}), "its payload is not a statement"),
        (an_envelope(an_envelope(a_statement())), "its payload is not a statement"),
    ],
)
def test_a_damaged_envelope_is_refused(envelope: dict[str, Any], why: str) -> None:
    assert why in refused(json.dumps(envelope))
    assert "damaged" in refused(json.dumps(a_bundle(0, dsseEnvelope=envelope)))


@pytest.mark.parametrize("missing", ["payloadType", "signatures"])
def test_an_envelope_without_one_of_its_parts_is_refused(missing: str) -> None:
    envelope = an_envelope(a_statement())
    del envelope[missing]

    assert f"has no '{missing}'" in refused(json.dumps(envelope))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").write_text("x" * 11)
    (tmp_path / "latin").write_bytes(b"\xe9")
    monkeypatch.setattr(envelopes, "MAX_SIZE", 10)

    reasons = {"nothing": "No such file", "large": "larger than 10 bytes", "latin": "utf-8", ".": "a folder, a pipe"}
    for name, why in reasons.items():
        with pytest.raises(UsageError) as caught:
            read_statements(tmp_path / name)
        assert "cannot be read" in caught.value.happened
        assert why in caught.value.happened


def test_a_file_may_start_with_the_mark_that_windows_puts_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(a_statement()).encode())

    assert len(read_statements(path)) == 1
