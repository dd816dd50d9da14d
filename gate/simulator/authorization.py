"""Parses an Authorization header into key, signed headers and signature."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorization:
    """The three parts of an Authorization header."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def read(cls, text: str, form: re.Pattern[str]) -> "Authorization | None":
        """The parts by the group names of a cloud's published form; None if the header is not of that form."""
        if not (found := form.fullmatch(text)):
            return None
        names = tuple(found["signed"].split(";"))
        return cls(access_key_id=found["access"], signed_headers=names, signature=found["signature"])
