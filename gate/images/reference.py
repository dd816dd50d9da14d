"""Parses references to images by the grammar of the distribution project, in one pass from left to right.

The grammar is in image-references.md 1. An error shows the reference, the place, and what is expected there.
"""

from __future__ import annotations

from string import ascii_letters, ascii_lowercase, digits

from gate.image import ImageRef
from gate.unexpanded import mistake_inside

_LOWER = frozenset(ascii_lowercase + digits)
_ALPHANUMERIC = frozenset(ascii_letters + digits)
_OF_HOST = _ALPHANUMERIC | {"-"}
_OF_TAG = _ALPHANUMERIC | {"_", ".", "-"}
_OF_DIGEST = frozenset(digits + "abcdef")
_OF_IPV6 = frozenset(digits + "abcdefABCDEF:")
_DIGITS = frozenset(digits)
_BETWEEN_PARTS_OF_ALGORITHM = frozenset({"+", ".", "_", "-"})
_MAX_PATH = 255
"""Characters of namespace and name together, without the registry."""
_MAX_TAG = 128
_DIGEST_LENGTH = 64
"""Hexadecimal digits of a digest by sha256."""
_MAX_SHOWN = 800
"""Characters; longer than any reference that a registry takes."""
_EXAMPLE = "team/web:1.4.2"


def image_reference(text: str) -> ImageRef:
    """Parses `[REGISTRY/]NAMESPACE/NAME[:TAG][@sha256:…]`, with a tag or a digest or both.

    Raises:
        ValueError: It is none, or has no namespace, or neither a tag nor a digest, or another digest than by sha256.
    """
    _check_as_a_whole(text)
    registry = _registry(text)
    start = len(registry) + 1 if registry else 0
    end = _end_of_path(text, start)
    tag = _tag(text, end)
    digest = _digest(text, end + len(tag) + 1 if tag else end)
    namespace, _, name = text[start:end].partition("/")
    if not name:
        where = f" after the registry {_shown(registry)}" if registry else ""
        why = f"NAMESPACE/NAME is expected, and there is only {namespace!r}{where}"
        raise _no_reference(text, f"{why}; a first part with a dot or a colon is a registry")
    if not tag and not digest:
        why = "it has neither a tag nor a digest, and `latest` is not assumed; add one"
        raise _no_reference(text, f"{why}, best the digest of what was pushed: @sha256:…")
    return ImageRef(registry=registry, namespace=namespace, name=name, tag=tag, digest=digest)


def _check_as_a_whole(text: str) -> None:
    """Raises an error for what is a reference in no part, or contains more than one."""
    if not text:
        raise ValueError("an image reference is empty; a variable in it may not be set")
    scheme, is_address, rest = text.partition("://")
    # First, since the other errors repeat the text. No digest has a slash in it, and no scheme comes before one.
    if "/" in text.partition("@")[2] or (is_address and "@" in rest.partition("/")[0]):
        raise ValueError("an image reference may not contain a user or a password before the registry")
    if mistake := mistake_inside(text):
        raise _no_reference(text, mistake)
    if is_address:
        raise _no_reference(text, f"leave out {_shown(scheme + '://')}")
    if spaces := [place for place, char in enumerate(text, 1) if char.isspace()]:
        raise _no_reference(text, f"at character {spaces[0]} is white space; give each image by itself")
    if text.startswith("sha256:") and "/" not in text:
        raise _no_reference(text, "it is a digest without a name; write NAMESPACE/NAME@ before it")


def _registry(text: str) -> str:
    """What stands before the first slash, if a dot, a colon or the word localhost makes it the host of a registry."""
    head, slash, _ = text.partition("/")
    if not slash or not (head == "localhost" or "." in head or ":" in head):
        return ""
    end = _end_of_ipv6(text) if head.startswith("[") else _end_of_domain(text)
    if text[end] == ":":
        start, end = end + 1, _end_of_run(text, end + 1, _DIGITS)
        if start == end:
            raise _unexpected(text, start, "the port of the registry")
    if end < len(head):
        raise _unexpected(text, end, "a letter, a digit, - or . in the registry, : before its port, or / after it")
    return head


def _end_of_ipv6(text: str) -> int:
    end = _end_of_run(text, 1, _OF_IPV6)
    if end == 1 or text[end] != "]":
        raise _unexpected(text, end, "a hexadecimal digit or : in an IPv6 address, or ] at its end")
    return end + 1


def _end_of_domain(text: str) -> int:
    """The end of the domain name at the start of a text that has a slash; an IPv4 address is one too."""
    start = end = 0
    while True:
        end = _end_of_run(text, start, _OF_HOST)
        if start == end or text[start] == "-":
            raise _unexpected(text, start, "a letter or a digit of the registry")
        if text[end - 1] == "-":
            raise _unexpected(text, end, "a letter or a digit after the dash")
        if text[end] != ".":
            return end
        start = end + 1


def _end_of_path(text: str, start: int) -> int:
    end = _end_of_component(text, start)
    while _at(text, end) == "/":
        end = _end_of_component(text, end + 1)
    if _at(text, end) not in {"", ":", "@"}:
        expected = "a lower-case letter, a digit, one of _ . - between two of them, / before a name"
        raise _unexpected(text, end, f"{expected}, : before a tag, or @ before a digest")
    if end - start > _MAX_PATH:
        raise _no_reference(text, f"namespace and name have {end - start} characters, and at most {_MAX_PATH}")
    return end


def _end_of_component(text: str, start: int) -> int:
    """The end of one part of the path: lower-case letters and digits, with separators between them."""
    while True:
        end = _end_of_run(text, start, _LOWER)
        if start == end:
            raise _unexpected(text, start, "a lower-case letter or a digit")
        start = _end_of_separator(text, end)
        if start == end:
            return end


def _end_of_separator(text: str, start: int) -> int:
    for separator in ("__", "_", "."):
        if text.startswith(separator, start):
            return start + len(separator)
    return _end_of_run(text, start, frozenset("-"))


def _tag(text: str, colon: int) -> str:
    if _at(text, colon) != ":":
        return ""
    start = colon + 1
    end = _end_of_run(text, start, _OF_TAG)
    if start == end or text[start] in ".-":
        raise _unexpected(text, start, "a letter, a digit or _ at the start of a tag")
    if _at(text, end) not in {"", "@"}:
        raise _unexpected(text, end, "a letter, a digit, or one of _ . - in a tag, or @ before a digest")
    if end - start > _MAX_TAG:
        raise _no_reference(text, f"the tag has {end - start} characters, and at most {_MAX_TAG}")
    return text[start:end]


def _digest(text: str, at: int) -> str:
    if _at(text, at) != "@":
        return ""
    colon = _end_of_algorithm(text, at + 1)
    algorithm = text[at + 1 : colon]
    if algorithm != "sha256":
        raise _no_reference(text, f"the digest is by {_shown(algorithm)}, and images are judged by sha256 alone")
    start = colon + 1
    end = _end_of_run(text, start, _OF_DIGEST)
    if end < len(text) and end - start < _DIGEST_LENGTH:
        raise _unexpected(text, end, "a hexadecimal digit of the digest, in lower case")
    if end < len(text):
        raise _unexpected(text, end, "the end, since nothing comes after a digest")
    if end - start != _DIGEST_LENGTH:
        raise _no_reference(text, f"the digest has {end - start} hexadecimal digits, and sha256 has {_DIGEST_LENGTH}")
    return text[at + 1 :]


def _end_of_algorithm(text: str, start: int) -> int:
    if ":" not in text[start:]:
        raise _unexpected(text, start, "sha256: and the hexadecimal digits of a digest")
    while True:
        end = _end_of_run(text, start, _ALPHANUMERIC)
        if start == end or text[start] in _DIGITS:
            raise _unexpected(text, start, "sha256: before the hexadecimal digits of a digest")
        if text[end] == ":":
            return end
        if text[end] not in _BETWEEN_PARTS_OF_ALGORITHM:
            raise _unexpected(text, end, "sha256: before the hexadecimal digits of a digest")
        start = end + 1


def _at(text: str, place: int) -> str:
    """The character there, or nothing at the end."""
    return text[place : place + 1]


def _end_of_run(text: str, start: int, chars: frozenset[str]) -> int:
    end = start
    while end < len(text) and text[end] in chars:
        end += 1
    return end


def _unexpected(text: str, place: int, expected: str) -> ValueError:
    found = _at(text, place)
    hint = "; a variable before it may not be set" if found in {"", "/", ":", "@"} else ""
    what = f"at character {place + 1} is {found!r}" if found else f"it ends at character {place}"
    return _no_reference(text, f"{what}, and expected is {expected}{hint}")


def _no_reference(text: str, why: str) -> ValueError:
    return ValueError(f"{_shown(text)} is not an image reference such as {_EXAMPLE}: {why}")


def _shown(text: str) -> str:
    return repr(text) if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]!r}…"
