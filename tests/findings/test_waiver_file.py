"""Waiver files: what they may contain, and the words about each mistake."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import UsageError
from gate.finding import Waiver
from gate.findings.waiver_file import JUSTIFICATIONS, read_waivers

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 1, 31)
COMPLETE = '[[waiver]]\nid = "CVE-2026-1"\nimages = ["team/*"]\nreason = "not reachable"\nuntil = 2026-03-01\n'
EXAMPLE = 'It has tables such as [[waiver]] with id = "CVE-2026-1234", images = ["team/web"], reason and until.'


def written(folder: Path, text: str, name: str = "waivers.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(*paths: Path) -> tuple[Waiver, ...]:
    return read_waivers(paths, day=TODAY, max_days=90, source="--waivers")


def mistake(*paths: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read(*paths)
    return str(caught.value)


def test_a_waiver_has_what_its_table_says(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        COMPLETE + 'package = "openssl"\nowner = "security team"\njustification = "inline_mitigations_already_exist"\n',
    )

    assert read(path) == (
        Waiver(
            id="CVE-2026-1",
            images=("team/*",),
            package="openssl",
            reason="not reachable",
            owner="security team",
            until=date(2026, 3, 1),
            justification="inline_mitigations_already_exist",
            source=f"{path}, waiver 1",
        ),
    )


@pytest.mark.parametrize(
    "justification",
    [
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    ],
)
def test_a_justification_is_one_of_the_five_words_of_openvex(justification: str, tmp_path: Path) -> None:
    (waiver,) = read(written(tmp_path, f'{COMPLETE}justification = "{justification}"\n'))

    assert waiver.justification == justification


def test_what_is_not_required_is_empty_and_the_day_may_be_a_text(tmp_path: Path) -> None:
    path = written(tmp_path, COMPLETE.replace("2026-03-01", '"2026-03-01"').replace('"team/*"', ""))
    (waiver,) = read(path)

    assert (waiver.package, waiver.owner, waiver.justification, waiver.images) == ("", "", "", ())
    assert waiver.until == date(2026, 3, 1)


def test_a_file_without_waivers_has_none(tmp_path: Path) -> None:
    assert read(written(tmp_path, "# nothing is accepted\n")) == ()


def test_the_last_day_may_be_ninety_days_ahead_and_no_more(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, COMPLETE.replace("2026-03-01", "2026-05-01")))) == 1
    path = written(tmp_path, COMPLETE.replace("2026-03-01", "2026-05-02"))

    assert mistake(path) == (
        f"The waivers in {path} are not valid: waiver 1 (CVE-2026-1) lasts until 2026-05-02, and at most 90 days are "
        f"allowed, so until 2026-05-01. {EXAMPLE} Correct the file."
    )


def test_an_expired_waiver_is_read_so_that_it_can_be_named(tmp_path: Path) -> None:
    (waiver,) = read(written(tmp_path, COMPLETE.replace("2026-03-01", "2025-01-01")))

    assert waiver.until == date(2025, 1, 1)


MISTAKES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda text: text.replace("reason", "raeson"), "waiver 1 has the unknown key 'raeson'; did you mean 'reason'"),
    (lambda text: text + "x = 1\n", "waiver 1 has the unknown key 'x'; known are id, images, package, reason"),
    (lambda text: "locals = true\n" + text, "it has the unknown key 'locals'; did you mean 'local'"),
    (lambda text: "local = 1\n" + text, "local is not true or false"),
    (lambda text: text.replace("until = 2026-03-01", ""), "waiver 1 has no until. "),
    (lambda text: text.replace('reason = "not reachable"', ""), "waiver 1 has no reason. "),
    (lambda text: text.replace('images = ["team/*"]', ""), """waiver 1 has no images (["*"] for all)"""),
    (lambda text: text.replace('id = "CVE-2026-1"', ""), "waiver 1 has no id. "),
    (lambda text: text.replace("not reachable", " "), "reason of waiver 1 is not a text, or is empty"),
    (lambda text: text.replace('"CVE-2026-1"', "1"), "id of waiver 1 is not a text, or is empty"),
    (lambda text: text.replace('["team/*"]', '"team/*"'), "images of waiver 1 is not a list of repositories"),
    (lambda text: text.replace('["team/*"]', '[""]'), "images of waiver 1 is not a list of repositories"),
    (lambda text: text.replace('["team/*"]', "[1]"), "images of waiver 1 is not a list of repositories"),
    (lambda text: text.replace("2026-03-01", "2026-03-01T00:00:00Z"), "until of waiver 1 is not a day such as"),
    (lambda text: text.replace("2026-03-01", '"soon"'), "until of waiver 1 is not a day such as 2026-01-31"),
    (lambda text: text.replace("2026-03-01", "20260301"), "until of waiver 1 is not a day such as 2026-01-31"),
    (
        lambda text: text + 'justification = "fine"\n',
        f"the justification of waiver 1 is not one of {', '.join(JUSTIFICATIONS)}. ",
    ),
    (lambda text: text.replace("[[waiver]]", "[waiver]"), "waiver is not a list of tables; each starts with [["),
    (lambda _: "waiver = [1]\n", "waiver is not a list of tables"),
    (lambda text: text + "=", "it has a syntax error: "),
    (lambda _: "x = " + "[" * 5000, "it has a value that cannot be read: "),
]


@pytest.mark.parametrize(("change", "what"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_a_mistake_is_an_error_that_names_the_file_and_the_waiver(
    change: Callable[[str], str], what: str, tmp_path: Path
) -> None:
    path = written(tmp_path, change(COMPLETE))

    assert mistake(path).startswith(f"The waivers in {path} are not valid: {what}")


def test_the_second_waiver_of_a_file_is_named_by_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, COMPLETE + COMPLETE.replace("reason", "because").replace("-1", "-2"))

    assert "waiver 2 has the unknown key 'because'" in mistake(path)


def test_a_waiver_that_is_there_twice_is_named_with_both_places(tmp_path: Path) -> None:
    first, second = written(tmp_path, COMPLETE, "a.toml"), written(tmp_path, COMPLETE, "b.toml")

    assert mistake(first, second) == (
        f"The waiver for CVE-2026-1 is there twice: {first}, waiver 1 and {second}, waiver 1. They are for the same "
        "images and package, and only one of them would ever be looked at. Remove one of them."
    )


def test_waivers_of_one_finding_for_other_images_or_packages_are_no_duplicates(tmp_path: Path) -> None:
    others = COMPLETE.replace("team/*", "shop/*") + COMPLETE.replace("[[waiver]]", '[[waiver]]\npackage = "curl"')

    assert len(read(written(tmp_path, COMPLETE + others))) == 3


# Several files.


def test_the_waivers_of_a_central_file_come_before_local_ones(tmp_path: Path) -> None:
    central = written(tmp_path, "local = true\n" + COMPLETE, "central.toml")
    local = written(tmp_path, COMPLETE.replace("CVE-2026-1", "CVE-2026-2"), "local.toml")

    assert [waiver.id for waiver in read(central, local)] == ["CVE-2026-1", "CVE-2026-2"]


def test_a_central_file_can_forbid_local_ones(tmp_path: Path) -> None:
    central = written(tmp_path, "local = false\n" + COMPLETE, "central.toml")
    local = written(tmp_path, COMPLETE.replace("CVE-2026-1", "CVE-2026-2"), "local.toml")

    assert len(read(central)) == 1
    assert mistake(central, local) == (
        f"The file {central} forbids local waivers (local = false), but {local} is given too. Only the waivers of the "
        f"central file count. Remove {local} from --waivers, and have its waivers added to the central file."
    )


def test_only_the_first_file_can_forbid_others(tmp_path: Path) -> None:
    first = written(tmp_path, COMPLETE, "a.toml")
    second = written(tmp_path, "local = false\n", "b.toml")

    assert mistake(first, second) == (
        f"The waivers in {second} are not valid: local = false is only for the first file, and this is number 2. "
        f"{EXAMPLE} Correct the file."
    )


# Files that cannot be read.


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "missing.toml"

    assert mistake(path) == (
        f"The file {path} does not exist. The findings that it accepts are not known. "
        "Correct --waivers, or add the file to the checkout."
    )


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_bytes(b"\xff")

    assert mistake(path) == (
        f"The file {path} is not text in UTF-8: invalid start byte at byte 0. "
        "The findings that it accepts are not known. Save it as UTF-8."
    )


def test_a_pipe_or_a_folder_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "cannot be read: it is a folder, a pipe or a device" in mistake(tmp_path / "pipe")
    assert f"The file {tmp_path} cannot be read: " in mistake(tmp_path)


def test_a_file_that_the_system_refuses_is_an_error_in_its_words(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.symlink_to(path)

    assert f"The file {path} cannot be read: Too many levels of symbolic links. " in mistake(path)


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    assert "it is larger than 1000000 bytes" in mistake(written(tmp_path, "#" * 1_000_001))


def test_the_example_in_the_documentation_is_valid(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    example = text.partition("<!-- example -->\n```toml\n")[2].partition("```")[0]
    (waiver,) = read(written(tmp_path, example))

    assert (waiver.id, waiver.package) == ("CVE-2026-1234", "openssl")
