"""The subject in the OIDC tokens of GitHub, which has two forms since July 2026 (sign-in.md 3.1)."""

from __future__ import annotations

import re

_WITH_IDS = re.compile(r"repo:([^/@:]+)@[0-9]+/([^/@:]+)@[0-9]+:(.*)", re.DOTALL)
"""That of repositories which were made, renamed or switched over since then: with the ids of owner and repository."""
_WITHOUT_IDS = re.compile(r"repo:([^/@:]+)/([^/@:]+):(.*)", re.DOTALL)


def other_form_of_subject(subject: str) -> str:
    """The subject of the same job in GitHub's other form; empty for the subject of another CI system."""
    if found := _WITH_IDS.fullmatch(subject):
        return f"repo:{found[1]}/{found[2]}:{found[3]}"
    if found := _WITHOUT_IDS.fullmatch(subject):
        return f"repo:{found[1]}@<id>/{found[2]}@<id>:{found[3]}"
    return ""
