"""Strict access to an object of JSON: what is missing or of another type is an error, and never a default."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")


class JsonObject:
    """An object whose values have to be there and of the type that is asked for.

    Every method raises LookupError for a value that is missing, TypeError for one of another type, and ValueError for
    one that cannot be, each with a message that names the value.
    """

    def __init__(self, document: object, name: str) -> None:
        if not isinstance(document, dict):
            raise TypeError(f"{name} is not an object")
        self._document: dict[str, Any] = document
        self._name = name

    def has(self, key: str) -> bool:
        """Whether there is a value, for one that may be missing."""
        return key in self._document

    def value(self, key: str) -> Any:
        """Any value."""
        if key not in self._document:
            raise LookupError(f"{self._name} has no {key!r}")
        return self._document[key]

    def _of_type(self, key: str, *types: type) -> Any:
        value = self.value(key)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise TypeError(f"{key!r} of {self._name} has the wrong type")
        return value

    def text(self, key: str) -> str:
        """A text."""
        return str(self._of_type(key, str))

    def text_or_null(self, key: str) -> str | None:
        """A text, or None."""
        return self._or_null(key, self.text)

    def number(self, key: str) -> int:
        """A whole number, 0 or more."""
        number = int(self._of_type(key, int))
        if number < 0:
            raise ValueError(f"{key!r} of {self._name} is negative")
        return number

    def number_or_null(self, key: str) -> int | None:
        """The same, or None."""
        return self._or_null(key, self.number)

    def seconds(self, key: str) -> float:
        """A number, whole or not."""
        return float(self._of_type(key, int, float))

    def flag(self, key: str) -> bool:
        """True or false."""
        return bool(self._of_type(key, bool))

    def flag_or_null(self, key: str) -> bool | None:
        """True, false or None."""
        return self._or_null(key, self.flag)

    def time_or_null(self, key: str) -> datetime | None:
        """A time with its zone, or None."""
        return self._or_null(key, lambda key: parse_time(self.text(key)))

    def day_or_null(self, key: str) -> date | None:
        """A day, or None."""
        return self._or_null(key, lambda key: date.fromisoformat(self.text(key)))

    def object(self, key: str) -> JsonObject:
        """An object."""
        return JsonObject(self.value(key), f"{key!r} of {self._name}")

    def objects(self, key: str) -> list[JsonObject]:
        """A list of objects."""
        name = f"an entry of {key!r} of {self._name}"
        return [JsonObject(value, name) for value in self._of_type(key, list)]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        texts = self._of_type(key, list)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError(f"{key!r} of {self._name} has something else than text")
        return tuple(texts)

    def numbers(self, key: str, names: Iterable[str]) -> dict[str, int]:
        """The numbers of an object that has exactly these names, without those that are null."""
        numbers = self.object(key)
        return {name: number for name in names if (number := numbers.number_or_null(name)) is not None}

    def names(self, key: str) -> list[str]:
        """The names in an object."""
        return [*self._of_type(key, dict)]

    def _or_null(self, key: str, read: Callable[[str], _T]) -> _T | None:
        return None if self.value(key) is None else read(key)


def parse_time(text: str) -> datetime:
    """Parses a time in RFC 3339, which must have a zone."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text!r} has no time zone")
    return time
