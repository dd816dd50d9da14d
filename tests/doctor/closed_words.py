"""What may stand in the file of a fixture, written from its documentation and not from the code that redacts."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gate import __version__
from gate.clouds import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.clouds.survey import Survey

NUMBER = r"(0|1|2-9|10-99|100\+)"
AGE = "(future|seconds|minutes|hours|days|weeks)"
TEXT_FORM = (
    r"(sha256:hex 64|hex 64|hex 32|uuid|cri- id|crr- id|time with zone|time without zone|date of HTTP|json|text|"
    r"digits ([1-9]|1[0-9]|20))"
)
PLACEHOLDER = re.compile(
    rf"<({TEXT_FORM}|number|negative number|fraction|percent|count {NUMBER}|length {NUMBER}|time m?s, {AGE})>"
)
UNKNOWN_KEY = re.compile(rf"<key [123]: ({TEXT_FORM})>")
FIELDS = frozenset(
    {
        *("format", "version", "gate", "date", "cloud", "answers", "tasks", "images", "exchanges", "id", "question"),
        *("answer", "source", "state", "trigger", "started", "total", "failed", "risky", "unfinished", "scanned"),
        *("pushed", "vulnerabilities", "malicious_files", "baseline", "is_index", "is_scanned_after_push", "probe"),
        *("operation", "status", "headers", "document"),
    }
)
STATES = frozenset(
    {
        *("queued", "running", "complete", "stopped", "timed-out", "failed", "unknown", "scanned", "unscanned"),
        *("missing", "manual", "cycle"),
    }
)
OPERATIONS = frozenset(
    {
        *("KeystoneListProjects", "ListImageScanTask", "ListRegistryImages", "ListRegistry", "ShowRepoTag"),
        *("ListImageVulnerabilities", "ListInstanceArtifacts", "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"),
        *("DescribeOnceTaskLeafRecordPage", "DescribeImageInstances", "DescribeUuidVulNumClassifyStatistic"),
        *("DescribeImageVulList", "ListInstance", "GetRepository", "GetRepoTag"),
    }
)
HEADER = re.compile(
    "(x|acs|ratelimit|rate|limit|remaining|reset|used|quota|retry|after|request|id|iam|trace|date|content|type|length|"
    "server|policy|api|user|-)+"
)


def foreign_words(text: str, cloud: str, date: str) -> list[object]:
    """Whatever in the file of a fixture was not known before its recording; an empty list for a good one."""
    survey, known = CLOUDS[cloud].load_survey(), known_words(cloud, date)
    parts = _documented_parts(survey)
    return [word for word in _words(json.loads(text)) if not _is_known(word, known, parts)]


def known_words(cloud: str, date: str) -> set[object]:
    """Every word that may stand in the file of a fixture as it is; forms come on top."""
    return _known_words(CLOUDS[cloud].load_survey()) | {cloud, date, __version__, "scan-gate fixture"}


def parts_of(key: str) -> list[str]:
    """The words that a key is made of, in lower case: those of camel case, and those between underscores."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", key)
    return spaced.lower().split()


def _words(value: Any) -> Iterator[object]:
    """Every key and every value that is no container."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
    else:
        yield value


def _known_words(survey: Survey) -> set[object]:
    answers: Iterable[str] = ("not seen", "something else", *(word for one in survey.questions for word in one.answers))
    ours = (word for one in survey.questions for word in (one.id, one.text, one.source))
    values = (word for words in survey.vocabulary.words.values() for word in words)
    ages = ("future", "seconds", "minutes", "hours", "days", "weeks", "0", "1", "2-9", "10-99", "100+")
    return {*answers, *ours, *values, *ages, *survey.vocabulary.keys, *survey.probes, *FIELDS, *STATES, *OPERATIONS}


def _is_known(word: object, known: set[object], parts: set[str]) -> bool:
    if isinstance(word, bool) or word in (None, ""):
        return True
    if isinstance(word, int):
        return word in known or word in {*HTTPStatus, 0, 1}
    if not isinstance(word, str):
        return False
    is_form = PLACEHOLDER.fullmatch(word) or UNKNOWN_KEY.fullmatch(word) or HEADER.fullmatch(word)
    is_made_of_words = {*parts_of(word)} <= parts and re.fullmatch("[A-Za-z_]+", word)
    is_answer = all(part in known for part in word.split(", "))
    return word in known or bool(is_form or is_made_of_words) or is_answer


def _documented_parts(survey: Survey) -> set[str]:
    further = {"first", "last", "latest", "next", "total", "num", "count", "risk", "risky", "scan", "is", "has"}
    return {part for key in survey.vocabulary.keys for part in parts_of(key)} | further | {"number", "page"}
