"""Reads OpenVEX documents of version 0.2.0: what they call not affected or fixed in images of this run is waived."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gate.errors import UsageError
from gate.finding import Waiver
from gate.findings.vex_products import identifiers, package_of, scope_of
from gate.findings.waiver_file import JUSTIFICATIONS, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gate.findings.vex_products import Scope
    from gate.image import ImageRef

_CONTEXT = re.compile(r"https://openvex\.dev/ns(?:/v0\.2\.0)?")
_ACCEPTS = ("not_affected", "fixed")
_STATUSES = (*_ACCEPTS, "affected", "under_investigation")


@dataclass(frozen=True, kw_only=True, slots=True)
class VexDocument:
    """What one of the documents of a run says of its images."""

    path: Path
    waivers: tuple[Waiver, ...]
    others: Mapping[str, int]
    """How many statements accept nothing in them, by their status or the reason."""

    @property
    def about_others(self) -> str:
        """What the log says of these statements."""
        numbers = ", ".join(f"{number} {what}" for what, number in self.others.items())
        return f"statements of the VEX document {self.path} that accept nothing here: {numbers}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Statement:
    path: Path
    number: int
    owner: str
    names: tuple[str, ...]
    status: str
    reason: str
    justification: str
    at: datetime
    """From when on it counts."""
    products: tuple[tuple[Scope | None, tuple[tuple[str, str], ...]], ...]
    """What image each can be, and the packages of it that are meant, with their versions."""


class _Malformed(ValueError):
    """Raised for what OpenVEX does not allow, with the reason."""


def read_openvex(paths: Sequence[Path], images: Sequence[ImageRef], *, source: str) -> tuple[VexDocument, ...]:
    """Reads documents, and what they say together of these images.

    A later statement about a vulnerability of an image replaces earlier ones, also those of other documents and under
    another name: one that is affected again is not waived.

    Args:
        paths: The documents.
        images: Those of this run.
        source: What named them, for a message.

    Raises:
        UsageError: One cannot be read, or is no such document.
    """
    read = [statement for path in dict.fromkeys(paths) for statement in _read(path, source)]
    # Of two of the same time, it is not certain that the one that accepts something is the later one.
    statements = sorted(read, key=lambda statement: (statement.at, statement.status not in _ACCEPTS))
    first_names = _first_names(statements)
    waivers: dict[str, list[tuple[Path, Waiver]]] = {}
    others: dict[Path, Counter[str]] = {path: Counter() for path in paths}
    for statement in statements:
        found, name = [*_waivers(statement, images)], first_names[statement.names[0]]
        if statement.status not in _ACCEPTS:
            others[statement.path][statement.status] += 1
            if found:
                waivers.pop(name, None)
        elif found:
            waivers.setdefault(name, []).extend((statement.path, waiver) for waiver in found)
        else:
            others[statement.path]["for other products" if statement.products else "without products"] += 1
    accepted = [one for each in waivers.values() for one in each]
    return tuple(
        VexDocument(path=path, waivers=tuple(waiver for of, waiver in accepted if of == path), others=others[path])
        for path in others
    )


def _read(path: Path, source: str) -> list[_Statement]:
    text = read_file(path, source)
    try:
        document = _object(json.loads(text, object_pairs_hook=_without_duplicates), "it")
        return [*_statements(document, path)]
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"The file {path} is not a document of OpenVEX 0.2.0: {what}.",
            means="What it accepts is not known.",
            remedy=f"Correct {source} or the file.",
        ) from None


def _first_names(statements: Iterable[_Statement]) -> Mapping[str, str]:
    """One name of each vulnerability, by all that any statement calls it."""
    other_name: dict[str, str] = {}

    def first(name: str) -> str:
        while name in other_name:
            name = other_name[name]
        return name

    names = [statement.names for statement in statements]
    for one, *aliases in names:
        other_name |= {found: first(one) for alias in aliases if (found := first(alias)) != first(one)}
    return {name: first(name) for of_statement in names for name in of_statement}


def _statements(document: Mapping[str, Any], path: Path) -> Iterator[_Statement]:
    if not _CONTEXT.fullmatch(_text(document, "@context", "it")):
        raise _Malformed("its @context is not https://openvex.dev/ns/v0.2.0")
    for key in ("@id", "author"):
        _text(document, key, "it")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _Malformed("its version is not a whole number from 1 on")
    statements = document.get("statements")
    if not isinstance(statements, list) or not statements:
        raise _Malformed("it has no statements")
    for number, statement in enumerate(statements, 1):
        name = f"statement {number}"
        yield _statement(_object(statement, name), number, document, path)


def _statement(statement: Mapping[str, Any], number: int, document: Mapping[str, Any], path: Path) -> _Statement:
    name, status = f"statement {number}", statement.get("status")
    if status not in _STATUSES:
        raise _Malformed(f"the status of {name} is not one of {', '.join(_STATUSES)}")
    vulnerability = _object(statement.get("vulnerability"), f"the vulnerability of {name}")
    justification, impact = statement.get("justification", ""), statement.get("impact_statement")
    if justification not in ("", *JUSTIFICATIONS):
        raise _Malformed(f"the justification of {name} is not one of {', '.join(JUSTIFICATIONS)}")
    if status == "not_affected" and not (justification or impact):
        raise _Malformed(f"{name} is not_affected and has neither a justification nor an impact_statement")
    products = _list(statement, "products", name)
    notes = impact or statement.get("status_notes")
    return _Statement(
        path=path,
        number=number,
        owner=document["author"],
        names=tuple(dict.fromkeys((_text(vulnerability, "name", name), *_aliases(vulnerability, name)))),
        status=status,
        reason=notes if isinstance(notes, str) and notes else str(justification or status).replace("_", " "),
        justification=justification,
        at=_stated_at(statement, document, name),
        products=tuple(_product(_object(one, f"a product of {name}"), name) for one in products),
    )


def _waivers(statement: _Statement, images: Sequence[ImageRef]) -> Iterator[Waiver]:
    """A waiver for each product that can be one of these images, and each of its components."""
    accepts = statement.status in _ACCEPTS
    for scope, packages in statement.products:
        if scope is None or not _is_about(scope, images, of_all=accepts):
            continue
        for name in statement.names:
            for package, version in packages if accepts else (("", ""),):
                yield Waiver(
                    id=name,
                    images=() if scope.digest else (scope.repository,),
                    digests=frozenset({scope.digest} if scope.digest else ()),
                    package=package,
                    version=version,
                    reason=statement.reason,
                    owner=statement.owner,
                    justification=statement.justification,
                    is_fixed=statement.status == "fixed",
                    source=f"{statement.path}, statement {statement.number}",
                )


def _is_about(scope: Scope, images: Sequence[ImageRef], *, of_all: bool) -> bool:
    """Whether a product can be one of these images; if `of_all`, all images of its repository have to be that product.

    A waiver is for a digest or a whole repository, and which platform an image is for is not known.
    """
    if scope.digest:
        # That of an image with a tag only is not known yet.
        return any(image.digest in {"", scope.digest} for image in images)
    names = [(f"{image.namespace}/{image.name}", image.repository) for image in images]
    tags = [image.tag for image, named in zip(images, names, strict=True) if scope.repository in named]
    fits = [scope.tag in {"", tag} for tag in tags]
    return all(fits) and bool(fits) and not scope.is_partial if of_all else any(fits)


def _product(product: Mapping[str, Any], name: str) -> tuple[Scope | None, tuple[tuple[str, str], ...]]:
    return next(filter(None, map(scope_of, identifiers(product))), None), _packages(product, name)


def _packages(product: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    """The packages of the components that a product names, or any package; none if none has a purl."""
    if "subcomponents" not in product:
        return (("", ""),)
    components = [_object(one, f"a component of {name}") for one in _list(product, "subcomponents", name)]
    named = (package_of(identifier) for component in components for identifier in identifiers(component))
    return tuple(dict.fromkeys(filter(None, named)))


def _aliases(vulnerability: Mapping[str, Any], name: str) -> Iterator[str]:
    yield from (alias for alias in _list(vulnerability, "aliases", name) if isinstance(alias, str) and alias)


def _stated_at(statement: Mapping[str, Any], document: Mapping[str, Any], name: str) -> datetime:
    """The time of a statement, else that of its document; of one that accepts nothing, that of its last change."""
    time = _time(statement if "timestamp" in statement else document, "timestamp", name)
    if statement["status"] in _ACCEPTS or "last_updated" not in statement:
        return time
    return max(time, _time(statement, "last_updated", name))


def _time(document: Mapping[str, Any], key: str, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(_text(document, key, name).upper())
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _Malformed(f"the {key} of {name} is not one of RFC 3339")
    return time


def _text(document: Mapping[str, Any], key: str, name: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise _Malformed(f"{name} has no {key}")
    return value


def _list(document: Mapping[str, Any], key: str, name: str) -> list[Any]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise _Malformed(f"{key} of {name} is not a list")
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Malformed(f"{name} is not an object")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _Malformed("an object has the same key twice")
    return document
