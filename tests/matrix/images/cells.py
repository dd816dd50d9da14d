"""Collects all cells of image mode's matrix."""

from __future__ import annotations

from typing import Final

from tests.matrix.images.alibaba import ALIBABA_IMAGES
from tests.matrix.images.general import FULL, GENERAL
from tests.matrix.images.huawei import HUAWEI_IMAGES
from tests.matrix.images.huawei_instance import HUAWEI_INSTANCE

_USUAL_ONES = (*GENERAL, *HUAWEI_IMAGES, *HUAWEI_INSTANCE, *ALIBABA_IMAGES)
_ALL = {str(cell): cell for cell in (*_USUAL_ONES, *FULL)}
CELLS: Final = tuple(cell for cell in _USUAL_ONES if not cell.is_extra)
"""The cells of every run of the tests."""
_USUAL = frozenset(map(str, CELLS))
MORE_CELLS: Final = tuple(cell for name, cell in _ALL.items() if name not in _USUAL)
"""Those that the usual run leaves out: what they differ in is treated alike, whatever the operation or the field."""
