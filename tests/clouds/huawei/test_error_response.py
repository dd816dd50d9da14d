"""What Huawei Cloud means when it says no: its documented errors, and what else may stand where its answer should."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.error_response import CloudError
from gate.clouds.huawei.error_response import error_in, read
from gate.errors import (
    ExitCode,
    GateError,
    NotAuthorised,
    NotUnderstood,
    Refused,
    Throttled,
    TruncatedResponse,
    Unreachable,
)
from tests.clouds.builders import a_response

if TYPE_CHECKING:
    from gate.clouds.response import Response

HTML = "<!DOCTYPE html><html><title>Sign in</title></html>"
DENIED, ELSEWHERE = ExitCode.NOT_AUTHORISED, ExitCode.CLOUD_UNAVAILABLE


def hss(code: str, message: str = "no") -> str:
    return json.dumps({"error_code": code, "error_description": message, "error_msg": message})


def gateway(code: str, message: str = "no") -> str:
    return json.dumps({"error_msg": message, "error_code": code, "request_id": "0" * 32})


def iam(code: int, message: str = "no") -> str:
    return json.dumps({"error": {"code": code, "message": message, "title": "Unauthorized"}})


def refusal(answer: Response) -> GateError:
    with pytest.raises(GateError) as caught:
        read(answer)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "error", "exit_code", "named"),
    [
        # HSS: every error of it is a 400, so its code decides.
        (400, hss("HSS.0001", "Invalid parameter."), Refused, ELSEWHERE, "HTTP 400, HSS.0001: Invalid parameter."),
        (400, hss("HSS.0002"), Refused, ELSEWHERE, "HSS.0002"),
        (400, hss("HSS.0010", "Access denied."), NotAuthorised, DENIED, "HTTP 400, HSS.0010: Access denied."),
        (400, hss("HSS.0011"), Refused, ELSEWHERE, "--project-id"),
        (400, hss("HSS.0013"), NotAuthorised, DENIED, "HSS ReadOnlyAccess"),
        (400, hss("HSS.0014"), Refused, ELSEWHERE, "HSS.0014"),
        (400, hss("HSS.1005", "无效的策略信息"), Refused, ELSEWHERE, "HSS.1005: 无效的策略信息"),
        (500, hss("HSS.0041"), Unreachable, ELSEWHERE, "HSS.0041"),
        # The gateway in front of it.
        (404, gateway("APIGW.0101"), Refused, ELSEWHERE, "--region"),
        (400, gateway("APIGW.0201"), Refused, ELSEWHERE, "APIGW.0201"),
        (413, gateway("APIGW.0201"), Refused, ELSEWHERE, "HTTP 413"),
        (502, gateway("APIGW.0201", "Backend unavailable"), Unreachable, ELSEWHERE, "Backend unavailable"),
        (504, gateway("APIGW.0201"), Unreachable, ELSEWHERE, "HTTP 504"),
        (500, gateway("APIGW.0601"), Unreachable, ELSEWHERE, "APIGW.0601"),
        (401, gateway("APIGW.0301"), NotAuthorised, DENIED, "clock"),
        (403, gateway("APIGW.0302"), NotAuthorised, DENIED, "permissions"),
        (401, gateway("APIGW.0303"), NotAuthorised, DENIED, "APIGW.0303"),
        (401, gateway("APIGW.0305"), NotAuthorised, DENIED, "APIGW.0305"),
        (403, gateway("APIGW.0306"), NotAuthorised, DENIED, "APIGW.0306"),
        (401, gateway("APIGW.0307"), NotAuthorised, DENIED, "Get a new token"),
        (429, gateway("APIGW.0308"), Throttled, ELSEWHERE, "5 times a minute"),
        (429, gateway("APIG.0308"), Throttled, ELSEWHERE, "HTTP 429, APIGW.0308: no"),
        (400, gateway("APIGW.0308"), Throttled, ELSEWHERE, "HTTP 400"),
        (400, gateway("APIG.0308"), Throttled, ELSEWHERE, "HTTP 400, APIGW.0308: no"),
        (401, gateway("APIG.0301"), NotAuthorised, DENIED, "clock"),
        (400, gateway("APIG.0301"), NotAuthorised, DENIED, "HTTP 400, APIGW.0301: no"),
        (401, gateway("APIG.0307"), NotAuthorised, DENIED, "Get a new token"),
        (404, gateway("APIG.0101"), Refused, ELSEWHERE, "HTTP 404, APIGW.0101: no"),
        (400, gateway("MY.APIG.0308"), Refused, ELSEWHERE, "MY.APIG.0308"),
        (403, gateway("APIGW.0310"), NotAuthorised, DENIED, "APIGW.0310"),
        (403, gateway("APIGW.0401"), NotAuthorised, DENIED, "APIGW.0401"),
        (400, gateway("APIGW.0602"), Refused, ELSEWHERE, "APIGW.0602"),
        (500, gateway("APIGW.0605"), Unreachable, ELSEWHERE, "APIGW.0605"),
        (502, gateway("APIGW.0610"), Unreachable, ELSEWHERE, "APIGW.0610"),
        (503, gateway("APIGW.0613"), Unreachable, ELSEWHERE, "APIGW.0613"),
        (403, gateway("APIGW.0802"), NotAuthorised, DENIED, "APIGW.0802"),
        # IAM, in each of its shapes.
        (401, iam(401, "The username or password is wrong."), NotAuthorised, DENIED, "401: The username or password"),
        (403, iam(403), NotAuthorised, DENIED, "HTTP 403, 403"),
        (404, iam(404), Refused, ELSEWHERE, "HTTP 404, 404"),
        (500, iam(500), Unreachable, ELSEWHERE, "HTTP 500, 500"),
        (401, gateway("IAM.0001"), NotAuthorised, DENIED, "IAM.0001"),
        (400, gateway("IAM.0011"), Refused, ELSEWHERE, "IAM.0011"),
        (403, gateway("IAM.0003"), NotAuthorised, DENIED, "IAM.0003"),
        # An error under a status that says success.
        (200, hss("HSS.0010"), NotAuthorised, DENIED, "HTTP 200, HSS.0010"),
        (200, hss("HSS.0001"), Refused, ELSEWHERE, "HTTP 200, HSS.0001"),
        (200, gateway("APIGW.0308"), Throttled, ELSEWHERE, "HTTP 200, APIGW.0308"),
        (200, '{"error_code": 1, "error_description": "not synchronised"}', Refused, ELSEWHERE, "1: not synchronised"),
        (200, '{"data_list": [], "total_num": 0, "error_code": "HSS.0011"}', Refused, ELSEWHERE, "HSS.0011"),
        # No error of the cloud at all.
        (401, HTML, NotAuthorised, DENIED, "HTTP 401"),
        (403, "", NotAuthorised, DENIED, "HTTP 403"),
        (429, HTML, Throttled, ELSEWHERE, "HTTP 429"),
        (502, HTML, Unreachable, ELSEWHERE, "HTTP 502"),
        (503, "", Unreachable, ELSEWHERE, "HTTP 503"),
        (599, "{}", Unreachable, ELSEWHERE, "HTTP 599"),
        (408, "", Unreachable, ELSEWHERE, "HTTP 408"),
        (425, HTML, Unreachable, ELSEWHERE, "HTTP 425"),
        (408, gateway("APIGW.0201"), Unreachable, ELSEWHERE, "HTTP 408, APIGW.0201"),
        (511, HTML, NotUnderstood, ELSEWHERE, "HTTP 511"),
        (511, "", NotUnderstood, ELSEWHERE, "proxy"),
        (510, "", Unreachable, ELSEWHERE, "HTTP 510"),
        (512, "", Unreachable, ELSEWHERE, "HTTP 512"),
        (400, HTML, NotUnderstood, ELSEWHERE, "HTTP 400"),
        (404, "[]", NotUnderstood, ELSEWHERE, "HTTP 404"),
        (407, "", NotUnderstood, ELSEWHERE, "proxy"),
        (302, "", NotUnderstood, ELSEWHERE, "redirect"),
        (304, "", NotUnderstood, ELSEWHERE, "HTTP 304"),
        (204, "", NotUnderstood, ELSEWHERE, "HTTP 204"),
        (201, '{"data_list": [], "total_num": 0}', NotUnderstood, ELSEWHERE, "HTTP 201"),
        (206, '{"data_list": [], "total_num": 0}', NotUnderstood, ELSEWHERE, "HTTP 206"),
        (200, HTML, NotUnderstood, ELSEWHERE, "web page"),
        (200, "", TruncatedResponse, ELSEWHERE, "not JSON"),
        (200, "[]", NotUnderstood, ELSEWHERE, "not an object"),
    ],
)
def test_each_refusal_has_its_class_its_exit_code_and_names_what_helps(
    status: int, body: str, error: type[GateError], exit_code: ExitCode, named: str
) -> None:
    found = refusal(a_response(body, status))

    assert (type(found), found.exit_code) == (error, exit_code)
    assert named in str(found)
    assert found.means or error is NotUnderstood
    assert found.remedy


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"data_list": [], "total_num": 0}',
        '{"error_code": 0, "error_description": "", "data_list": []}',
        '{"error_code": "0", "data_list": []}',
        '{"error_code": "", "error_msg": ""}',
        '{"error_code": null, "error_msg": null}',
        '{"data_list": [{"error_code": "HSS.0010"}]}',
        '{"data_list": [{"error": {"code": 7}, "error_msg": "no", "errors": ["x"]}], "a": {"b": [{"error": "x"}]}}',
        *(
            f'{{"{name}": {harmless}, "data_list": []}}'
            for name in ("error_msg", "error", "errors", "code", "error_code")
            for harmless in ("null", "0", '""', "[]", "{}")
        ),
        '{"a": {"b": {"error": null, "errors": [], "error_msg": "", "code": 0}}, "data_list": []}',
        '{"projects": [], "links": {"self": "https://iam.example/v3/projects", "next": null}}',
    ],
)
def test_a_200_without_an_error_in_it_is_the_answer(body: str) -> None:
    assert read(a_response(body)) == json.loads(body)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"error_code": "A.1", "error_msg": "m"}, CloudError(code="A.1", message="m")),
        ({"errorCode": "A.1", "errorMsg": "m"}, CloudError(code="A.1", message="m")),
        ({"code": 401, "message": "m"}, CloudError(code="401", message="m")),
        ({"error_code": "A.1", "error_description": "m"}, CloudError(code="A.1", message="m")),
        ({"error_code": "A.1"}, CloudError(code="A.1")),
        ({"error": {"code": 401, "message": "m", "title": "t"}}, CloudError(code="401", message="m")),
        ({"request_id": "r", "detail": {"error_code": "A.1", "error_msg": "m"}}, CloudError(code="A.1", message="m")),
        ({"error_code": "A.1", "error": {"code": "B.2"}}, CloudError(code="A.1")),
        ({"error_code": "0", "error": {"code": "B.2"}}, CloudError(code="B.2")),
        ({"error_msg": "no code"}, CloudError(code="error_msg", message="no code")),
        ({"error": "unauthorized"}, CloudError(code="error", message="unauthorized")),
        ({"errors": ["a", "b"]}, CloudError(code="errors", message="['a', 'b']")),
        ({"error": True, "message": "m"}, CloudError(code="error", message="m")),
        ({"error_code": "APIG.0301", "error_msg": "m"}, CloudError(code="APIGW.0301", message="m")),
        ({"error_code": None, "errorCode": 0, "code": 7}, CloudError(code="7")),
        ({"code": "A.1", "error_msg": None, "message": "m"}, CloudError(code="A.1", message="m")),
        ({"a": {}, "b": {"c": {"d": {"error": "deep"}}}}, CloudError(code="error", message="deep")),
        ({"error": {"error": {"errors": {"code": "A.1"}}}}, CloudError(code="A.1")),
        ({"a": [{"error_code": "A.1"}]}, CloudError()),
        ({"error": []}, CloudError()),
        ({}, CloudError()),
    ],
    ids=repr,
)
def test_an_error_is_found_in_each_of_its_shapes(document: dict[str, Any], expected: CloudError) -> None:
    assert error_in(document) == expected


ERRORS: list[dict[str, Any]] = [
    {"error_msg": "no"},
    {"error_msg": ["no"]},
    {"error": "no"},
    {"error": True},
    {"error": ["no"]},
    {"errors": ["no"]},
    {"errors": [{}]},
    {"code": "A.1"},
    {"code": 200},
    {"error_code": "A.1"},
    {"error_code": 1},
    {"error_code": {"a": 1}},
    {"code": None, "error_code": "A.1"},
    {"error_code": None, "code": "A.1"},
    {"error": None, "errors": ["no"]},
    {"error": "", "error_msg": "no"},
    {"error_code": 0, "error_msg": "no"},
]


@pytest.mark.parametrize("error", ERRORS, ids=ascii)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("is_first", [True, False], ids=["before-the-data", "behind-the-data"])
def test_an_error_beside_data_is_a_refusal(error: dict[str, Any], depth: int, *, is_first: bool) -> None:
    """Half an answer is not an answer: the task that counts may be in the other half."""
    for _ in range(depth):
        error = {"part": error}
    data: dict[str, Any] = {"data_list": [], "total_num": 0, "page": {"next": None}}
    document = {**error, **data} if is_first else {**data, **error}

    assert isinstance(refusal(a_response(json.dumps(document))), Refused)


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "no"}},
        {"error": {"title": "Unauthorized"}},
        {"errors": {"a": ["no"]}},
        {"error": {"x": 1}, "error_msg": "no"},
        {"error": "0", "errors": ["no"]},
        {"error_code": "0", "error_msg": "no"},
        {"error_code": " "},
        {"error_code": "\u202e"},
    ],
    ids=ascii,
)
def test_an_error_without_a_code_that_can_be_read_is_one_all_the_same(error: dict[str, Any]) -> None:
    """And no harmless part of it hides another."""
    assert isinstance(refusal(a_response(json.dumps({"data_list": [], "total_num": 0, **error}))), Refused)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("depth", [100, 600])
def test_an_object_however_deep_is_read_or_not_understood(status: int, depth: int) -> None:
    with suppress(NotUnderstood):
        read(a_response('{"a":' * depth + "1" + "}" * depth, status))


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("name", ["error_code", "error_msg", "error"])
def test_no_error_is_so_deep_that_it_can_be_parsed_but_not_cited(status: int, name: str) -> None:
    """Python's own limit is met at another depth by whoever writes a list than by whoever read it."""
    for depth in range(700, 1000):
        within = f'{{"{name}": {"[" * depth}1{"]" * depth}}}'
        with pytest.raises(NotUnderstood):
            read(a_response('{"a":' * 20 + within + "}" * 20, status))


# When to come back.


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute", 1.5),
        ("The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second", 0.2),
        ("policy user over ratelimit,limit:5,time:1 minute", 12.0),
        ("policy api over ratelimit,limit:1000,time:2 hour", 7.2),
        ("policy user over ratelimit,limit:0,time:1 minute", 60.0),
        ("policy user over ratelimit,limit:5,time:1 day", None),
        ("policy user over ratelimit,limit:5,time:9999999 second", None),
        ("policy user over ratelimit,limit:9999999,time:1 second", None),
        ("policy user over ratelimit,limit:5,time:-1 second", None),
        ("time:1 minute", None),
        ("", None),
    ],
)
def test_a_quota_that_is_used_up_says_how_often_it_frees_a_call(message: str, expected: float | None) -> None:
    found = refusal(a_response(gateway("APIGW.0308", message), 429))

    assert isinstance(found, Throttled)
    assert (found.seconds_per_call, found.retry_after) == (expected, None)


@pytest.mark.parametrize(("header", "expected"), [("7", 7.0), ("soon", None)])
def test_a_quota_that_is_used_up_may_say_when_to_come_back(header: str, expected: float | None) -> None:
    message = "policy user over ratelimit,limit:5,time:1 minute"

    found = refusal(a_response(gateway("APIGW.0308", message), 429, retry_after=header))

    assert isinstance(found, Throttled)
    assert (found.seconds_per_call, found.retry_after) == (12.0, expected)


@pytest.mark.parametrize("status", [408, 425, 500, 503])
@pytest.mark.parametrize(("headers", "expected"), [({}, None), ({"retry_after": "120"}, 120.0)], ids=repr)
def test_a_broken_service_may_say_when_to_come_back(
    status: int, headers: dict[str, str], expected: float | None
) -> None:
    found = refusal(a_response(HTML, status, **headers))

    assert isinstance(found, Unreachable)
    assert found.retry_after == expected


# Foreign text.


@pytest.mark.parametrize(("status", "length"), [(400, 3000), (401, 3000), (429, 3000), (500, 3000), (200, 100_000)])
def test_foreign_text_in_a_message_is_one_line_and_bounded(status: int, length: int) -> None:
    """A message of the cloud goes to the log of a CI host, which reads commands from it."""
    evil = "\r\n::error::x\x1b[31m\u202e\u2028\x00\ud800"
    found = refusal(a_response(hss(f"HSS.9999{evil}" + "c" * length, f"{evil}" + "m" * length), status))

    assert len(str(found)) < 800
    assert str(found).isprintable()
    assert "HSS.9999" in str(found)
    assert "mmm" in str(found)
