"""Where Alibaba Cloud's Security Center answers, by region (alibaba-security-center.md 6)."""

from __future__ import annotations

import difflib

from gate.errors import UsageError

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


def endpoint(region: str) -> str:
    """The address of Security Center for this region; there are two planes, and a task is in one of them.

    Raises:
        UsageError: The region is not a documented one; a guessed host would show no tasks, or those of nobody.
    """
    if region in _CHINA:
        return "https://tds.cn-shanghai.aliyuncs.com"
    if region in _ABROAD:
        return "https://tds.ap-southeast-1.aliyuncs.com"
    known = sorted(_CHINA | _ABROAD)
    near = difflib.get_close_matches(region.lower(), known, n=1)
    raise UsageError(
        f"{region!r} is no region of Security Center that the gate knows"
        + (f"; did you mean {near[0]}?" if near else "."),
        means=f"Known are: {', '.join(known)}.",
        remedy="Correct --region, or give --endpoint for a new one.",
    )
