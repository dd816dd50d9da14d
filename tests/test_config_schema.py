"""The JSON schema of the config file: it accepts what the gate accepts, and finds what editors can find."""

from __future__ import annotations

import importlib.resources
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from gate import cli
from gate.clouds import CLOUDS
from gate.config_file import config_values
from gate.errors import ExitCode
from gate.options import OPTIONS

if TYPE_CHECKING:
    from gate.settings import Option

SCHEMA: dict[str, Any] = json.loads(importlib.resources.files("gate").joinpath("config.schema.json").read_text())
VALIDATOR = Draft7Validator(SCHEMA)
OPTIONS_PAGE = (Path(__file__).parent.parent / "docs" / "options.md").read_text()
WAIVER = '[[waiver]]\nid = "CVE-2026-1"\nimages = ["*"]\nreason = "not reachable"\nuntil = 2020-03-01\n'
every_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
IMAGE = 'image = "team/web:1.0"\n'


def faults(text: str) -> list[str]:
    """What the schema finds in a config file, each with the key that it is in."""
    document = tomllib.loads(text)
    # As readers of TOML for JSON schemas do it.
    values = {key: value.isoformat() if isinstance(value, date) else value for key, value in document.items()}
    return sorted(str(next(iter(error.path), "")) or error.message for error in VALIDATOR.iter_errors(values))


def code(text: str) -> int:
    """How a command with this config file alone ends, which sends no request."""
    first = "" if text.startswith("cloud") else 'cloud = "huawei"\n'
    Path("gate.toml").write_text(first + text)
    return cli.main(["policy", "--config", "gate.toml", "--no-variables"])


def test_the_schema_is_valid_and_has_every_option_and_nothing_else() -> None:
    Draft7Validator.check_schema(SCHEMA)

    assert [*SCHEMA["properties"]] == [option.name for option in OPTIONS]
    assert SCHEMA["additionalProperties"] is False


@every_option
def test_each_key_has_the_help_the_default_and_the_choices_of_its_option(option: Option) -> None:
    key = SCHEMA["properties"][option.name]

    assert key["description"].startswith(option.help)
    assert option.default_note in key["description"]
    assert str(key.get("default")) == str(False if option.is_flag else option.default)
    assert [word for word in option.choices if word not in key["enum"]] == []


@every_option
def test_the_word_for_not_given_and_the_default_are_valid(option: Option) -> None:
    for word in filter(None, (option.unset, option.default)):
        assert faults(f"{option.name} = {json.dumps(word)}") == []
        assert faults(f"{option.name} = {json.dumps([word])}") == ([] if option.is_repeatable else [option.name])


@every_option
@pytest.mark.parametrize("value", ["{a = 1}", "[1]", "[['a']]", "[true]", '""', '" "'])
def test_what_is_no_value_of_any_option_is_invalid(option: Option, value: str) -> None:
    is_nothing = value in {'""', '" "'} and option.is_repeatable and not option.unset

    assert faults(f"{option.name} = {value}") == ([] if is_nothing else [option.name])


@every_option
def test_a_flag_is_true_or_false_and_no_other_option_is(option: Option) -> None:
    for word in ("true", "false"):
        assert faults(f"{option.name} = {word}") == ([] if option.is_flag else [option.name])


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.is_flag], ids=lambda option: option.name)
def test_a_flag_in_quotes_is_invalid(option: Option) -> None:
    assert faults(f'{option.name} = "true"') == [option.name]


@pytest.mark.parametrize(
    "text",
    [
        'cloud = "huawei"\nregion = "cn-north-4"\nmax-risky = 2\nmax-age = "6h"\n',
        'report = ["json=a.json", "markdown=b.md"]\n',
        'report = """\njson=a.json\n\nmarkdown=b.md\n"""\n',
        'report = ""\n',
        "report = []\n",
        'max-risky = "2"\nmax-age = 3600\nsettle = 0\ntimeout = 1.5\npoll-interval = "none"\n',
        'settle = "1.5m"\nappear-timeout = "2 h"\nmax-age = "none"\n',
        'max-age = "default"\nrequired-scope = "baseline, vulnerability"\n',
        "started-after = 2026-01-31T12:00:00Z\n",
        'started-after = "2026-01-31T12:00:00+01:00"\n',
        "started-after = 1769860800\n",
        "task-id = 123\n",
        'task-type = "manual"\nglobal-image-type = "local"\nlimit = 100\nscan-scope = "0xf0000"\n',
        'cloud = "alibaba"\ntask-type = "IMAGE_SCAN"\ntask-name = "none"\n',
        "warn-only = true\nquiet = false\n",
        'endpoint = "http://127.0.0.1:8080"\nca-bundle = "none"\n',
        f'{IMAGE}severity-cutoff = "high"\nmax-findings = "high=0,medium=20"\n',
        f'{IMAGE}max-findings = ["high=0", "medium=20 , low=300"]\nunused-waivers = "block"\n',
        f'{IMAGE}max-findings = """\nhigh=0\nmedium=20\n"""\nonly-fixable = true\nlist-findings = true\n',
        f'{IMAGE}max-findings = "none"\nwaivers = "none"\nvex = ["none"]\nas-of = "none"\n',
        f'{IMAGE}waivers = ["waivers.toml"]\nwaiver-max-days = 30\nas-of = 2020-02-28\n',
        f'{IMAGE}waivers = "waivers.toml"\nwaiver-max-days = "30"\nas-of = "2020-02-28"\n',
        'image = ["team/web:1.0", "team/worker:1.0"]\nscan = "never"\n',
        'image = """\nteam/web:1.0\nteam/worker:1.0\n"""\n',
    ],
)
def test_the_schema_accepts_what_the_gate_accepts(text: str) -> None:
    Path("waivers.toml").write_text(WAIVER)

    assert faults(text) == []
    assert code(text) == ExitCode.PASSED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("max-riskyy = 1", "Additional properties are not allowed ('max-riskyy' was unexpected)"),
        ('access-key-secret = "x"', "Additional properties are not allowed ('access-key-secret' was unexpected)"),
        ('config = "other.toml"', "Additional properties are not allowed ('config' was unexpected)"),
        ('cloud = "nimbus"', "cloud"),
        ('max-risky = "many"', "max-risky"),
        ("max-risky = -1", "max-risky"),
        ("max-risky = 1.5", "max-risky"),
        ('max-risky = "none"', "max-risky"),
        ('max-age = "soon"', "max-age"),
        ("max-age = -5", "max-age"),
        ("poll-interval = 0.01", "poll-interval"),
        ("timeout = 1e12", "timeout"),
        ('timeout = "5 weeks"', "timeout"),
        ('required-scope = "baselines"', "required-scope"),
        ('required-scope = "baseline,"', "required-scope"),
        ('on-undecided = "pass"', "on-undecided"),
        ("started-after = 5", "started-after"),
        ('endpoint = "hss.example.com"', "endpoint"),
        ('report = "pdf=a.pdf"', "report"),
        ('report = ["json=a.json", "b.md"]', "report"),
        ('report = "json="', "report"),
        ('task-type = "sometimes"', "task-type"),
        ('type = "sync"', "type"),
        ("image = []", "image"),
        (f'{IMAGE}max-findings = "hihg=0"', "max-findings"),
        (f'{IMAGE}max-findings = ["high=0", "medium"]', "max-findings"),
        (f'{IMAGE}max-findings = "none=0"', "max-findings"),
        (f"{IMAGE}max-findings = {{high = 0}}", "max-findings"),
        (f"{IMAGE}max-findings = 0", "max-findings"),
        (f"{IMAGE}waivers = []", "waivers"),
        (f"{IMAGE}waiver-max-days = 0", "waiver-max-days"),
        (f"{IMAGE}waiver-max-days = 4000", "waiver-max-days"),
        (f'{IMAGE}as-of = "20260131"', "as-of"),
        (f"{IMAGE}as-of = 20260131", "as-of"),
        (f'{IMAGE}severity-cutoff = "severe"', "severity-cutoff"),
        (f'{IMAGE}only-fixable = "true"', "only-fixable"),
        (f'{IMAGE}unused-waivers = "fail"', "unused-waivers"),
    ],
)
def test_the_schema_and_the_gate_refuse_the_same_files(text: str, fault: str) -> None:
    assert faults(text) == [fault]
    assert code(text) == ExitCode.USAGE


def test_an_option_of_two_clouds_has_the_words_of_both() -> None:
    words = SCHEMA["properties"]["task-type"]["enum"]
    own = [option for cloud in CLOUDS.values() for option in cloud.options if option.name == "task-type"]

    assert len(own) > 1
    assert words == [*(word for option in own for word in option.choices), "none"]


def test_the_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    (example,) = [
        block for block in re.findall(r"^```toml\n(.*?)```", OPTIONS_PAGE, re.MULTILINE | re.DOTALL) if "cloud" in block
    ]
    (tmp_path / "gate.toml").write_text(example)

    assert faults(example) == []
    assert config_values(tmp_path / "gate.toml", [*SCHEMA["properties"]])
