"""The `cyclonedx` report, against the schema of CycloneDX 1.6 (report-readers.md 6)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from gate.errors import Unreachable
from gate.finding import FindingPolicy, KnownFinding
from gate.findings.waiver_file import JUSTIFICATIONS
from gate.image import ImageRef, Severity
from gate.policy import Policy, undecided
from gate.policy_digest import policy_digest
from gate.reports import cyclonedx
from gate.scan import ScanScope
from gate.text import as_json
from tests.builders import NOW, a_digest, a_finding, a_release, a_risky_image, a_waiver, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import FIELDS, an_ending

if TYPE_CHECKING:
    from gate.finding import Finding, Waiver
    from gate.outcome import Outcome

CURL = a_finding("HW-3", package="curl", version="8.1")
REASON = "cyclonedx-python-lib, which brings the official schemas, comes with requirements/check.txt"


def read(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(cyclonedx.render(outcome)))
    return document


def rows(*found: Finding, policy: FindingPolicy | None = None) -> list[dict[str, Any]]:
    release = a_release(a_risky_image(findings=found), policy=Policy(findings=policy or FindingPolicy()))
    vulnerabilities: list[dict[str, Any]] = read(release)["vulnerabilities"]
    return vulnerabilities


def analysis_by(waiver: Waiver, finding: Finding = CURL) -> dict[str, Any]:
    (row,) = rows(finding, policy=FindingPolicy(waivers=(waiver,)))
    analysis: dict[str, Any] = row["analysis"]
    return analysis


@cache
def validator() -> Draft7Validator:
    """That of the official schema, in its strict form."""
    schemas = Path(pytest.importorskip("cyclonedx", reason=REASON).__file__).parent / "schema" / "_res"
    names = ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    bom, *others = (json.loads((schemas / name).read_text()) for name in names)
    resources = [(other["$id"], DRAFT7.create_resource(other)) for other in others]
    return Draft7Validator(bom, registry=Registry().with_resources(resources))


@pytest.mark.parametrize(
    "outcome",
    [
        a_release(an_image(findings=())),
        an_ending("release with findings"),
        *(an_ending("release with findings", dict.fromkeys(FIELDS, text)) for text in HOSTILE.values()),
        a_release(a_risky_image(findings=(CURL, replace(CURL, handled="ignored"), CURL))),
        a_release(
            a_risky_image(findings=(replace(CURL, is_fixable=False),)),
            policy=Policy(findings=FindingPolicy(only_fixable=True)),
        ),
        *(
            a_release(
                a_risky_image(findings=(CURL,)),
                policy=Policy(findings=FindingPolicy(waivers=(a_waiver("HW-3", justification=word),))),
            )
            for word in JUSTIFICATIONS
        ),
    ],
    ids=["clean", "findings", *HOSTILE, "the same twice", "not fixable", *JUSTIFICATIONS],
)
def test_the_report_is_of_the_official_schema(outcome: Outcome) -> None:
    validator().validate(read(outcome))


def test_it_is_the_first_version_of_a_document_of_cyclonedx_1_6_laid_out_as_if_rendered_at_once() -> None:
    outcome = an_ending("release with findings")
    document = read(outcome)

    head = {key: document[key] for key in ("$schema", "bomFormat", "specVersion", "version")}
    assert head == {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
    }
    assert "".join(cyclonedx.render(outcome)) == as_json(document)


def test_without_a_task_it_lists_nothing() -> None:
    document = read(an_outcome(verdict=undecided(Unreachable("No."))))

    assert (document["components"], document["vulnerabilities"]) == ([], [])


def test_a_vulnerability_without_a_fix_has_no_recommendation() -> None:
    (row,) = rows(CURL)

    assert "recommendation" not in row


@pytest.mark.parametrize("outcome", [an_ending("release with findings"), a_release(an_image(findings=()))])
def test_every_reference_leads_to_one_component(outcome: Outcome) -> None:
    document = read(outcome)
    images = document["components"]
    components = [one["bom-ref"] for image in images for one in (image, *image["components"])]
    affected = [affects["ref"] for row in document["vulnerabilities"] for affects in row["affects"]]

    assert len({*components}) == len(components)
    assert {*affected} <= {*components}
    assert document["compositions"] == [
        {"aggregate": "incomplete", "assemblies": [image["bom-ref"] for image in images]}
    ]


def test_an_image_is_a_component_with_its_digest_and_its_package_url() -> None:
    image = ImageRef(registry="swr.example:8443", namespace="team/eu", name="Shop", tag="1.0+x", digest=a_digest())

    (component,) = read(a_release(an_image(image=image, findings=())))["components"]

    assert component == {
        "type": "container",
        "bom-ref": "image-1",
        "name": "swr.example:8443/team/eu/Shop",
        "version": a_digest(),
        "purl": f"pkg:oci/shop@sha256%3A{'a' * 64}?repository_url=swr.example%3A8443/team/eu/Shop&tag=1.0%2Bx",
        "components": [],
    }


@pytest.mark.parametrize(("tag", "digest"), [("1.0", a_digest()), ("", a_digest()), ("1.0", "")])
def test_package_urls_have_what_is_known_as_other_programs_read_them(tag: str, digest: str) -> None:
    package_url = pytest.importorskip("packageurl", reason=REASON).PackageURL
    image = ImageRef(registry="swr", namespace="team", name="web", tag=tag, digest=digest)

    (component,) = read(a_release(an_image(image=image, findings=())))["components"]

    assert package_url.from_string(component["purl"]) == package_url(
        type="oci",
        name="web",
        version=digest or None,
        qualifiers={"repository_url": "swr/team/web", **({"tag": tag} if tag else {})},
    )
    assert component["version"] == (digest or tag)


def test_two_tags_of_one_digest_are_two_components() -> None:
    images = (an_image(findings=()), an_image(image=replace(an_image().image, tag="2.0"), findings=()))

    first, second = read(a_release(*images))["components"]

    assert first["purl"] != second["purl"]
    assert (first["bom-ref"], second["bom-ref"]) == ("image-1", "image-2")


def test_a_vulnerability_has_its_names_its_rating_and_its_fix() -> None:
    (row,) = rows(
        replace(CURL, cves=("CVE-2026-1", "RHSA-2026-2"), fixed_version="8.2", raw_severity="asap", handled="ignored")
    )

    assert row == {
        "bom-ref": "vulnerability-1",
        "id": "HW-3",
        "source": {"name": "huawei"},
        "references": [
            {"id": "CVE-2026-1", "source": {"name": "CVE"}},
            {"id": "RHSA-2026-2", "source": {"name": "huawei"}},
        ],
        "ratings": [
            {
                "source": {"name": "huawei"},
                "severity": "high",
                "method": "other",
                "justification": "The cloud states it: high (asap).",
            }
        ],
        "recommendation": "Update curl to 8.2.",
        "affects": [{"ref": "image-1/package-1"}],
        "properties": [
            {"name": "scan-gate:status", "value": "open"},
            {"name": "scan-gate:handled", "value": "ignored"},
        ],
    }


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_the_same_word_of_cyclonedx(severity: Severity) -> None:
    (row,) = rows(replace(CURL, severity=severity))

    assert row["ratings"][0]["severity"] == severity


def test_a_cve_that_is_the_id_is_no_reference_to_itself() -> None:
    (row,) = rows(replace(CURL, id="CVE-2026-1", cves=("CVE-2026-1",)))

    assert (row["id"], row["references"]) == ("CVE-2026-1", [])


def test_one_vulnerability_in_two_images_is_there_once_and_affects_the_package_of_each() -> None:
    release = a_release(a_risky_image(findings=(CURL,)), a_risky_image("api", findings=(a_finding(), CURL)))

    document = read(release)

    affects = {row["id"]: [one["ref"] for one in row["affects"]] for row in document["vulnerabilities"]}
    assert affects == {"HW-3": ["image-1/package-1", "image-2/package-2"], a_finding().id: ["image-2/package-1"]}
    assert [[one["name"] for one in image["components"]] for image in document["components"]] == [
        ["curl"],
        ["openssl", "curl"],
    ]


def test_one_vulnerability_that_is_waived_in_one_image_only_is_there_twice() -> None:
    policy = Policy(findings=FindingPolicy(waivers=(a_waiver("HW-3", images=("team/web",)),)))

    document = read(a_release(a_risky_image(findings=(CURL,)), a_risky_image("api", findings=(CURL,)), policy=policy))

    states = [
        (row["affects"][0]["ref"].split("/")[0], row.get("analysis") is None) for row in document["vulnerabilities"]
    ]
    assert states == [("image-2", True), ("image-1", False)]


def test_a_package_with_two_vulnerabilities_is_one_component_and_two_versions_are_two() -> None:
    found = (CURL, replace(CURL, id="HW-4"), replace(CURL, version="7.9"), replace(CURL, version=""))

    (image,) = read(a_release(a_risky_image(findings=found)))["components"]

    assert [(one["name"], one.get("version")) for one in image["components"]] == [
        ("curl", "8.1"),
        ("curl", "7.9"),
        ("curl", None),
    ]


def test_a_vulnerability_without_a_package_affects_the_image() -> None:
    (row,) = rows(replace(CURL, package="", fixed_version="8.2"))

    assert (row["affects"], row["recommendation"]) == ([{"ref": "image-1"}], "Update it to 8.2.")


def test_other_kinds_of_findings_are_counted_and_not_listed() -> None:
    malware = a_finding("EICAR", kind=ScanScope.MALICIOUS_FILE, package="", version="")
    failed = replace(malware, kind=ScanScope.BASELINE)

    document = read(a_release(a_risky_image(findings=(CURL, malware, failed, replace(malware, id="OTHER")))))

    assert [row["id"] for row in document["vulnerabilities"]] == ["HW-3"]
    assert document["metadata"]["properties"][-2:] == [
        {"name": "scan-gate:not-listed:baseline", "value": "1"},
        {"name": "scan-gate:not-listed:malicious-file", "value": "2"},
    ]


@pytest.mark.parametrize(
    ("justification", "mapped"),
    [
        ("component_not_present", "code_not_present"),
        ("vulnerable_code_not_present", "code_not_present"),
        ("vulnerable_code_not_in_execute_path", "code_not_reachable"),
        ("vulnerable_code_cannot_be_controlled_by_adversary", None),
        ("inline_mitigations_already_exist", "protected_by_mitigating_control"),
    ],
)
def test_a_justification_is_the_word_of_cyclonedx_where_it_has_one_and_stands_in_words(
    justification: str, mapped: str | None
) -> None:
    analysis = analysis_by(a_waiver("HW-3", owner="team-web", justification=justification))

    assert (analysis["state"], analysis.get("justification")) == ("not_affected", mapped)
    assert analysis["detail"] == (
        f"It is waived by team-web until 2026-03-02: not reachable. Justification: {justification.replace('_', ' ')}."
    )


@pytest.mark.parametrize(
    ("is_fixable", "response"), [(None, "will_not_fix"), (True, "will_not_fix"), (False, "can_not_fix")]
)
def test_a_waiver_without_a_justification_accepts_a_risk_and_denies_none(
    *, is_fixable: bool | None, response: str
) -> None:
    analysis = analysis_by(a_waiver("HW-3", owner="team-web"), replace(CURL, is_fixable=is_fixable))

    assert analysis == {
        "state": "exploitable",
        "response": [response],
        "detail": "It is waived by team-web until 2026-03-02: not reachable.",
    }


@pytest.mark.parametrize(("is_fixed", "state"), [(True, "resolved"), (False, "not_affected")])
def test_a_statement_of_a_vex_document_keeps_its_meaning(*, is_fixed: bool, state: str) -> None:
    statement = a_waiver("HW-3", owner="vendor", until=None, is_fixed=is_fixed)

    assert analysis_by(statement) == {"state": state, "detail": "It is waived by vendor: not reachable."}


def test_what_has_no_fix_or_stood_in_the_baseline_has_no_state_since_nobody_has_looked_into_it() -> None:
    baseline = {KnownFinding(id="HW-4", package="curl", kind=CURL.kind, repository="swr/team/web"): Severity.HIGH}
    found = replace(CURL, is_fixable=False), replace(CURL, id="HW-4")

    without_fix, known = rows(*found, policy=FindingPolicy(only_fixable=True, baseline=baseline))

    assert without_fix["analysis"] == {
        "response": ["can_not_fix"],
        "detail": "It does not count: there is no fix, and only fixable findings count.",
    }
    assert known["analysis"] == {"detail": "It does not count: it stood in the baseline."}


def test_the_serial_number_is_that_of_the_content() -> None:
    outcome = a_release(a_risky_image(findings=(CURL,)))
    others = [
        replace(outcome, generated_at=NOW + timedelta(seconds=1)),
        a_release(a_risky_image(findings=(replace(CURL, severity=Severity.LOW),))),
        a_release(a_risky_image("api", findings=(CURL,))),
    ]

    numbers = [read(each)["serialNumber"] for each in (outcome, *others)]

    assert read(outcome)["serialNumber"] == numbers[0]
    assert len({*numbers}) == len(numbers)


def test_the_time_is_that_of_the_verdict_and_the_tools_are_the_gate_and_the_scan() -> None:
    outcome = a_release(an_image(findings=()))
    metadata = read(outcome)["metadata"]

    assert metadata["timestamp"] == "2026-01-31T12:00:00Z"
    assert metadata["tools"] == {
        "components": [{"type": "application", "name": "scan-gate", "version": "0.1.0"}],
        "services": [{"name": "the scan of huawei"}],
    }
    assert metadata["properties"] == [
        {"name": "scan-gate:verdict", "value": "passed"},
        {"name": "scan-gate:cloud", "value": "huawei"},
        {"name": "scan-gate:policy-digest", "value": policy_digest(outcome.policy)},
        {"name": "scan-gate:gate-version", "value": "0.1.0"},
    ]


def test_names_that_are_empty_are_called_unknown() -> None:
    document = read(
        replace(
            a_release(an_image(image=ImageRef(), findings=()), a_risky_image(findings=(replace(CURL, id=""),))),
            cloud="",
        )
    )

    image, row = document["components"][0], document["vulnerabilities"][0]
    assert (image["name"], image["version"], row["id"], row["source"]["name"]) == ("unknown",) * 4
