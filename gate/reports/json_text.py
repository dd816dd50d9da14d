"""JSON in chunks, laid out as `gate.text.as_json` lays out a whole document: a list of many images is never in memory.

The standard library indents in Python and encodes in C. So the layout of a row is made once, and only its values are
encoded for each image.
"""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

from gate.text import as_json, escape_commands_in_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_encode = json.JSONEncoder().encode


class Encoded(str):
    """A value of a row that is JSON already, laid out for its depth."""

    __slots__ = ()


class RowLayout:
    """How the objects of one list are laid out."""

    def __init__(self, row: Mapping[str, Any], depth: int) -> None:
        """Makes the layout.

        Args:
            row: One object, with a placeholder `%(name)s` for each value that differs from row to row.
            depth: In how many objects and lists the row lies.
        """
        laid_out = indent(json.dumps(row, indent=1), " " * depth)
        self._format = re.sub(r'"(%\(\w+\)s)"', r"\1", laid_out)

    def fill(self, **values: str | int | None) -> str:
        """Renders the row with these values, by the names of the placeholders."""
        encoded = {name: value if isinstance(value, Encoded) else _encode(value) for name, value in values.items()}
        return escape_commands_in_json(self._format % encoded)


def object_chunks(document: Mapping[str, Any], lists: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Renders an object, in which the empty lists of these names are filled with rows; in the order of the object."""
    rest = as_json(document)
    for name, rows in lists.items():
        # In a string of the document, the quotes around the name would be escaped: this is the list and nothing else.
        head, key, rest = rest.partition(f'"{name}": []')
        yield head + key.removesuffix("[]")
        margin = " " * (len(head) - len(head.rstrip(" ")))
        yield from _list_chunks(rows, margin)
    yield rest


def list_chunks(rows: Iterable[str]) -> Iterator[str]:
    """Renders a document that is a list of rows."""
    yield from _list_chunks(rows, margin="")
    yield "\n"


def encoded_list(rows: Iterable[str], depth: int) -> Encoded:
    """Renders a list that is a value of a row in so many objects and lists, of rows that are laid out one deeper."""
    return Encoded("".join(_list_chunks(rows, margin=" " * depth)))


def encoded_texts(texts: Iterable[str], depth: int) -> Encoded:
    """Renders a list of texts that is a value of a row in so many objects and lists."""
    return encoded_list((f"{' ' * (depth + 1)}{_encode(text)}" for text in texts), depth)


def encoded_objects(objects: Iterable[Mapping[str, Any]], depth: int) -> Encoded:
    """The same for a list of objects."""
    margin = " " * (depth + 1)
    return encoded_list((indent(json.dumps(each, indent=1), margin) for each in objects), depth)


def _list_chunks(rows: Iterable[str], margin: str) -> Iterator[str]:
    before, end = "[\n", "[]"
    for row in rows:
        yield before + row
        before, end = ",\n", f"\n{margin}]"
    yield end
