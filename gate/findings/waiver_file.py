"""Reads waiver files: TOML with a table for each finding that is accepted, by whom, why and until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gate.errors import UsageError
from gate.finding import Waiver
from gate.reading import read_text
from gate.suggestion import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MAX_SIZE = 1_000_000
"""Bytes; some thousand waivers."""
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""Those of OpenVEX 0.2.0."""
_KEYS = ("id", "images", "package", "reason", "owner", "until", "justification")
_REQUIRED = ("id", "images", "reason", "until")
_TABLE, _LOCAL = "waiver", "local"
_EXAMPLE = 'It has tables such as [[waiver]] with id = "CVE-2026-1234", images = ["team/web"], reason and until.'


def read_waivers(paths: Sequence[Path], *, day: date, max_days: int, source: str) -> tuple[Waiver, ...]:
    """Reads the waivers of these files, in their order.

    Args:
        paths: The files, a central one first.
        day: The day by which waivers are judged, in UTC.
        max_days: How many days ahead of it their last day may be.
        source: What named the files, for a message.

    Raises:
        UsageError: A file cannot be read, is not TOML, or has a mistake; a waiver is there twice; or the first file
            forbids further ones.
    """
    waivers: list[Waiver] = []
    for number, path in enumerate(paths):
        document = _parse(path, read_file(path, source))
        _check_keys(path, "it", document, (_TABLE, _LOCAL))
        allows_local = document.get(_LOCAL, True)
        if not isinstance(allows_local, bool):
            raise _mistake(path, f"{_LOCAL} is not true or false")
        if not allows_local and number:
            raise _mistake(path, f"{_LOCAL} = false is only for the first file, and this is number {number + 1}")
        waivers += _of_document(path, document, day + timedelta(days=max_days), max_days)
        if not allows_local and len(paths) > 1:
            raise UsageError(
                f"The file {path} forbids local waivers ({_LOCAL} = false), but {paths[1]} is given too.",
                means="Only the waivers of the central file count.",
                remedy=f"Remove {paths[1]} from {source}, and have its waivers added to the central file.",
            )
    _check_duplicates(waivers)
    return tuple(waivers)


def read_file(path: Path, source: str) -> str:
    """Reads a file of waivers or statements.

    Raises:
        UsageError: It cannot be read, or is too large.
    """
    try:
        return read_text(path, max_size=MAX_SIZE)
    except FileNotFoundError:
        happened, remedy = "does not exist", f"Correct {source}, or add the file to the checkout."
    except UnicodeDecodeError as error:
        happened, remedy = f"is not text in UTF-8: {error.reason} at byte {error.start}", "Save it as UTF-8."
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        happened, remedy = f"cannot be read: {why}", f"Correct {source} or the file."
    raise UsageError(f"The file {path} {happened}.", means="The findings that it accepts are not known.", remedy=remedy)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - as in the config file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _mistake(path, f"it has a syntax error: {error}") from None
    except (ValueError, RecursionError) as error:
        raise _mistake(path, f"it has a value that cannot be read: {error}") from None


def _of_document(path: Path, document: Mapping[str, Any], latest: date, max_days: int) -> Iterator[Waiver]:
    tables = document.get(_TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _mistake(path, f"{_TABLE} is not a list of tables; each starts with [[{_TABLE}]]")
    for number, table in enumerate(tables, 1):
        where = f"waiver {number}"
        _check_keys(path, where, table, _KEYS)
        if missing := [key for key in _REQUIRED if key not in table]:
            everywhere = ' (["*"] for all)' if missing[0] == "images" else ""
            raise _mistake(path, f"{where} has no {missing[0]}{everywhere}")
        texts = {key: _text(path, where, key, table[key]) for key in _KEYS if key in table and key not in _OTHER_TYPES}
        if texts.get("justification") not in {None, *JUSTIFICATIONS}:
            raise _mistake(path, f"the justification of {where} is not one of {', '.join(JUSTIFICATIONS)}")
        until = _day(path, where, table["until"])
        if until > latest:
            about = f"{where} ({texts['id']}) lasts until {until}"
            raise _mistake(path, f"{about}, and at most {max_days} days are allowed, so until {latest}")
        images = _images(path, where, table["images"])
        yield Waiver(
            id=texts["id"],
            images=images,
            package=texts.get("package", ""),
            reason=texts["reason"],
            owner=texts.get("owner", ""),
            until=until,
            justification=texts.get("justification", ""),
            source=f"{path}, {where}",
        )


_OTHER_TYPES = frozenset({"until", "images"})


def _text(path: Path, where: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _mistake(path, f"{key} of {where} is not a text, or is empty")
    return value.strip()


def _images(path: Path, where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(image, str) and image.strip() for image in value):
        raise _mistake(path, f'images of {where} is not a list of repositories such as ["team/*"]')
    return tuple(image.strip() for image in value)


def _day(path: Path, where: str, value: object) -> date:
    """A day of TOML or the text of one; a time of day would need a time zone."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _mistake(path, f"until of {where} is not a day such as 2026-01-31")
    return value


def _check_keys(path: Path, what: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            similar = closest(key, known)
            hint = f"; did you mean {similar!r}?" if similar else f"; known are {', '.join(known)}"
            raise _mistake(path, f"{what} has the unknown key {key!r}{hint}")


def _check_duplicates(waivers: Sequence[Waiver]) -> None:
    first: dict[tuple[object, ...], Waiver] = {}
    for waiver in waivers:
        other = first.setdefault((waiver.id, waiver.package, frozenset(waiver.images)), waiver)
        if other is not waiver:
            raise UsageError(
                f"The waiver for {waiver.id} is there twice: {other.source} and {waiver.source}.",
                means="They are for the same images and package, and only one of them would ever be looked at.",
                remedy="Remove one of them.",
            )


def _mistake(path: Path, what: str) -> UsageError:
    return UsageError(f"The waivers in {path} are not valid: {what}.", means=_EXAMPLE, remedy="Correct the file.")
