"""The words of a scan, as people read them."""

from __future__ import annotations

import pytest

from gate.scan import ImageRef


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (
            ImageRef(registry="r", namespace="shop", name="cart", tag="v1", digest="sha256:1f"),
            "r/shop/cart:v1@sha256:1f",
        ),
        (ImageRef(namespace="shop", name="cart", tag="v1"), "shop/cart:v1"),
        (ImageRef(name="cart", digest="sha256:1f"), "cart@sha256:1f"),
        (ImageRef(name="cart"), "cart"),
        (ImageRef(), ""),
    ],
)
def test_an_image_is_written_as_one_would_pull_it_as_far_as_it_is_named(image: ImageRef, said: str) -> None:
    assert str(image) == said
