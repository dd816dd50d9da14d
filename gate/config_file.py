"""The config file: TOML with the options' names as keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.errors import UsageError
from gate.options import OPTIONS, SECRETS
from gate.reading import read_text
from gate.suggestion import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.settings import Option

USUAL_FILE = Path(".scan-gate.toml")
"""The usual name; the file is read only if `--config` names it, since an earlier job or a checkout may have left it."""
_MAX_SIZE = 100_000
"""Bytes; all options together take some 2,000."""
_REPEATABLE = {option.name: option for option in OPTIONS if option.is_repeatable}
_FLAGS = {option.name for option in OPTIONS if option.is_flag}


def config_values(path: Path, names: Iterable[str], *, source: str = "--config") -> dict[str, Any]:
    """Reads the options of a config file, by name.

    Args:
        path: The file.
        names: The options that it may have.
        source: What named the file, for a message.

    Raises:
        UsageError: It cannot be read, is not TOML, or has a key that is not an option.
    """
    values = _parse(path, _read(path, source))
    for key, value in values.items():
        _check_key(path, key, tuple(names))
        _check_type(path, key, value)
    return {key: _texts(_REPEATABLE[key], value) if key in _REPEATABLE else value for key, value in values.items()}


def describe_key(path: Path, key: str) -> str:
    """Names a key of a config file as the source of a value."""
    return f"the key {key!r} of {path}"


def _texts(option: Option, value: str | list[str]) -> list[str]:
    """The values of a repeatable option: those of a list, or one per line of a text."""
    texts = [line for line in value.splitlines() if line.strip()] if isinstance(value, str) else value
    # Without any value a run may be looser, which is said by a word and not by nothing.
    return texts or ([""] if option.unset else [])


def _read(path: Path, source: str) -> str:
    try:
        return read_text(path, max_size=_MAX_SIZE)
    except FileNotFoundError:
        raise UsageError(
            f"The file {path} does not exist.", remedy=f"Correct {source}, or add the file to the checkout."
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The file {path} is not text in UTF-8: {error.reason} at byte {error.start}.",
            remedy="Save it as UTF-8.",
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The file {path} cannot be read: {why}.", remedy=f"Correct {source} or the file.") from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - most runs have no config file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"The file {path} has a syntax error: {error}.",
            means='It must be TOML, such as max-age = "48h".',
            remedy="Correct the file.",
        ) from None
    except (ValueError, RecursionError) as error:
        # Python itself limits how deep a value may be nested, and which numbers and dates there are.
        raise UsageError(f"The file {path} has a value that cannot be read: {error}.", remedy="Correct it.") from None


def _check_key(path: Path, key: str, names: tuple[str, ...]) -> None:
    if key in names:
        return
    if key.lower().replace("_", "-").removeprefix("scan-gate-") in SECRETS:
        raise UsageError(
            f"The file {path} has the key {key!r}, which is a secret.",
            means="A config file is in the checkout, where everybody can read it.",
            remedy="Revoke this secret, and pass a new one in the environment.",
        )
    similar = closest(key, names)
    raise UsageError(
        f"The file {path} has the unknown key {key!r}" + (f"; did you mean {similar!r}?" if similar else "."),
        means="Its keys are the names of options.",
        remedy="Correct the key or remove it.",
    )


def _check_type(path: Path, key: str, value: object) -> None:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise UsageError(
                f"Invalid value for {describe_key(path, key)}: {value!r} is not true or false.",
                means="A flag is one of these words, without quotes.",
                remedy="Correct the value.",
            )
        return
    texts = value if isinstance(value, list) else [value]
    types = (str,) if key in _REPEATABLE else (str, int, float, date)
    is_list = isinstance(value, list) and key not in _REPEATABLE
    if is_list or not all(isinstance(text, types) and not isinstance(text, bool) for text in texts):
        raise UsageError(
            f"Invalid value for {describe_key(path, key)}: it has the wrong type.",
            means="A repeatable option is a text or a list of texts, a flag is true or false, any other a text or "
            "a number.",
            remedy="Correct the value.",
        )
