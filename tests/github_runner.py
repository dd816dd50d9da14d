"""The parser of GitHub's runner for output files."""

from __future__ import annotations


def parse_outputs(text: str) -> dict[str, str]:
    """Parses an output file by the rules of the runner's FileCommandManager (ci-hosts.md 4.1)."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, values[name] = line.partition("=")
            continue
        name, separator, delimiter = line.partition("<<")
        assert separator, f"the runner would fail the step at {line!r}"
        body: list[str] = []
        for part in lines:
            if part == delimiter:
                break
            body.append(part)
        else:
            raise AssertionError("the runner would fail the step: no matching delimiter")
        values[name] = "\n".join(body)
    return values
