"""The page about signing in: its blocks can be pasted, its policies and its Terraform are what it says of them.

What its blocks mean to a CI system or a cloud is not tested here, and was never tried.
"""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gate.clouds import CLOUDS as PROVIDERS
from gate.clouds.sign_in.tokens import OUR_VARIABLE
from gate.clouds.sign_in.tokens.azure import SERVICE_CONNECTION
from gate.environment import variable
from gate.options import CLOUD_OPTIONS, OPTIONS
from gate.sign_in_options import SIGN_IN_OPTIONS
from tests.harness import CLOUDS
from tests.test_component import INPUTS
from tests.test_permissions import IMAGES, TASKS, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.settings import Option

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "sign-in.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
NAMES = {"huawei": "Huawei Cloud", "alibaba": "Alibaba Cloud"}
CI_SYSTEMS = {
    "GitHub Actions": "github",
    "GitLab CI": "gitlab",
    "Azure Pipelines": "azure",
    "Bitbucket Pipelines": "bitbucket",
    "Buildkite": "buildkite",
}
"""The CI systems that issue tokens, each with the name of its page."""
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


def section(title: str) -> str:
    """The text under a heading, with the headings below it."""
    # A comment in a code block looks like a heading.
    without_code = re.sub("^```.*?^```", lambda found: "x" * len(found[0]), PAGE, flags=re.MULTILINE | re.DOTALL)
    (start,) = re.finditer(rf"^(#+) {re.escape(title)}$", without_code, flags=re.MULTILINE)
    end = re.search(rf"^#{{1,{len(start[1])}}} |\Z", without_code[start.end() :], flags=re.MULTILINE)
    assert end
    return PAGE[start.end() :][: end.start()]


def blocks(text: str, *languages: str) -> list[str]:
    """The code blocks of a text in one of these languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [block for language, block in found if language in languages]


def code(text: str) -> list[str]:
    """What a text has as code."""
    return re.findall("`([^`]+)`", text)


# Options and variables.


def test_every_option_and_variable_that_the_page_names_exists() -> None:
    options = {f"--{option.name}" for option in OPTIONS} | {"--no-variables", "--config"}
    foreign = {"--env", "--rm", "--audience"}
    ours = {variable(option.name) for option in OPTIONS} | {OUR_VARIABLE, SERVICE_CONNECTION}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - foreign <= options
    assert set(re.findall(r"SCAN_GATE_[A-Z_]*[A-Z]", PAGE)) <= ours


def test_every_option_about_signing_in_is_explained() -> None:
    own = [option for provider in PROVIDERS.values() for option in provider.options if is_about_signing_in(option)]
    names = [option.name for option in (*SIGN_IN_OPTIONS, *own)]

    assert len(own) == 7
    assert [name for name in names if f"`--{name}" not in PAGE and name != "metadata-endpoint"] == []


def is_about_signing_in(option: Option) -> bool:
    return bool(re.search("-arn$|-urn$|identity-provider", option.name))


# The blocks to paste.


def commands(block: str) -> Iterator[list[str]]:
    """The arguments of `scan-gate check` in a block, wherever it stands."""
    joined = re.sub(r"\\?\n +(?=-)", " ", block.replace("\\\n", " "))
    for line in joined.splitlines():
        if found := re.search(r"scan-gate(?::[\d.]+)? check (.*)", line):
            yield shlex.split(found[1])


def options_of(command: list[str]) -> dict[str, str]:
    """The options of a command of which each has a value."""
    names, values = command[::2], command[1::2]
    assert all(name.startswith("--") for name in names)
    assert len(names) == len(values)
    return {name.removeprefix("--"): value for name, value in zip(names, values, strict=True)}


def given_in(block: str) -> dict[str, str]:
    """The options that a block gives, as inputs or on a command line."""
    document = yaml.safe_load(block) if not re.search(r"^scan-gate check", block, flags=re.MULTILINE) else {}
    inputs = [found["with"] for found in mappings(document) if "scan-gate@" in str(found.get("uses"))]
    inputs += [found["inputs"] for found in mappings(document) if "component" in found]
    inputs += map(options_of, commands(block))
    assert len(inputs) == 1
    return {name: str(value) for name, value in inputs[0].items()}


def mappings(part: object) -> Iterator[dict[str, Any]]:
    """All mappings of a document."""
    if isinstance(part, dict):
        yield part
    children = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for child in children:
        yield from mappings(child)


def block_of(title: str, cloud: str) -> str:
    """The block of one CI system and one cloud, which says in its first line which cloud it is for."""
    (found,) = [one for one in blocks(section(title), "yaml", "sh") if one.startswith(f"# {NAMES[cloud]}\n")]
    return found


TITLES = [*CI_SYSTEMS, "Any shell"]
every_title = pytest.mark.parametrize("title", TITLES)


@every_cloud
@every_title
def test_a_block_gives_the_options_of_its_cloud_with_values_that_these_take(title: str, cloud: str) -> None:
    given = given_in(block_of(title, cloud))
    known = {option.name: option for option in (*OPTIONS, *PROVIDERS[cloud].options)}
    of_others = {option.name for option in CLOUD_OPTIONS} - {option.name for option in PROVIDERS[cloud].options}

    assert given.pop("gate-image", "").startswith("registry.example.com/") is (title == "GitLab CI")
    assert given["cloud"] == cloud
    assert not given.keys() & of_others
    for name, value in given.items():
        # What GitHub inserts is known in a job only.
        known[name].parse(re.sub(r"\$\{\{.*?\}\}", f"sha256:{'0' * 64}", value))


@every_cloud
@every_title
def test_a_block_names_the_role_and_the_provider_and_no_key(title: str, cloud: str) -> None:
    given = given_in(block_of(title, cloud))
    needed = {"huawei": {"agency-urn", "oidc-provider-urn"}, "alibaba": {"role-arn", "oidc-provider-arn"}}

    assert needed[cloud] <= given.keys()
    assert not {name for name in given if "key" in name or "auth" in name}
    assert ("oidc-token-file" in given) is (title == "Any shell")


@every_title
def test_the_blocks_of_both_clouds_differ_in_what_names_the_cloud_alone(title: str) -> None:
    one, other = (given_in(block_of(title, cloud)).keys() for cloud in CLOUDS)
    of_one_cloud = {option.name for option in CLOUD_OPTIONS}

    assert one - of_one_cloud == other - of_one_cloud
    assert len(one) == len(other)


@pytest.mark.parametrize("title", CI_SYSTEMS)
@every_cloud
def test_a_block_has_what_lets_the_ci_system_issue_a_token(title: str, cloud: str) -> None:
    document = yaml.safe_load(block_of(title, cloud))
    audience = PROVIDERS[cloud].oidc_audience
    parts = list(mappings(document))

    match title:
        case "GitHub Actions":
            assert document["permissions"] == {}
            assert {"id-token": "write"} in [part.get("permissions") for part in parts]
            assert {name for part in parts for name in part.get("with", {})} <= ACTION["inputs"].keys()
        case "GitLab CI":
            assert document[INPUTS["job-name"]["default"]] == {"id_tokens": {"SCAN_GATE_OIDC_TOKEN": {"aud": audience}}}
            assert {name for part in parts for name in part.get("inputs", {})} <= INPUTS.keys()
        case "Azure Pipelines":
            (env,) = (part["env"] for part in parts if "env" in part)
            (script,) = (part["script"] for part in parts if "script" in part)
            assert env.pop("SYSTEM_ACCESSTOKEN") == "$(System.AccessToken)"
            passed = set(re.findall(r"--env (\w+)", script))
            assert passed == {"TF_BUILD", "SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", *env}
        case "Bitbucket Pipelines":
            assert [part["oidc"] for part in parts if "oidc" in part] == [{"audiences": [audience]}]
        case _:
            assert title == "Buildkite"


@pytest.mark.parametrize("page", CI_SYSTEMS.values())
def test_the_page_of_each_ci_system_leads_to_its_block(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()

    assert re.search(r"\]\(sign-in\.md#[a-z-]+\)", text)


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/sign-in.md)" in (ROOT / "README.md").read_text()


# Policies.


def policies(title: str) -> list[dict[str, Any]]:
    """The policies in a section."""
    return [json.loads(block) for block in blocks(section(title), "json")]


def test_all_json_of_the_page_is_a_policy_with_one_statement() -> None:
    found = [json.loads(block) for block in blocks(PAGE, "json")]

    assert len(found) == 4
    assert {len(policy["Statement"]) for policy in found} == {1}
    assert {tuple(policy) for policy in found} == {("Version", "Statement")}
    assert {policy["Statement"][0]["Effect"] for policy in found} == {"Allow"}


@pytest.mark.parametrize(
    ("cloud", "version", "action", "resource"),
    [
        ("huawei", "5.0", ["sts:agencies:assumeWithOIDC"], "iam::0123456789abcdef0123456789abcdef:oidcProvider:ci"),
        ("alibaba", "1", "sts:AssumeRole", "acs:ram::1234567890123456:oidc-provider/ci"),
    ],
)
def test_a_trust_policy_compares_issuer_audience_and_subject(
    cloud: str, version: str, action: str | list[str], resource: str
) -> None:
    (policy,) = policies(f"The trust policy on {NAMES[cloud]}")
    (statement,) = policy["Statement"]

    assert policy["Version"] == version
    assert statement.keys() == {"Effect", "Action", "Principal", "Condition"}
    assert statement["Action"] == action
    assert statement["Principal"] == {"Federated": [resource]}
    assert statement["Condition"] == {
        "StringEquals": {
            "oidc:iss": ["https://token.actions.githubusercontent.com"],
            "oidc:aud": [PROVIDERS[cloud].oidc_audience],
            "oidc:sub": ["repo:octo@123456/app@456789:environment:release", "repo:octo/app:environment:release"],
        }
    }


def test_the_subjects_of_the_trust_policies_are_those_of_the_block_for_github() -> None:
    jobs = yaml.safe_load(block_of("GitHub Actions", "huawei"))["jobs"].values()

    assert [job["environment"] for job in jobs] == ["release"]


def test_a_second_role_trusts_the_first_which_may_do_nothing_but_assume_it() -> None:
    trust, permission = (policy["Statement"][0] for policy in policies("Role chaining"))

    assert trust["Action"] == "sts:AssumeRole"
    assert trust["Principal"].keys() == {"RAM"}
    assert permission["Action"] == ["sts:AssumeRole"]
    assert [resource.split("/")[-1] for resource in permission["Resource"]] == ["scan-gate"]


def test_the_page_says_what_is_not_verified_about_the_trust_policy_of_alibaba_cloud() -> None:
    text = section("The trust policy on Alibaba Cloud")

    assert "**The action is not verified.**" in text
    assert "`sts:AssumeRoleWithOIDC`" in text


def test_both_forms_of_the_subject_of_github_are_shown_as_those_of_one_job() -> None:
    (row,) = [row for row in section("What each CI system states").splitlines() if row.startswith("| GitHub")]
    with_ids, without = [text for text in code(row) if text.startswith("repo:")]

    assert re.sub(r"@\d+", "", with_ids) == without != with_ids


# Terraform.

TERRAFORM = ROOT / "docs" / "terraform"
DOCUMENTED: Mapping[str, set[str]] = {
    # Provider aliyun/alicloud, pages of its resources.
    "alicloud_account": set(),
    "alicloud_ims_oidc_provider": {
        "client_ids",
        "description",
        "fingerprints",
        "issuance_limit_time",
        "issuer_url",
        "oidc_provider_name",
    },
    "alicloud_ram_role": {"assume_role_policy_document", "description", "max_session_duration", "role_name"},
    "alicloud_ram_policy": {"description", "policy_document", "policy_name", "rotate_strategy", "force", "tags"},
    "alicloud_ram_role_policy_attachment": {"role_name", "policy_name", "policy_type"},
    # Provider huaweicloud/huaweicloud at a0345b8d, pages and sources of its resources.
    "huaweicloud_identityv5_policy": {"name", "policy_document", "path", "description", "version_to_delete"},
    "huaweicloud_identity_trust_agency": {
        "name",
        "trust_policy",
        "policy_names",
        "path",
        "duration",
        "tags",
        "description",
    },
    "huaweicloud_identity_role": {"display_name", "name"},
    "huaweicloud_identity_group": {"name", "description"},
    "huaweicloud_identity_group_role_assignment": {
        "group_id",
        "role_id",
        "domain_id",
        "project_id",
        "enterprise_project_id",
    },
    "huaweicloud_identity_provider": {
        "name",
        "protocol",
        "status",
        "description",
        "sso_type",
        "metadata",
        "access_config",
        "access_type",
        "provider_url",
        "client_id",
        "signing_key",
        "authorization_endpoint",
        "scopes",
    },
    "huaweicloud_identity_provider_conversion": {
        "provider_id",
        "conversion_rules",
        "local",
        "remote",
        "username",
        "group",
        "attribute",
        "condition",
        "value",
    },
}
"""The arguments of resources and data sources in the vendors' documentation, read in November 2026."""
MODULES = sorted(path.stem for path in TERRAFORM.glob("*.tf"))
every_module = pytest.mark.parametrize("name", MODULES)


@cache
def module(name: str) -> dict[str, Any]:
    """A module, parsed; texts have no quotation marks around them."""
    import hcl2  # noqa: PLC0415 - it takes a while, and every worker collects the tests of this module

    parsed: dict[str, Any] = plain(hcl2.loads((TERRAFORM / f"{name}.tf").read_text()))
    return parsed


def plain(part: object) -> Any:
    """The same part without the parser's own keys, and without the quotation marks around names and texts."""
    if isinstance(part, dict):
        return {unquoted(name): plain(value) for name, value in part.items() if not name.startswith("__")}
    if isinstance(part, list):
        return [plain(each) for each in part]
    return unquoted(part) if isinstance(part, str) else part


def unquoted(text: str) -> str:
    return text.removeprefix('"').removesuffix('"') if text.startswith('"') else text


def local_values(name: str) -> dict[str, Any]:
    """The local values of a module."""
    (values,) = module(name)["locals"]
    assert isinstance(values, dict)
    return values


def resources(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The resources and data sources of a module: type, name and body."""
    parsed = module(name)
    for block in [*parsed.get("resource", []), *parsed.get("data", [])]:
        for kind, named in block.items():
            for own_name, body in named.items():
                yield kind, own_name, body


def arguments(body: object) -> set[str]:
    """The names of all arguments and blocks in a body."""
    if isinstance(body, dict):
        return set(body) | {name for value in body.values() for name in arguments(value)}
    return {name for each in body for name in arguments(each)} if isinstance(body, list) else set()


def test_the_page_links_every_module() -> None:
    assert re.findall(r"\]\(terraform/([a-z-]+)\.tf\)", PAGE) == MODULES
    assert {path.suffix for path in TERRAFORM.iterdir()} == {".tf"}


@every_module
def test_a_module_uses_arguments_that_are_documented(name: str) -> None:
    for kind, _, body in resources(name):
        assert arguments(body) <= DOCUMENTED[kind]


@every_module
def test_a_module_refers_to_what_it_has_and_uses_all_of_its_variables(name: str) -> None:
    parsed = module(name)
    text = (TERRAFORM / f"{name}.tf").read_text()
    declared = {variable_name for block in parsed["variable"] for variable_name in block}
    known = {f"{kind}.{own_name}" for kind, own_name, _ in resources(name)}
    referred = set(re.findall(r"(?<![\w.])(?:data\.)?((?:alicloud|huaweicloud)_\w+\.\w+)\.", text))

    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    assert referred <= known
    assert set(re.findall(r"\blocal\.(\w+)", text)) == set(local_values(name) if "locals" in parsed else ())


@every_module
def test_a_module_puts_out_what_options_of_its_cloud_take(name: str) -> None:
    outputs = {output for block in module(name)["output"] for output in block}
    own = {option.name.replace("-", "_") for option in PROVIDERS[name.partition("-")[0]].options}

    assert outputs <= own


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_trust_policy_of_a_module_is_that_of_the_page_but_for_its_values(cloud: str) -> None:
    (of_page,) = policies(f"The trust policy on {NAMES[cloud]}")
    of_module = local_values(cloud)["trust_policy"]
    (statement,), (shown,) = of_module["Statement"], of_page["Statement"]

    assert of_module["Version"] == of_page["Version"]
    assert statement.keys() == shown.keys()
    assert statement["Action"] == shown["Action"]
    assert statement["Principal"].keys() == shown["Principal"].keys()
    compared = {key for values in statement["Condition"].values() for key in values}
    assert compared == set(shown["Condition"]["StringEquals"])


@pytest.mark.parametrize(("name", "audience"), [(name, name.partition("-")[0]) for name in MODULES])
def test_a_module_has_the_audience_that_the_gate_asks_for(name: str, audience: str) -> None:
    (block,) = [block for block in module(name)["variable"] if "audience" in block]

    assert block["audience"]["default"] == PROVIDERS[audience].oidc_audience


def actions(policy: dict[str, Any]) -> list[str]:
    """The actions of a policy about everything."""
    return [action for one in policy["Statement"] if one["Resource"] == "*" for action in one["Action"]]


def test_the_permissions_of_the_module_are_those_of_the_tables_for_each_use() -> None:
    values = local_values("alibaba")
    (for_a_task,) = map(json.loads, blocks(TASKS, "json"))
    (for_images,) = map(json.loads, blocks(about("alibaba", IMAGES), "json"))
    cells = [row.split(" | ") for row in about("alibaba", IMAGES).splitlines() if row.startswith("| `")]
    without_scan = {action for row in cells if row[2] != "no" for action in re.findall(r"`([a-z-]+:\w+)`", row[1])}

    assert values["actions"]["task"] == actions(for_a_task)
    assert values["actions"]["scan"] == actions(for_images)
    assert set(values["actions"]["images"]) == without_scan
    assert [values["actions_of_registry"]] == [
        one["Action"] for one in for_images["Statement"] if one["Resource"] != "*"
    ]


def test_the_permission_of_the_module_for_tags_of_huawei_cloud_is_that_of_the_table() -> None:
    (statement,) = local_values("huawei")["policy_of_tags"]["Statement"]
    (row,) = [row for row in about("huawei", IMAGES).splitlines() if row.startswith("| `ShowRepoTag`")]

    assert statement["Action"] == code(row.split(" | ")[1])
