"""The hosts of the registries of SWR (image-references.md 3.1)."""

from __future__ import annotations

import pytest

from gate.clouds.huawei.images.registry_host import registry_host
from gate.clouds.huawei.regions import REGIONS, hss_endpoint
from gate.clouds.registry_host import RegistryEdition, RegistryHost


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_shared_registry_of_a_region_is_of_the_basic_edition(region: str) -> None:
    host = hss_endpoint(region).replace("https://hss.", "swr.")

    assert registry_host(host) == RegistryHost(edition=RegistryEdition.BASIC, region=region)


def test_so_is_that_of_a_region_that_is_not_documented_yet() -> None:
    assert registry_host("swr.eu-north-9.myhuaweicloud.eu") == RegistryHost(
        edition=RegistryEdition.BASIC, region="eu-north-9"
    )


@pytest.mark.parametrize("host", ["shop-w5peto.swr-pro.myhuaweicloud.com", "a-b-kt8zv1.swr-pro.myhuaweicloud.eu"])
def test_an_instance_of_the_enterprise_edition_names_no_region(host: str) -> None:
    assert registry_host(host) == RegistryHost(edition=RegistryEdition.ENTERPRISE)


@pytest.mark.parametrize(
    "host",
    [
        "swr.myhuaweicloud.com",
        "swr.cn-north-4.a.myhuaweicloud.com",
        "a.swr.cn-north-4.myhuaweicloud.com",
        "swr-api.cn-north-4.myhuaweicloud.com",
        "a.shop-w5peto.swr-pro.myhuaweicloud.com",
        "swr-pro.myhuaweicloud.com",
    ],
)
def test_any_other_host_of_the_cloud_has_an_unknown_edition(host: str) -> None:
    assert registry_host(host) == RegistryHost()


@pytest.mark.parametrize(
    "host",
    [
        "",
        "registry.example.com",
        "myhuaweicloud.com",
        "swr.cn-north-4.myhuaweicloud.org",
        "swr.cn-north-4.myhuaweicloud.com.example.com",
        "swr.cn-north-4.notmyhuaweicloud.com",
        "swr.cn-north-4.myhuaweicloudxcom",
        "docker.io",
    ],
)
def test_a_host_elsewhere_is_not_of_the_cloud(host: str) -> None:
    assert registry_host(host) is None
