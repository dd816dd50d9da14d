"""The registry of an image: whether the cloud of the run can have it, and what its host says."""

from __future__ import annotations

import pytest

from gate.clouds import CLOUDS
from gate.clouds.registry_host import RegistryEdition, RegistryHost
from gate.images.reference import image_reference
from gate.images.registry import registry_of

HOSTS = {
    "huawei": "swr.cn-north-4.myhuaweicloud.com",
    "alibaba": "shop-registry.cn-hangzhou.cr.aliyuncs.com",
}
PERSONAL = "registry.cn-hangzhou.aliyuncs.com"


def test_every_cloud_has_a_registry_here() -> None:
    assert HOSTS.keys() == CLOUDS.keys()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_registry_of_the_cloud_says_its_edition_and_region(cloud: str) -> None:
    host = HOSTS[cloud]
    expected = CLOUDS[cloud].registry_host(host)

    assert expected
    assert expected.edition is not RegistryEdition.UNKNOWN
    assert expected.region == host.split(".")[1]
    assert [
        registry_of(image_reference(f"{name}/team/web:1"), cloud) for name in (host, host.upper(), f"{host}:443")
    ] == [
        expected,
        expected,
        expected,
    ]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("other", CLOUDS)
def test_a_registry_of_another_cloud_is_an_error_that_names_it(cloud: str, other: str) -> None:
    if other == cloud:
        return
    with pytest.raises(ValueError, match="cannot be judged") as caught:
        registry_of(image_reference(f"{HOSTS[other]}/team/web:1"), cloud)

    assert str(caught.value) == (
        f"'{HOSTS[other]}/team/web:1' cannot be judged: {HOSTS[other]} is a registry of {CLOUDS[other].vendor}, "
        f"and the cloud of this run is {cloud}; did you mean --cloud {other}?"
    )


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("registry", ["", "registry.example.com/", "localhost:5000/", "[::1]:5000/"])
def test_without_a_registry_or_with_a_domain_of_ones_own_nothing_is_known(cloud: str, registry: str) -> None:
    assert registry_of(image_reference(f"{registry}team/web:1"), cloud) is None


def test_a_registry_that_its_cloud_does_not_scan_is_refused_with_the_reason() -> None:
    with pytest.raises(
        ValueError, match=rf"^'{PERSONAL}/team/web:1' cannot be judged: it is of the personal edition of"
    ):
        registry_of(image_reference(f"{PERSONAL}/team/web:1"), "alibaba")


def test_it_is_a_registry_of_another_cloud_first_of_all() -> None:
    with pytest.raises(ValueError, match=r"is a registry of Alibaba Cloud, .* did you mean --cloud alibaba\?"):
        registry_of(image_reference(f"{PERSONAL}/team/web:1"), "huawei")


def test_a_host_of_the_cloud_in_another_form_has_an_unknown_edition() -> None:
    assert registry_of(image_reference("images.myhuaweicloud.com/team/web:1"), "huawei") == RegistryHost()
