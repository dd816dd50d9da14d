"""Expected exit codes of faults in connections, proxies and responses."""

from __future__ import annotations

from itertools import chain
from typing import Final

from tests.matrix.cell import POINTS_WITH_RETRY, POINTS_WITHOUT_RETRY, row, rows, transient
from tests.matrix.faults import connection, responses

TRANSPORT: Final = (
    *chain(*map(transient, responses.STALLS)),
    *chain(*map(transient, responses.TRANSIENT)),
    *rows(responses.PERMANENT, 4, at=POINTS_WITHOUT_RETRY),
    *chain(*map(transient, connection.TRANSIENT_PROXY_FAULTS)),
    *rows(connection.PERMANENT_PROXY_FAULTS, 4, at=POINTS_WITH_RETRY),
    # Once the same key was accepted, a proxy must have sent it in place of the cloud.
    *chain(*map(transient, responses.AUTH_STATUSES)),
    *rows(responses.HARMLESS, 0, at=POINTS_WITHOUT_RETRY),
    *row(responses.GZIP_BOMB, 4, at=POINTS_WITHOUT_RETRY),
    *row(responses.BODY_OVER_THE_LIMIT, 4, at=POINTS_WITHOUT_RETRY),
)
