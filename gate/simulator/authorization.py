"""Reads the header by which a request says who signed it, and what of it is signed."""

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
        """The header's parts by their names in the published form, or nothing if it is not of that form."""
        if not (found := form.fullmatch(text)):
            return None
        names = tuple(found["signed"].split(";"))
        return cls(access_key_id=found["access"], signed_headers=names, signature=found["signature"])
