"""The authentication of a request that needs none: what it is about is in its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest


class Unsigned(AuthBase):
    """Adds nothing; without any, `requests` would send a password of the user's .netrc."""

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Returns the request as it is."""
        return r
