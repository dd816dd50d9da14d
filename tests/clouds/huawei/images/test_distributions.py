"""The distribution of an image without vulnerabilities: one that HSS may not know is a warning, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.distributions import with_distributions
from gate.errors import Throttled
from gate.simulator import EarlierScan, Simulator
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_ref, a_row, connected, listed, operations
from tests.clouds.huawei.images.lists import Lists, a_named_row, explained

if TYPE_CHECKING:
    from tests.builders import FakeTime

Answer = dict[str, Any] | Throttled
CERTAIN = "HSS knows the vulnerabilities of certain distributions, "
NOT_DOCUMENTED = f"{CERTAIN}of {{}} that is not documented, so 0 found may say nothing"
NONE_NAMED = f"{CERTAIN}and names none in this image, so 0 found may say nothing"


def an_answer(*systems: tuple[Any, Any]) -> dict[str, Any]:
    """The base images with these names and versions of a system."""
    rows = [{"os_name": name, "os_version": version, "layer_digest": "sha256:8ac8"} for name, version in systems]
    return {"data_list": rows, "total_num": len(rows)}


def warning(answer: Answer) -> str:
    """What is said of a clean image after this answer."""
    (image,), _, _ = explained(with_distributions, Lists(a_named_row("web", 0, "Security"), web=[answer]))
    return image.warning


@pytest.mark.parametrize(
    "system",
    [
        ("HCE", "2.0"),
        ("Huawei Cloud EulerOS", "2.0"),
        ("EulerOS", ""),
        ("Ubuntu", "24.04"),
        ("ubuntu", None),
        ("CentOS Linux", "7.9.2009"),
        ("centos7", ""),
        ("Debian GNU/Linux", "11 (bullseye)"),
        ("debian 10", ""),
        ("Kylin Linux Advanced Server", "V10"),
        ("SLES", "15.5"),
        ("SUSE Linux Enterprise Server", "12"),
        ("UOS", "20"),
        ("UnionTech OS", "20"),
    ],
)
def test_a_distribution_that_hss_knows_is_no_warning(system: tuple[Any, Any]) -> None:
    assert warning(an_answer(system)) == ""


@pytest.mark.parametrize(
    ("system", "stated"),
    [
        (("Alpine Linux", "3.20"), "Alpine Linux 3.20"),
        (("debian", "12"), "debian 12"),
        (("debian", "1"), "debian 1"),
        (("debian", ""), "debian"),
        (("CentOS", "8"), "CentOS 8"),
        (("openEuler", "22.03"), "openEuler 22.03"),
        (("openSUSE Leap", "15.6"), "openSUSE Leap 15.6"),
        (("x" * 50 + "\n" + "y" * 50, ""), f"{'x' * 50} {'y' * 29}…"),
    ],
)
def test_another_one_is_a_warning_that_names_it(system: tuple[Any, Any], stated: str) -> None:
    assert warning(an_answer(system)) == NOT_DOCUMENTED.format(stated)


@pytest.mark.parametrize("answer", [an_answer(), an_answer(("", "3")), an_answer((None, 3)), an_answer(([], {}))])
def test_no_distribution_is_a_warning(answer: dict[str, Any]) -> None:
    assert warning(answer) == NONE_NAMED


def test_of_several_base_images_one_that_is_known_is_enough() -> None:
    assert warning(an_answer(("alpine", "3"), ("HCE", "2"))) == ""
    assert warning(an_answer(("alpine", "3"), ("alpine", "3"), ("arch", ""))) == NOT_DOCUMENTED.format("alpine 3, arch")


def test_a_warning_is_in_the_log_by_the_name_of_the_image() -> None:
    hss = Lists(a_named_row("web", 0, "Security"), web=[an_answer()])

    (image,), _, warnings = explained(with_distributions, hss)

    assert warnings == [f"{image.image}: {NONE_NAMED}."]
    assert image.is_risky is False


@pytest.mark.parametrize("answer", [Throttled("Rate limited."), {"data_list": None}, {"error_code": 0}])
def test_without_an_answer_the_log_says_that_it_is_not_known(answer: Answer) -> None:
    hss = Lists(a_named_row("api", 0), a_named_row("web", 0), api=[an_answer(("HCE", ""))], web=[answer])

    images, _, warnings = explained(with_distributions, hss)

    assert [image.warning for image in images] == ["", ""]
    (text,) = warnings
    assert text.startswith("The distribution of 1 of 2 images without vulnerabilities is not known: ")


def test_so_many_images_are_looked_up_as_a_minute_allows() -> None:
    names = [f"web{n}" for n in range(7)]
    answers: dict[str, list[Answer]] = {name: [an_answer(("HCE", "2"))] for name in names}
    hss = Lists(*[a_named_row(name, 0) for name in names], **answers)

    _, _, warnings = explained(with_distributions, hss)

    assert hss.asked == names[:5]
    assert warnings == [
        "The distribution of 2 of 7 images without vulnerabilities is not known: HSS allows 5 calls a minute."
    ]


@pytest.mark.parametrize("fields", [{"vul_num": 3}, {"vul_num": None}, {"scan_status": "failed"}])
def test_an_image_with_vulnerabilities_or_without_a_result_is_not_looked_up(fields: dict[str, Any]) -> None:
    hss = Lists(a_row(**fields))

    assert explained(with_distributions, hss)[2] == []
    assert hss.asked == []


def test_an_image_whose_row_has_no_id_to_ask_by_is_not_looked_up() -> None:
    (text,) = explained(with_distributions, Lists(a_row()))[2]

    assert text == (
        "The distribution of 1 of 1 images without vulnerabilities is not known: HSS does not say how to ask for it."
    )


@pytest.mark.parametrize("registry", ["", INSTANCE_HOST])
@pytest.mark.parametrize(("distribution", "is_warned"), [(("HCE", "2.0"), False), (("Alpine", "3.20"), True)])
def test_hss_is_asked_for_the_distribution_of_a_clean_image(
    distribution: tuple[str, str], *, is_warned: bool, registry: str, fake_time: FakeTime
) -> None:
    image = listed(registry=registry, distribution=distribution, earlier=EarlierScan(ago=30))
    with Simulator("empty", now=fake_time.wall) as simulator:
        simulator.push(image)
        scans, _ = connected(simulator, fake_time)
        (found,) = scans.explained(scans.look([a_ref(registry=registry)]), for_findings=False)

        assert operations(simulator)[1:] == ["ListImageBasicImage"]
        assert bool(found.warning) is is_warned
