"""Regions, as far as all clouds treat them alike: how a message names the place where tasks are searched."""

from __future__ import annotations


def place(region: str, endpoint: str | None) -> str:
    """Names the region and the endpoint that was given in its stead, as far as there is one."""
    return ", ".join(
        part for part in (f"region {region}" if region else "", f"endpoint {endpoint}" if endpoint else "") if part
    )
