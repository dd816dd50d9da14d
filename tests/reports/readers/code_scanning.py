"""GitHub's code scanning and its upload action, from report-readers.md 3.1 and ci-hosts.md 5."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_UPLOAD_SIZE = 10_000_000
MAX_RUNS, MAX_RESULTS, MAX_LOCATIONS, MAX_TAGS = 20, 25_000, 1000, 20
STORED_RESULTS, STORED_LOCATIONS, STORED_TAGS = 5000, 100, 10
MAX_NAME_LENGTH, MAX_TEXT_LENGTH = 255, 1024
URI = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An open alert."""

    category: str
    rule: str
    identity: str
    level: str
    severity: float
    text: str
    uri: str


@dataclass(kw_only=True)
class CodeScanning:
    """The alerts of one branch, after some uploads."""

    alerts: list[Alert] = field(default_factory=list)
    """Only those that are open."""
    problems: list[str] = field(default_factory=list)
    """What is refused, dropped or merged."""
    _uploaded: set[tuple[str, str]] = field(default_factory=set)

    def run_again(self) -> None:
        """Starts a new run of the workflow, in which every category may be uploaded again."""
        self._uploaded.clear()

    def upload(self, *files: str, category: str = "", job: str = "job") -> None:
        """Uploads files in one step of a job, which are refused together; without a category, the job is it."""
        runs = [run for text in files for run in json.loads(text).get("runs", [])]
        problems = [problem for text in files for problem in _refusals(text)]
        keys = [(_tool(run).get("name"), _tool(run).get("semanticVersion"), _id(run)) for run in runs]
        if len(set(keys)) < len(keys):
            problems.append("two runs of one upload have the same category")
        tools = [f"{_id(run) or category or job}_{_tool(run)['name']}" for run in runs]
        sentinels = {(job, re.sub("[^A-Z0-9]", "_", tool.upper())) for tool in tools}
        if sentinels & self._uploaded:
            problems.append("a second upload of the same category in one job aborts")
        self._uploaded |= sentinels
        self.problems += problems
        for run in [] if problems else runs:
            self._take(run, category or job)

    def _take(self, run: dict[str, Any], category: str) -> None:
        own = _id(run).rpartition("/")[0] if _id(run) else category
        found = [_alert(result, run, own) for result in run["results"]]
        found.sort(key=lambda alert: -alert.severity)
        if len(found) > STORED_RESULTS:
            self.problems.append(f"{len(found) - STORED_RESULTS} results are not stored")
        kept = {(alert.rule, alert.identity): alert for alert in reversed(found[:STORED_RESULTS])}
        if len(kept) < len(found[:STORED_RESULTS]):
            self.problems.append("results with one fingerprint are one alert")
        self.alerts = [alert for alert in self.alerts if alert.category != own] + [*kept.values()]


def _tool(run: dict[str, Any]) -> dict[str, Any]:
    driver: dict[str, Any] = run["tool"]["driver"]
    return driver


def _id(run: dict[str, Any]) -> str:
    return str(run.get("automationDetails", {}).get("id", ""))


def _rule(result: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    return next((rule for rule in _tool(run)["rules"] if rule["id"] == result.get("ruleId")), {})


def _alert(result: dict[str, Any], run: dict[str, Any], category: str) -> Alert:
    rule = _rule(result, run)
    is_security = "security" in rule.get("properties", {}).get("tags", [])[:STORED_TAGS]
    return Alert(
        category=category,
        rule=result["ruleId"],
        identity=result.get("partialFingerprints", {}).get("primaryLocationLineHash", ""),
        level=result.get("level", rule.get("defaultConfiguration", {}).get("level", "warning")),
        severity=float(rule["properties"]["security-severity"]) if is_security else 0.0,
        text=result["message"]["text"],
        uri=result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
    )


def _refusals(text: str) -> Iterator[str]:
    document = json.loads(text)
    if len(gzip.compress(text.encode(), mtime=0)) > MAX_UPLOAD_SIZE:
        yield "the upload is too large"
    if document.get("version") != "2.1.0" or not document.get("$schema"):
        yield "the version of the format is missing"
    if not 0 < len(document.get("runs", [])) <= MAX_RUNS:
        yield "there are no runs, or too many"
    for run in document.get("runs", []):
        yield from _refusals_of_rules(_tool(run).get("rules"), _tool(run).get("name"))
        if len(run["results"]) > MAX_RESULTS:
            yield "there are too many results"
            return
        for result in run["results"]:
            yield from _refusals_of_result(result, run)


def _refusals_of_rules(rules: list[dict[str, Any]] | None, tool: object) -> Iterator[str]:
    if not tool or rules is None:
        yield "the tool has no name or no rules"
    ids = [rule.get("id") for rule in rules or []]
    if len(set(ids)) < len(ids):
        yield "a rule is described twice"
    for rule in rules or []:
        texts = [rule.get(part, {}).get("text", "") for part in ("shortDescription", "fullDescription", "help")]
        if not all(text.strip() and len(text) <= MAX_TEXT_LENGTH for text in [rule.get("id", ""), *texts]):
            yield f"a text of the rule {rule.get('id')} is missing or too long"
        if len(rule.get("name", "")) > MAX_NAME_LENGTH:
            yield "the name of a rule is too long"
        severity = rule.get("properties", {}).get("security-severity", "")
        if not isinstance(severity, str) or not re.fullmatch(r"\d+\.\d", severity) or not 0 < float(severity) <= 10:
            yield f"{severity!r} is no severity"
        if len(rule.get("properties", {}).get("tags", [])) > MAX_TAGS:
            yield "a rule has too many tags"


def _refusals_of_result(result: dict[str, Any], run: dict[str, Any]) -> Iterator[str]:
    rule = _rule(result, run)
    if not rule or _tool(run)["rules"][result.get("ruleIndex", 0)] is not rule:
        yield f"the rule {result.get('ruleId')} of a result is not described, or is another by its index"
    if not result.get("message", {}).get("text", "").strip():
        yield "a result has no message"
    if not result.get("partialFingerprints", {}).get("primaryLocationLineHash"):
        yield "a result of no file in the checkout has no fingerprint, and is a new alert in every run"
    locations = result.get("locations", [])
    if not 0 < len(locations) <= MAX_LOCATIONS:
        yield "a result has no location, or too many"
    for location in locations:
        physical = location.get("physicalLocation", {})
        uri = physical.get("artifactLocation", {}).get("uri", "")
        if not URI.fullmatch(uri) or uri.startswith("/") or ".." in uri.split("/"):
            yield f"{uri!r} is no place in the repository"
        if physical.get("region", {}).get("startLine", 0) < 1:
            yield "a result has no line"
