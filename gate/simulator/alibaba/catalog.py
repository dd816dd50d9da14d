"""Names the pushed images as Alibaba Cloud does: instances, repositories, rows and digests (alibaba-images.md 2, 4.1).

An image whose registry has no host is in the only instance of the account that has no name of its own. Those of the
personal edition and of other clouds are in no instance: neither product shows them.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gate.simulator.alibaba.identity import REGION
from gate.simulator.cloud import CloudState
from gate.simulator.image import PushedImage
from gate.simulator.listing import ListedImage
from gate.simulator.unverified import Unverified

DEFAULT_NAME: Final = "simulated"
ENTERPRISE: Final = re.compile(r"(?P<name>[a-z0-9-]+)-registry(-vpc)?\.(?P<region>[a-z0-9-]+)\.cr\.aliyuncs\.com")
ELSEWHERE: Final = re.compile(r"registry(-vpc|-internal)?\.[a-z0-9-]+\.aliyuncs\.com|.*\.myhuaweicloud\.com")
ALGORITHM: Final = "sha256:"
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """An instance of the Enterprise Edition of Container Registry."""

    name: str
    region: str

    @property
    def id(self) -> str:
        """Its id in Container Registry."""
        return (
            "cri-simulated" if self.name == DEFAULT_NAME else f"cri-{_hexadecimal(f'{self.name}/{self.region}')[:16]}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ids:
    """Which repository an image is in."""

    instance_id: str
    repo_id: str


DEFAULT: Final = Instance(name=DEFAULT_NAME, region=REGION)


def instance(image: PushedImage) -> Instance | None:
    """The instance that an image is in; None if it is in none."""
    if found := ENTERPRISE.fullmatch(image.registry):
        return Instance(name=found["name"], region=found["region"])
    return None if ELSEWHERE.fullmatch(image.registry) else DEFAULT


def registry_type(image: PushedImage) -> str:
    """The type of the registry, in the word of Security Center."""
    return "harbor" if image.kind == "harbor" else "acr"


def is_in_registry(image: PushedImage) -> bool:
    """Whether Container Registry has the image."""
    return registry_type(image) == "acr" and instance(image) is not None


def registry_ids(image: PushedImage) -> Ids:
    """The ids of Container Registry."""
    place = instance(image) or DEFAULT
    return Ids(instance_id=place.id, repo_id=f"crr-{_hexadecimal(f'{place.id}/{image.repository}')[:16]}")


def row_ids(image: PushedImage, unverified: Unverified) -> Ids:
    """The ids in a row of Security Center."""
    ids = registry_ids(image)
    if unverified.rows_have_registry_ids:
        return ids
    number = int(_hexadecimal(ids.instance_id)[:8], 16)
    return Ids(instance_id=str(3_901_000_000 + number), repo_id=_hexadecimal(ids.repo_id)[:32])


def uuid(image: PushedImage) -> str:
    """The id of the row of a tag, which stays when the tag moves; whether it does is not verified."""
    return _hexadecimal(f"row/{'/'.join(image.key)}")[:32]


def image_id(image: PushedImage) -> str:
    """The digest of its configuration, without the algorithm."""
    return _hexadecimal(f"config/{image.digest}")


def bare(digest: str) -> str:
    """A digest without the name of its algorithm."""
    return digest.removeprefix(ALGORITHM)


def row_digest(image: PushedImage) -> str:
    """The digest in the row of an image: the documents show it with and without the algorithm."""
    return image.digest if image.number % 2 else bare(image.digest)


def leaf_digest(image: PushedImage) -> str:
    """The digest in a leaf of an image: where a row has one form, the leaf has the other."""
    return bare(image.digest) if image.number % 2 else image.digest


def rows(state: CloudState) -> list[ListedImage]:
    """The pushed images that Security Center lists."""
    return [shown for shown in state.account.listed(state.at) if instance(shown.image) is not None]


def _hexadecimal(text: str) -> str:
    return sha256(text.encode()).hexdigest()
