"""The hosts of the registries of Container Registry (image-references.md 3.2)."""

from __future__ import annotations

import pytest

from gate.clouds.alibaba.images.registry_host import registry_host
from gate.clouds.registry_host import RegistryEdition, RegistryHost

HANGZHOU = "cn-hangzhou"


@pytest.mark.parametrize(
    ("host", "instance"),
    [
        ("shop-registry.cn-hangzhou.cr.aliyuncs.com", "shop"),
        ("shop-registry-vpc.cn-hangzhou.cr.aliyuncs.com", "shop"),
        ("test-instance-registry-vpc.cn-hangzhou.cr.aliyuncs.com", "test-instance"),
        ("my-registry-registry.cn-hangzhou.cr.aliyuncs.com", "my-registry"),
    ],
)
def test_the_host_of_an_enterprise_instance_names_it_and_its_region(host: str, instance: str) -> None:
    assert registry_host(host) == RegistryHost(edition=RegistryEdition.ENTERPRISE, region=HANGZHOU, instance=instance)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("registry.cn-hangzhou.aliyuncs.com", HANGZHOU),
        ("registry-vpc.cn-hangzhou.aliyuncs.com", HANGZHOU),
        ("registry-internal.cn-hangzhou.aliyuncs.com", HANGZHOU),
        ("registry-intl.ap-southeast-1.aliyuncs.com", "ap-southeast-1"),
        ("registry-intl-vpc.ap-southeast-1.aliyuncs.com", "ap-southeast-1"),
        ("registry.aliyuncs.com", ""),
        ("crpi-6pj79y7ddzdpexs8.cn-hangzhou.personal.cr.aliyuncs.com", HANGZHOU),
        ("crpi-6pj79y7ddzdpexs8-vpc.cn-hangzhou.personal.cr.aliyuncs.com", HANGZHOU),
    ],
)
def test_images_of_the_personal_edition_are_not_scanned(host: str, region: str) -> None:
    registry = registry_host(host)

    assert registry
    assert (registry.edition, registry.region, registry.instance) == (RegistryEdition.PERSONAL, region, "")
    assert registry.refusal == (
        "it is of the personal edition of Container Registry, whose images are not scanned; "
        "push the image to an instance of the Enterprise Edition"
    )


@pytest.mark.parametrize(
    "host",
    [
        "cr.cn-hangzhou.aliyuncs.com",
        "shop-registry.cn-hangzhou.aliyuncs.com",
        "shop-registry.cr.aliyuncs.com",
        "-registry.cn-hangzhou.cr.aliyuncs.com.aliyuncs.com",
        "a.shop-registry.cn-hangzhou.cr.aliyuncs.com",
        "registry.cn-hangzhou.cr.aliyuncs.com",
        "crpi-1.personal.cr.aliyuncs.com",
        "a.registry.cn-hangzhou.aliyuncs.com",
    ],
)
def test_any_other_host_of_the_cloud_has_an_unknown_edition(host: str) -> None:
    assert registry_host(host) == RegistryHost()


@pytest.mark.parametrize(
    "host",
    [
        "",
        "registry.example.com",
        "aliyuncs.com",
        "registry.cn-hangzhou.aliyuncs.org",
        "shop-registry.cn-hangzhou.cr.aliyuncs.com.example.com",
        "registry.cn-hangzhou.notaliyuncs.com",
        "docker.io",
    ],
)
def test_a_host_elsewhere_is_not_of_the_cloud(host: str) -> None:
    assert registry_host(host) is None
