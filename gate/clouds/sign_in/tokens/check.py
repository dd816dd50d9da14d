"""The checks of an OIDC token before it is sent anywhere: whether it looks like one, and what it looks like instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.clouds.secret_file import mistaken_for_its_file
from gate.clouds.sign_in.claims import MAX_TOKEN_LENGTH, audiences_of, claims_of, is_token
from gate.errors import NotAuthorised
from gate.text import one_line
from gate.unexpanded import mistake_in, mistake_inside

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

_FORMS = {
    re.compile("bearer .*", re.IGNORECASE | re.DOTALL): "it begins with the word Bearer, which is no part of it",
    re.compile(r"(~|\.{0,2}/|[A-Za-z]:\\)\S*"): "it looks like the path of a file that is not here",
    re.compile(r"[a-z]+://.*"): "it looks like an address",
    re.compile(
        r".*[^\w.=-].*", re.ASCII | re.DOTALL
    ): "it has spaces, line breaks or other characters that no token has",
    re.compile(".*=.*"): "it has an equals sign, and base64url has none",
    re.compile(r"[^.]*"): "it is in one part instead of three, such as a key",
    re.compile(r"[^.]+\.[^.]+\."): "its signature is missing",
    re.compile(r"[^.]*(\.[^.]*){4}"): "it has five parts instead of three, as an encrypted token has",
}
"""What a text may be that is no token, in the order in which they are tried, and how an error says it."""
_START_OF_TOKEN = "eyJ"  # noqa: S105 - {" in base64, with which every header starts


class TokenCheck:
    """Checks the tokens of one source, masks them, and says once if they are for another audience."""

    def __init__(self, connection: Connection, name: str, *, remedy: str, audience_from: str = "") -> None:
        """Keeps what the messages say.

        Args:
            connection: The settings, the event log, and the CI system that masks secrets.
            name: What gives the token, such as `the variable NAME`.
            remedy: What to do if it is no token.
            audience_from: What sets the audience, where the gate cannot; empty if the gate asks for it.
        """
        self._connection = connection
        self._name = name
        self._remedy = remedy
        self._audience_from = audience_from

    def checked(self, text: str) -> str:
        """Returns the token without the white space around it, after it was masked.

        Raises:
            NotAuthorised: It does not look like a token; the error never shows it.
        """
        token = text.strip()
        if not is_token(token):
            raise NotAuthorised(
                f"What {self._name} gives is no OIDC token: {_what_instead(token)}.",
                means="A token is a JWT: three parts in base64url, with a dot between them.",
                remedy=self._remedy,
            )
        self._connection.mask((token,))
        self._say_if_for_another_audience(token)
        return token

    def _say_if_for_another_audience(self, token: str) -> None:
        settings = self._connection.settings
        asked, audiences = settings.sign_in.oidc_audience, audiences_of(token)
        if self._audience_from and asked and audiences and asked not in audiences:
            self._connection.event_log.warned(
                f"The token from {self._name} is for the audience {claims_of(token)['aud']}, and not for "
                f"{one_line(asked)} ({settings.source_of('oidc-audience')}): {self._audience_from}."
            )
            # Once: it is the same for every token of this source.
            self._audience_from = ""


def without_tokens(text: str) -> str:
    """The same text for a message, with `***` for all that starts like a token."""
    return re.sub(_START_OF_TOKEN + r"[\w.=-]*", "***", text)


def _what_instead(text: str) -> str:
    """Says what a text looks like that is no token, without the text."""
    if not text:
        return "it is empty"
    if len(text) > MAX_TOKEN_LENGTH:
        return f"it has {len(text)} characters, and a token {MAX_TOKEN_LENGTH} at most"
    if mistake := mistake_in(text) or mistaken_for_its_file(text) or mistake_inside(text):
        return mistake
    return next((name for form, name in _FORMS.items() if form.fullmatch(text)), "it has other parts than three")
