"""Where Huawei Cloud's HSS, IAM and SWR answer, by region (huawei-hss.md 6)."""

from __future__ import annotations

# fmt: off
REGIONS = frozenset({
    "ae-ad-1", "af-north-1", "af-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5",
    "cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12", "cn-south-1",
    "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3", "eu-west-101", "la-north-2",
    "la-south-2", "me-east-1", "my-kualalumpur-1", "na-mexico-1", "ru-moscow-1", "sa-brazil-1",
    "tr-west-1",
})
_STS_REGIONS = (
    "cn-north-4", "cn-east-3", "cn-south-1", "cn-southwest-2",
    "ap-southeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-4",
    "la-south-2", "sa-brazil-1", "af-south-1", "tr-west-1",
)
"""Those that have STS (sign-in.md 2.1), in the order in which they stand in for others."""
# fmt: on
_OTHER_DOMAIN = "eu-west-101"
GLOBAL_IAM = "https://iam.myhuaweicloud.com"
_WITHOUT_OWN_IAM = frozenset({"cn-north-11", "cn-south-4", "cn-southwest-3", "af-north-1", "ap-southeast-5"})


def hss_endpoint(region: str) -> str:
    """The address of HSS in this region, one of `REGIONS`."""
    return f"https://hss.{region}.{_domain(region)}"


def iam_endpoint(region: str) -> str:
    """The address of IAM for this region, one of `REGIONS`: its own, or the global one where none is documented."""
    if region in _WITHOUT_OWN_IAM:
        return GLOBAL_IAM
    return f"https://iam.{region}.{_domain(region)}"


def sts_endpoints(region: str) -> tuple[str, ...]:
    """The addresses of STS for this region, best first: any region's gives the same credentials (sign-in.md 2.1).

    Its own is first, and then the best of the same part of the world, and of China for China only. The others have
    Singapore, and a region that is not known has what the vendor's SDK uses, Beijing. There is none for the
    region that is in a domain of its own, whose STS is not documented.
    """
    if region == _OTHER_DOMAIN:
        return ()
    area = region.partition("-")[0]
    is_abroad = region in REGIONS and area != "cn"
    same_area = [other for other in _STS_REGIONS if other.startswith(f"{area}-")]
    abroad = [other for other in _STS_REGIONS if not other.startswith("cn-")]
    own = [region] if region in _STS_REGIONS else []
    best = dict.fromkeys([*own, *same_area, *abroad] if is_abroad else [*own, *_STS_REGIONS])
    return tuple(f"https://sts.{one}.{_domain(one)}" for one in [*best][:2])


def swr_endpoint(region: str) -> str:
    """The address of the API of SWR in this region, one of `REGIONS` (huawei-images.md 4)."""
    return f"https://swr-api.{region}.{_domain(region)}"


def _domain(region: str) -> str:
    return "myhuaweicloud.eu" if region == _OTHER_DOMAIN else "myhuaweicloud.com"
