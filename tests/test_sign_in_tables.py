"""The tables and messages of the page about signing in are those of the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from gate.clouds.sign_in.chain import Way, Ways
from gate.clouds.sign_in.lifetime import lifetime
from gate.clouds.sign_in.session import RENEWAL_MARGIN
from gate.clouds.sign_in.tokens import find_token_source
from gate.settings import duration
from gate.sign_in_options import SIGN_IN_OPTIONS, session_duration
from tests.clouds.builders import a_connection
from tests.clouds.sign_in.test_find_token_source import SOURCES
from tests.clouds.sign_in.tokens import a_job
from tests.harness import CLOUDS
from tests.test_sign_in_docs import PAGE, ROOT, code, every_cloud, section

if TYPE_CHECKING:
    from tests.builders import FakeTime


def rows(name: str) -> list[list[str]]:
    """The rows of the table between two comments of this name, each with its cells."""
    (table,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE, flags=re.DOTALL)
    return [[cell.strip() for cell in row.strip("|\n ").split(" | ")] for row in table.splitlines()[2:]]


# Which way is used.


def test_every_way_to_sign_in_is_in_the_table_and_no_other() -> None:
    asked, *others = rows("ways")
    in_table = [name for row in others for name in re.findall(r"\(`(\w+)`\)", row[1])]

    assert [code(cell) for cell in asked[3:]] == [[way.value for way in Way]] * 2
    assert {*in_table, "instance"} == {way.value for way in Way}


def test_what_credentials_can_be_is_what_the_table_says() -> None:
    (credentials,) = (option for option in SIGN_IN_OPTIONS if option.name == "credentials")

    assert set(credentials.choices) == {"auto", *(way.value for way in Way)}


def ways_of(cloud: str) -> Ways:
    """What the code of a cloud knows of its ways."""
    found = import_module(f"gate.clouds.{cloud}.sign_in").WAYS
    assert isinstance(found, Ways)
    return found


def cell(way: str, condition: str, cloud: str) -> str:
    """What the table has for a cloud, in the row of a way and a condition."""
    (found,) = [row for row in rows("ways") if f"(`{way}`)" in row[1] and condition in row[2]]
    return found[3 + CLOUDS.index(cloud)]


@every_cloud
def test_the_table_has_the_options_that_ask_for_a_way(cloud: str) -> None:
    ways = ways_of(cloud)

    assert tuple(code(cell("oidc", "named by an option", cloud))) == tuple(f"--{name}" for name in ways.roles)
    assert tuple(code(cell("profile", "named by an option", cloud))) == tuple(
        f"--{one}" for one in ways.of(Way.PROFILE)
    )


@every_cloud
def test_the_table_has_each_set_of_variables_that_signs_in_without_keys(cloud: str) -> None:
    sets = tuple(tuple(code(part)) for part in cell("oidc", "all variables of one set", cloud).split(";"))

    assert sets == ways_of(cloud).keyless_variables


def test_the_table_has_the_conditions_in_the_order_of_the_code() -> None:
    """What is asked for, then keys, then the variables of the vendor's tools, then none of them."""
    assert [re.findall(r"\(`(\w+)`\)", row[1]) for row in rows("ways")] == [
        [],
        ["oidc"],
        ["profile"],
        ["keys"],
        ["oidc"],
        [],
    ]
    assert [row[0] for row in rows("ways")] == [str(number) for number in range(1, 7)]


@every_cloud
def test_what_each_way_reads_is_documented(cloud: str) -> None:
    text = section("Which way is used")
    options = import_module(f"gate.clouds.{cloud}.options")
    names = {
        "huawei": ("AGENCY", "PROVIDER", "IDENTITY_PROVIDER"),
        "alibaba": ("ROLE", "PROVIDER"),
    }
    variables = [variable for name in names[cloud] for variable in getattr(options, f"{name}_VARIABLES")]

    assert len(variables) == len(names[cloud])
    assert [variable for variable in variables if f"else `{variable}`" not in text] == []
    assert all(f"`--{name}`" in text for name in (*ways_of(cloud).roles, *ways_of(cloud).of_oidc))


# Where the token comes from.


def test_the_sources_of_tokens_are_in_the_order_of_the_code() -> None:
    from_ci_systems = [name for name in SOURCES if not re.search("variable", name)]

    assert [row[1] for row in rows("token sources")][3:] == from_ci_systems
    assert code(rows("token sources")[1][2]) == ["SCAN_GATE_OIDC_TOKEN"]
    assert next(iter(SOURCES)) == "the variable SCAN_GATE_OIDC_TOKEN"


@pytest.mark.parametrize("row", rows("token sources")[3:], ids=lambda row: row[1])
def test_the_table_says_of_each_ci_system_by_what_it_is_found_and_whether_its_tokens_are_new(
    row: list[str], fake_time: FakeTime
) -> None:
    _, name, found_by, _, tokens = row
    source = find_token_source(a_job(fake_time, **SOURCES[name]), (), default_audience="a")

    assert source.name == name
    assert tokens == ("a new token" if source.is_fresh else "the same token")
    # Buildkite's is the command of its agent.
    assert name == "Buildkite" or set(code(found_by)) == SOURCES[name].keys() - {"GITHUB_ACTIONS"}


@every_cloud
def test_the_table_has_the_variables_of_the_vendors_tools_that_have_a_token(cloud: str) -> None:
    options = import_module(f"gate.clouds.{cloud}.options")
    known = [name for name in vars(options) if name.endswith("TOKEN_VARIABLES")]
    in_table = [name for name in code(rows("token sources")[2][2 + CLOUDS.index(cloud)]) if not name.startswith("--")]

    assert known
    assert in_table == [variable for name in known for variable in getattr(options, name)]


# What the page says about times, and about messages.


def test_the_page_has_the_times_of_the_code() -> None:
    text = section("How long it lasts")

    assert "15 minutes to 12 hours" in text
    assert (session_duration("15m"), session_duration("12h")) == (900, 43_200)
    assert RENEWAL_MARGIN == 300
    assert "less than five minutes are left" in text


@pytest.mark.parametrize(
    ("timeout", "asked", "then"), [("30m", 2400, 2400), ("50m", 3600, 3600), ("12h", 43_200, 3600)]
)
def test_where_there_is_one_token_the_gate_asks_for_as_long_as_the_run_may_take(
    timeout: str, asked: int, then: int, fake_time: FakeTime
) -> None:
    connection = a_connection(fake_time, timeout=duration(timeout))
    once = lifetime(connection, is_renewable=False)

    assert once.seconds == asked
    assert (once.shortened().seconds if once.may_be_shorter else asked) == then
    assert lifetime(connection, is_renewable=True).seconds == 3600


@cache
def templates() -> list[list[str]]:
    """The messages of the code, each with its parts; an empty one stands for a value."""
    found = []
    for path in (ROOT / "gate" / "clouds").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            constants = [str(part.value) if isinstance(part, ast.Constant) else "" for part in parts]
            if " " in "".join(constants).strip():
                found.append(constants)
    return found


def is_beginning_of_a_message(quoted: str) -> bool:
    """Whether the code has a text that can begin so; three dots stand for any values and, at the end, for the rest."""
    pieces = quoted.split("...")
    pattern = re.compile(".+".join(map(re.escape, pieces)))
    texts = (text for parts in templates() if all(piece in (text := "x".join(parts)) for piece in pieces))
    return any(map(pattern.match, texts)) or any(begins(parts, "x".join(pieces)) for parts in templates())


def begins(parts: list[str], text: str) -> bool:
    """Whether a text is what the first of these parts can become, with nothing in it that the code does not say."""
    known = list(takewhile(text.__contains__, parts))
    for end in range(1, len(known) + 1):
        pattern = "".join(re.escape(part) if part else "(.+?)" for part in known[:end])
        found = re.fullmatch(pattern, text) if len("".join(known[:end])) > 12 else None
        if found and all({value, value.removesuffix("x")} & words() for value in found.groups()):
            return True
    return False


@cache
def words() -> set[str]:
    """The texts of the code that are values of others."""
    sources = (path.read_text() for path in (ROOT / "gate" / "clouds").rglob("*.py"))
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {"", *(node.value for node in nodes if isinstance(node.value, str))}


QUOTED = re.findall(r'\*\*"([^"]+)"\*\*', section("Errors"))


def test_every_message_that_the_page_explains_is_one_of_the_gate() -> None:
    assert [quoted for quoted in QUOTED if not is_beginning_of_a_message(quoted)] == []


def test_a_text_that_is_no_message_is_found_to_be_none() -> None:
    assert len(QUOTED) > 15
    assert not is_beginning_of_a_message("The cloud does not trust the OIDC token ...")


def test_every_message_that_the_page_explains_has_its_exit_code() -> None:
    titles = [line for line in section("Errors").splitlines() if line.startswith("**")]
    form = r'(\*\*"[^"]+"\*\*(, (then )?)?)+ \((\d or )?\d\)'

    assert [title for title in titles if not re.fullmatch(form, title)] == []
