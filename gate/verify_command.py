"""The command `verify`: whether statements about verdicts let exactly these images pass, without any cloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate.clock import Clock
from gate.command_line import PageCommand, plain_option
from gate.errors import ExitCode, UsageError
from gate.policy import Decision
from gate.text import MAX_REASON_LENGTH, for_log
from gate.verify import messages
from gate.verify.envelopes import read_statements
from gate.verify.judge import Rules, judge_image
from gate.verify.signature import refusal
from gate.verify.summaries import summaries
from gate.verify_options import VERIFY_OPTIONS
from gate.writing import print_stdout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gate.image import ImageRef
    from gate.verify.judge import Judged

_EXIT_CODES = {
    Decision.PASSED: ExitCode.PASSED,
    Decision.BLOCKED: ExitCode.BLOCKED,
    Decision.UNDECIDED: ExitCode.NOTHING_TO_JUDGE,
}


@click.command(cls=PageCommand, params=[plain_option(option) for option in VERIFY_OPTIONS])
@click.argument("statements", nargs=-1, required=True, metavar="STATEMENT...")
@click.pass_obj
def verify(clock: Clock | None, /, statements: Sequence[str], **values: Any) -> int:
    """Let exactly these images pass by statements about earlier verdicts, or refuse; ask no cloud.

    A STATEMENT is a file with what `check --report attestation=...` has written, or with DSSE envelopes or Sigstore
    bundles around it; JSON, or one document a line. Signatures are not checked, except by --verify-with. Of several
    summaries of an image that count, the newest does. Options are taken from the command line only.
    """
    images, rules = _images(values["image"]), _rules(values, clock or Clock())
    found, others = summaries(stated for path in statements for stated in read_statements(Path(path)))
    judged = [judge_image(image, found, others, rules) for image in images]
    first_line = messages.NOT_CHECKED
    if command := values["verify_with"]:
        judged, first_line = _with_signatures(judged, command)
    print_stdout("".join(f"{for_log(line, MAX_REASON_LENGTH)}\n" for line in (first_line, *_lines(judged))))
    return _EXIT_CODES[_decision(judged)]


def _images(given: Iterable[ImageRef]) -> list[ImageRef]:
    images = list(dict.fromkeys(given))
    if not images:
        raise UsageError("No image is named.", remedy="Name what is deployed with --image, each by its digest.")
    return images


def _rules(values: dict[str, Any], clock: Clock) -> Rules:
    policy = values["policy_digest"]
    if bool(policy) is values["any_policy"]:
        happened = "--policy-digest and --any-policy contradict each other." if policy else "No policy is named."
        raise UsageError(
            happened,
            means="A verdict says as much as the policy that it was reached by.",
            remedy="Set --policy-digest to what `scan-gate policy` prints, or --any-policy if any policy will do.",
        )
    return Rules(policy=policy, max_age=timedelta(seconds=values["max_age"]), now=clock.now())


def _with_signatures(judged: Iterable[Judged], command: Sequence[str]) -> tuple[list[Judged], str]:
    """The images after the tool has checked the statements that decide, and the line that says what came of it."""
    checked = [_checked(one, command) for one in judged]
    refused = sum(one.by is not None and one.decision is Decision.UNDECIDED for one in checked)
    accepted = sum(one.decision is not Decision.UNDECIDED for one in checked)
    return checked, messages.signatures(command[0], accepted=accepted, refused=refused, images=len(checked))


def _checked(judged: Judged, command: Sequence[str]) -> Judged:
    if judged.by is None or not (why := refusal(command, judged.by.stated, judged.image)):
        return judged
    message = messages.refused_signature(command[0], why, judged.by)
    return replace(judged, decision=Decision.UNDECIDED, message=message)


def _lines(judged: Sequence[Judged]) -> Iterator[str]:
    yield from (f"{one.image}: {one.message}" for one in judged)
    decision = _decision(judged)
    yield f"{decision} (exit {_EXIT_CODES[decision]:d})"


def _decision(judged: Iterable[Judged]) -> Decision:
    """That of a block if there is one, else undecided if one image is; passed only if every one is."""
    found = {one.decision for one in judged}
    if Decision.BLOCKED in found:
        return Decision.BLOCKED
    return Decision.PASSED if found == {Decision.PASSED} else Decision.UNDECIDED
