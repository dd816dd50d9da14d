"""GitHub's runner, as far as the gate meets it."""

from __future__ import annotations


def as_the_runner_reads(text: str) -> dict[str, str]:
    """Reads a file of outputs by the rules of the runner's FileCommandManager (ci-hosts.md 4.1)."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, values[name] = line.partition("=")
            continue
        name, fence, delimiter = line.partition("<<")
        assert fence, f"the runner would fail the step at {line!r}"
        body: list[str] = []
        for part in lines:
            if part == delimiter:
                break
            body.append(part)
        else:
            raise AssertionError("the runner would fail the step: no matching delimiter")
        values[name] = "\n".join(body)
    return values
