"""The options of `verify`; they are of the command line alone, since a value for `check` must not loosen them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.images.reference import image_reference
from gate.settings import Option, duration
from gate.verify.signature import signature_command

if TYPE_CHECKING:
    from gate.image import ImageRef


def image_with_digest(text: str) -> ImageRef:
    """Parses a reference with a digest: a tag may stand for another image by now."""
    image = image_reference(text)
    if not image.digest:
        raise ValueError(f"{text!r} has no digest, and a statement is about digests; add @sha256:…")
    return image


def digest_of_policy(text: str) -> str:
    """Parses the digest of a policy, as `scan-gate policy` prints it."""
    if not re.fullmatch("sha256:[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is not the digest of a policy, sha256: and 64 hexadecimal digits in lower case")
    return text


ANY_POLICY = Option(
    name="any-policy",
    help="count the verdict of any policy, as loose as the signer of the statement likes",
    is_flag=True,
)
VERIFY_OPTIONS = (
    Option(
        name="image",
        help="this image must have passed; the digest alone counts; required, repeatable",
        parse=image_with_digest,
        metavar="REFERENCE@DIGEST",
        is_repeatable=True,
    ),
    Option(
        name="policy-digest",
        help="count only the verdict of the policy with this digest, which `scan-gate policy` prints",
        parse=digest_of_policy,
        metavar="DIGEST",
    ),
    ANY_POLICY,
    Option(
        name="max-age",
        help="ignore verdicts that were reached longer ago than this",
        parse=duration,
        metavar="DURATION",
        default="24h",
    ),
    Option(
        name="verify-with",
        help="have signatures checked by this command, which is run for each image without a shell and must exit with "
        "0; {statement} becomes the path of the statement that counts, {image} and {digest} the image",
        parse=signature_command,
        metavar="COMMAND",
    ),
)
