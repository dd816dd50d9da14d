"""Defines the fuzz targets: every parser of untrusted input, which may raise only the error that it documents.

Any other exception is a finding. `tests/fuzz/test_targets.py` mutates the seeds for some seconds; `tools/fuzz.py` runs
coverage-guided fuzzing for any time.
"""

from __future__ import annotations

import json
import math
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from gate.ci import github
from gate.clouds.alibaba import error_response as alibaba_errors
from gate.clouds.alibaba import pages, results
from gate.clouds.alibaba import translate as alibaba
from gate.clouds.alibaba.images import finding_rows
from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.credentials import OURS, find_credentials
from gate.clouds.huawei import error_response as huawei_errors
from gate.clouds.huawei import translate as huawei
from gate.clouds.huawei.api import HuaweiCloud, find_project
from gate.clouds.huawei.hss import Hss
from gate.clouds.huawei.instance.findings import listed
from gate.clouds.huawei.instance.overview import parse_artifact
from gate.clouds.huawei.selection import IMAGE_SCAN, IMAGE_SYNC, Selection
from gate.clouds.redaction import Redactor
from gate.clouds.response import Response, date_of, parse_json_object, retry_after
from gate.clouds.sign_in.claims import audiences_of, describe_claims
from gate.config_file import config_values
from gate.errors import GateError, UsageError
from gate.finding import FindingStatus
from gate.image import ImageRef, ImageState, Severity
from gate.images.from_file import images_from
from gate.images.reference import image_reference
from gate.options import OPTIONS
from gate.policy import Decision, Policy, judge
from gate.reports import json_report
from gate.selection import staleness
from gate.text import one_line
from gate.verify.envelopes import parse_statements
from gate.verify.judge import Rules, judge_image
from gate.verify.summaries import summaries
from tests.builders import NOW, a_digest, a_release, a_risky_image, a_task, an_outcome
from tests.clouds.builders import newest_task
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token
from tests.github_runner import parse_outputs
from tests.verify.statements import FORMS, a_statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.api_client import ApiClient
    from gate.clouds.huawei.images.scans import HuaweiImageScans
    from gate.scan import ScanTask

CORPUS = Path(__file__).parent / "corpus"
PAYLOADS = tuple(path.read_bytes() for path in sorted(CORPUS.glob("*.json")))
"""The documented payloads; the README of the corpus names their sources."""
_PAGE_SIZE = 3
_TASK = json.loads((CORPUS / "huawei-scan.json").read_bytes())["data_list"][0]
_HUAWEI_PAGES = tuple(
    json.dumps({"data_list": [{**_TASK, "task_id": f"task-{number}"} for number in rows], "total_num": 5}).encode()
    for rows in ((0, 1, 2), (2, 3, 4), (4,))
)
"""A list of five tasks; each page starts with the last row of the one before."""
_NO_ROWS = b'{"data_list": []}'
_PROJECTS = tuple(
    b'{"projects": [{"name": "cn-north-4", "id": %b}]}' % value for value in (b"7", b"null", b'""', b'"a b"', b"[]")
)
_STATUSES = (200, 204, 302, 400, 401, 403, 404, 429, 500, 503, 511)
_TIMES = (
    b"2026-01-31T12:00:00Z",
    b"1769860800",
    b"20260131",
    b"2026-W05-6T12:00:00+05:30",
    b"9" * 20,
    b"0001-01-01Z",
)
_URLS = (
    b"https://hss.cn-north-4.myhuaweicloud.com/",
    b"http://[::1]:80",
    b"https://user@host",
    b"http://127.0.0.1:99999",
)
_DIGEST = b"sha256:" + b"57b60584" * 8
_RETRY_AFTER = (b"60", b"1.5", b"-1", b"inf", b"nan", b"9" * 400)
_DATES = (
    b"Sat, 31 Jan 2026 12:00:00 GMT",
    b"Saturday, 31-Jan-26 12:00:00 GMT",
    b"Sat Jan 31 12:00:00 2026",
    b"0",
    b"-1",
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser of untrusted input."""

    run: Callable[[bytes], object]
    """Parses the input; any exception is a finding."""
    seeds: tuple[bytes, ...] = PAYLOADS


def _response(body: bytes, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body, operation="GetLastOnceTaskInfo")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _json_object(data: bytes) -> None:
    with suppress(GateError):
        json.dumps(parse_json_object(_response(data)), allow_nan=False)


def _headers(data: bytes) -> None:
    value, _, date = data.decode("latin-1").partition("\n")
    response = _response(b"", 429, retry_after=value, date=date, x_acs_retry_after=value)
    delay, sent = retry_after(response), date_of(response)
    assert delay is None or (delay >= 0 and math.isfinite(delay))
    assert sent is None or sent.utcoffset() is not None
    for read in (huawei_errors.read, alibaba_errors.read):
        with suppress(GateError):
            read(response)


def _error_response(read: Callable[[Response], dict[str, object]]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        for status in _STATUSES:
            with suppress(GateError):
                document = read(_response(data, status))
                assert (status, type(document)) == (200, dict)

    return run


def _judge_and_report(task: ScanTask) -> None:
    """Judges and reports a task; this must work for every task that was parsed."""
    verdict = judge(task, Policy(), now=NOW)
    staleness(task, Policy(), NOW)
    json.loads("".join(json_report.render(an_outcome(task, verdict=verdict))))


def _huawei_task(data: bytes) -> None:
    with suppress(GateError):
        for row in huawei.parse_page(parse_json_object(_response(data))).rows:
            for task_type in (IMAGE_SCAN, IMAGE_SYNC):
                _judge_and_report(huawei.parse_task(row, task_type))


def _alibaba_task(data: bytes) -> None:
    with suppress(GateError):
        document = parse_json_object(_response(data))
        for task_type in ("IMAGE_SCAN", "ASSETS_COLLECTION"):
            task = alibaba.parse_task(document, task_type)
            if task is not None:
                _judge_and_report(task)


def _alibaba_counts(data: bytes) -> None:
    with suppress(GateError):
        document = parse_json_object(_response(data))
        rows = [row for name in ("OnceTasks", "ImageInstanceList") for row in _rows(document.get(name))]
        window = ScanWindow(since=a_task().started_at, now=NOW)
        leaves = results.leaf_records(rows, window)
        findings = [alibaba.parse_image_result(row) for row in rows]
        task = a_task(total=alibaba.stated_total(document))
        _judge_and_report(results.count_results(task, leaves, findings, window))


def _alibaba_findings(data: bytes) -> None:
    with suppress(GateError):
        document = parse_json_object(_response(data))
        for row in [document, *(row for rows in document.values() for row in _rows(rows))]:
            finding_rows.row_identity(row)
            of_system = finding_rows.parse_vulnerability(row)
            of_lists = [of_system, finding_rows.parse_group(row), finding_rows.parse_file(row)]
            of_lists += [finding_rows.parse_baseline(row, "u"), finding_rows.parse_sensitive_file(row, "u")]
            for finding in (finding for one in of_lists for finding in one.findings):
                assert finding.id
                assert finding.status is FindingStatus.OPEN
                assert finding.is_fixable is None
                assert finding.severity not in {Severity.CRITICAL, Severity.NONE}


def _huawei_instance(data: bytes) -> None:
    with suppress(GateError):
        document = {**parse_json_object(_response(data)), "digest": a_digest()}
        shown = parse_artifact(ImageRef(namespace="team", name="web", digest=a_digest()), document)
        image, stated = shown.image, document.get("scan_overview")
        reports = stated if isinstance(stated, dict) else {}
        if image.is_risky is False:
            assert [one["summary"]["total"] for key, one in reports.items() if "vulnerability" in key.lower()] == [0]
            assert shown.started_at
            assert image.scanned_at
            assert shown.started_at <= image.scanned_at
        assert image.state is ImageState.SCANNED or image.is_risky is None
        for finding in listed(image, reports, shown.started_at).findings or ():
            assert finding.id
            assert finding.is_fixable in {True, None}


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _call_in_rotation(data: bytes) -> Callable[..., dict[str, object]]:
    """Returns the bodies, which are separated by empty lines, in rotation for every request."""
    bodies, numbers = data.split(b"\n\n"), count()

    def call(*_arguments: object, **_attributes: object) -> dict[str, object]:
        number = next(numbers)
        # An invalid body ends an endless list early; reading one to the limit takes long, and is tested elsewhere.
        return parse_json_object(_response(bodies[number % len(bodies)] if number < len(bodies) + 3 else b""))

    return call


def _alibaba_pages(data: bytes) -> None:
    for key in ("OnceTasks", "ImageInstanceList"):
        with suppress(GateError):
            pages.fetch_all_rows(_call_in_rotation(data), key, what="rows", identity=repr)


def _no_images() -> HuaweiImageScans:
    raise AssertionError("a task is read without images")


def _huawei_pages(data: bytes) -> None:
    selection = Selection(list_type=IMAGE_SCAN, scope=(), filters=(), page_size=_PAGE_SIZE)
    with suppress(GateError):
        hss = Hss(_api_client(data), lambda: "0a1b2c")
        task = newest_task(HuaweiCloud(hss, selection, place="", images=_no_images, release=_no_images))
        if task is not None:
            _judge_and_report(task)


def _iam_projects(data: bytes) -> None:
    with suppress(GateError):
        result = find_project(_api_client(data), "cn-north-4")
        assert result
        assert result.isascii()
        assert result.isprintable()


def _api_client(data: bytes) -> ApiClient:
    return cast("ApiClient", SimpleNamespace(call=_call_in_rotation(data)))


def _options(data: bytes) -> None:
    for option in OPTIONS:
        with suppress(ValueError):
            option.parse(_text(data))


def _config_file(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file, suppress(GateError):
        file.write(data)
        file.flush()
        values = config_values(Path(file.name), [option.name for option in OPTIONS])
        for option in OPTIONS:
            with suppress(ValueError):
                option.parse(str(values.get(option.name, "")))


def _image_reference(data: bytes) -> None:
    with suppress(ValueError):
        text = _text(data)
        assert str(image_reference(text)) == text


def _images_file(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file, suppress(ValueError):
        file.write(data)
        file.flush()
        assert all(listed.image.namespace and listed.image.name for listed in images_from(file.name))


def _credentials(data: bytes) -> None:
    first, _, second = _text(data).partition("\n")
    with suppress(GateError):
        result = find_credentials({OURS.access_key_id: first, OURS.access_key_secret: second}, ())
        assert all(secret.isascii() and secret.isprintable() for secret in result.secrets)


def _claims(data: bytes) -> None:
    for token in (a_token(data), _text(data)):
        described = describe_claims(token, NOW)
        assert one_line(described, len(described)) == described
        assert isinstance(audiences_of(token), tuple)


def _redaction(data: bytes) -> None:
    secret, _, body = data.partition(b"\n")
    with suppress(UnicodeDecodeError):
        text = secret.decode()
        # The replacement consists of asterisks, which a secret may contain too.
        assert len(text) < 8 or "*" in text or secret not in Redactor([text]).redact(body)


def _outputs(data: bytes) -> None:
    name, _, rest = _text(data).partition("\n")
    task = an_outcome(a_task(id=rest, name=name, raw_state=rest, reason=rest))
    release = a_release(a_risky_image(image=ImageRef(name=name, tag=rest), moved_to=rest))
    for outcome in (task, release):
        read = parse_outputs(github.outputs(outcome))
        assert read.keys() == {*outcome.outputs, "images"}
        assert read["verdict"] == outcome.verdict.decision
        assert len(json.loads(read["images"])) == (outcome is release)
    assert github.command("error", rest, title=name).count("\n") == 1


def _statements(data: bytes) -> None:
    """The statements of a file, and an image that passes only by one that is in it."""
    text = data.decode(errors="ignore")
    with suppress(UsageError):
        found, others = summaries(parse_statements(text, Path("statements")))
        rules = Rules(policy=None, max_age=timedelta(days=1), now=NOW)
        judged = judge_image(ImageRef(digest=a_digest()), found, others, rules)
        assert judged.decision is Decision.UNDECIDED or (judged.by and a_digest() in judged.by.digests)


TARGETS = {
    "json": Target(run=_json_object),
    "headers": Target(
        run=_headers, seeds=(*_DATES, *(b"%b\n%b" % (delay, _DATES[0]) for delay in (*_DATES, *_RETRY_AFTER)))
    ),
    "huawei-error-response": Target(run=_error_response(huawei_errors.read)),
    "alibaba-error-response": Target(run=_error_response(alibaba_errors.read)),
    "huawei-task": Target(run=_huawei_task),
    "alibaba-task": Target(run=_alibaba_task),
    "alibaba-counts": Target(run=_alibaba_counts),
    "alibaba-findings": Target(
        run=_alibaba_findings,
        seeds=(
            (
                b'{"VulRecords": [{"Name": "debian:10:CVE-1", "Related": "CVE-1,CVE-2", "Necessity": "asap", '
                b'"Status": 7, "LastTs": 1, "ExtendContentJson": {"RpmEntityList": [{"Name": "a", "Version": "1"}]}}]}'
            ),
            b'{"BaselineResult": [{"BaselineNameKey": "hc", "HighRiskItemCount": 2, "LowRiskItemCount": 99999999999}]}',
            b'{"GroupedVulItems": [{"Name": "imgsca:a", "AsapCount": 0, "LaterCount": 1, "NntfCount": 2}]}',
        ),
    ),
    "huawei-instance": Target(
        run=_huawei_instance,
        seeds=tuple(
            b'{"scan_overview": {"application/vnd.security.vulnerability.report; version=1.1": {'
            b'"scan_status": "Success", "severity": "%b", "start_time": "2026-01-01T00:00:00Z", '
            b'"end_time": "2026-01-01T00:01:00Z", "summary": {"total": %d, "summary": {"High": %d}}, '
            b'"generated_at": "2026-01-01T00:00:30Z", '
            b'"vulnerabilities": [%b]}}}' % (word, number, number, b'{"id": "CVE-2025-1", "severity": "High"}' * number)
            for word, number in ((b"Security", 0), (b"High", 1))
        ),
    ),
    "alibaba-pages": Target(run=_alibaba_pages),
    "huawei-pages": Target(
        run=_huawei_pages, seeds=(b"\n\n".join(_HUAWEI_PAGES), b"\n\n".join((_HUAWEI_PAGES[0], _NO_ROWS)), *PAYLOADS)
    ),
    "iam-projects": Target(run=_iam_projects, seeds=(*_PROJECTS, *PAYLOADS)),
    "options": Target(run=_options, seeds=(b"90s", b"1.5m", b"none", b"0x10", b"json=a.json", *_TIMES, *_URLS)),
    "config-file": Target(
        run=_config_file,
        seeds=(b'cloud = "huawei"\nmax-risky = 2\nreport = ["json=a.json"]\n', b"max-age = 2026-01-31\nquiet = true\n"),
    ),
    "image-reference": Target(
        run=_image_reference,
        seeds=(b"team/web:1.4.2", b"[::1]:5000/team/shop/web:1@%b" % _DIGEST, b"a.example/team/web@%b" % _DIGEST),
    ),
    "statements": Target(
        run=_statements, seeds=tuple(json.dumps(form(a_statement())).encode() for form in FORMS.values())
    ),
    "images-file": Target(
        run=_images_file,
        seeds=(
            b"# images\nteam/web:1.4.2\n\nteam/api@%b # the second\n" % _DIGEST,
            b'{"containerimage.digest": "%b", "image.name": "team/web:1,team/web:2"}' % _DIGEST,
            b'{"web": {"containerimage.descriptor": {"digest": "%b", "mediaType": "%b"}, "image.name": "team/web"}}'
            % (_DIGEST, b"application/vnd.oci.image.index.v1+json"),
        ),
    ),
    "credentials": Target(run=_credentials, seeds=(b"an-id-of-a-key\nthe-secret-of-a-key", b"id\n")),
    "claims": Target(run=_claims, seeds=(json.dumps(GITHUB_CLAIMS).encode(), b'{"aud": ["a", 7], "exp": 1e300}')),
    "redaction": Target(
        run=_redaction, seeds=(b'the/secret+key\n{"seen": "the\\/secret%2bkey"}', b"12345678\n12345678")
    ),
    "outputs": Target(run=_outputs, seeds=(b"name\nEOF\nverdict=passed\nEOF", b"::error::\n%0A::x")),
}
"""The targets by name."""
