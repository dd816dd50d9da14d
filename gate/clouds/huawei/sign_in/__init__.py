"""Signing in to Huawei Cloud: which way is used, by what is asked for and what the environment has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.huawei.options import SOURCES
from gate.clouds.sign_in.stored_keys import StoredKeys

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn


def sign_in(connection: Connection) -> SignIn:
    """Chooses the way to sign in; sends no request."""
    return StoredKeys(partial(connection.credentials, SOURCES, vendor="Huawei Cloud"))
