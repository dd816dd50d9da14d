"""Where Security Center and STS of Alibaba Cloud answer, by region (alibaba-security-center.md 6, sign-in.md 1.1)."""

from __future__ import annotations

# fmt: off
_CHINA = frozenset({
    "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu", "cn-hangzhou", "cn-shanghai",
    "cn-nanjing", "cn-fuzhou", "cn-shenzhen", "cn-heyuan", "cn-guangzhou", "cn-chengdu", "cn-hongkong",
    "cn-hangzhou-finance", "cn-shanghai-finance-1", "cn-shenzhen-finance-1", "cn-beijing-finance-1",
    "cn-north-2-gov-1", "cn-heyuan-acdr-1", "cn-qingdao-acdr-ut-1", "cn-shanghai-mybk", "cn-wuhan-lr",
    "cn-zhengzhou-jva",
})
_ABROAD = frozenset({
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "us-east-1", "us-west-1", "eu-central-1", "eu-west-1",
    "me-east-1", "me-central-1",
})
# fmt: on
REGIONS = _CHINA | _ABROAD
_WITHOUT_OWN_STS = frozenset({"ap-south-1", "ap-southeast-2"})
"""sign-in.md 1.1."""


def endpoint(region: str) -> str:
    """The address of Security Center for this region, one of `REGIONS`: each task is on one of two planes."""
    plane = "cn-shanghai" if region in _CHINA else "ap-southeast-1"
    return f"https://tds.{plane}.aliyuncs.com"


def sts_endpoint(region: str) -> str:
    """The address of the Security Token Service in this region; the central one if it has none, or is not known.

    All of them issue credentials that every region accepts.
    """
    has_own = region in REGIONS - _WITHOUT_OWN_STS
    return f"https://sts.{region}.aliyuncs.com" if has_own else "https://sts.aliyuncs.com"
