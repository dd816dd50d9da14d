"""Collects all cells of the matrix."""

from __future__ import annotations

from typing import Final

from tests.matrix.expected.alibaba_fields import ALIBABA_FIELDS
from tests.matrix.expected.api_errors import API_ERRORS
from tests.matrix.expected.huawei_fields import HUAWEI_FIELDS
from tests.matrix.expected.options import OPTIONS
from tests.matrix.expected.tasks import TASKS
from tests.matrix.expected.transport import TRANSPORT

CELLS: Final = (*TRANSPORT, *API_ERRORS, *TASKS, *HUAWEI_FIELDS, *ALIBABA_FIELDS, *OPTIONS)
