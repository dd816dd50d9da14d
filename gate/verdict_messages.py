"""The words of a verdict's reasons: what was found, how many of how many, which option sets the limit, what to do."""

from __future__ import annotations


def too_many_failed(failed: int, total: int, limit: int, *, stated: int) -> str:
    """The reason of a block by images without a result; `stated` is the cloud's own count of them."""
    note = "" if failed == stated else f" (the cloud states {stated})"
    return (
        f"{failed} of {total} images could not be scanned{note}; --max-failed allows {limit}. "
        "Fix what the cloud names as the cause and scan again, or raise --max-failed."
    )


def too_many_risky(risky: int, total: int, limit: int) -> str:
    """The reason of a block by images with risks."""
    are = "is" if risky == 1 else "are"
    return (
        f"{risky} of {total} images {are} risky; --max-risky allows {limit}. "
        "Fix the images named in the cloud's console and scan again, or raise --max-risky."
    )
