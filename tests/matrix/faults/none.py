"""The absence of a fault, for control runs."""

from __future__ import annotations

from tests.matrix.fault import Fault

NO_FAULT = Fault(name="no-fault", inject=str)
