"""Each error response of Huawei Cloud, documented or not, becomes the right error of the gate."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.error_response import CloudError
from gate.clouds.huawei.error_response import find_error, read
from gate.errors import (
    ExitCode,
    ForeignResponse,
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
NOT_AUTHORISED, UNAVAILABLE = ExitCode.NOT_AUTHORISED, ExitCode.CLOUD_UNAVAILABLE


def hss(code: str, message: str = "no") -> str:
    return json.dumps({"error_code": code, "error_description": message, "error_msg": message})


def gateway(code: str, message: str = "no") -> str:
    return json.dumps({"error_msg": message, "error_code": code, "request_id": "0" * 32})


def iam(code: int, message: str = "no") -> str:
    return json.dumps({"error": {"code": code, "message": message, "title": "Unauthorized"}})


def error_of(response: Response) -> GateError:
    with pytest.raises(GateError) as caught:
        read(response)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "error", "exit_code", "named"),
    [
        # HSS sends every error with status 400, so the code decides.
        (400, hss("HSS.0001", "Invalid parameter."), Refused, UNAVAILABLE, "(HTTP 400, HSS.0001: Invalid parameter)."),
        (400, hss("HSS.0002"), Refused, UNAVAILABLE, "HSS.0002"),
        (400, hss("HSS.0010", "Access denied."), NotAuthorised, NOT_AUTHORISED, "(HTTP 400, HSS.0010: Access denied)."),
        (400, hss("HSS.0011"), Refused, UNAVAILABLE, "--project-id"),
        (400, hss("HSS.0013"), NotAuthorised, NOT_AUTHORISED, "HSS ReadOnlyAccess"),
        (400, hss("HSS.0014"), Refused, UNAVAILABLE, "HSS.0014"),
        (400, hss("HSS.1005", "无效的策略信息"), Refused, UNAVAILABLE, "HSS.1005: 无效的策略信息"),
        (500, hss("HSS.0041"), Unreachable, UNAVAILABLE, "HSS.0041"),
        # The API gateway in front of HSS.
        (404, gateway("APIGW.0101"), Refused, UNAVAILABLE, "--region"),
        (400, gateway("APIGW.0201"), Refused, UNAVAILABLE, "APIGW.0201"),
        (413, gateway("APIGW.0201"), Refused, UNAVAILABLE, "HTTP 413"),
        (502, gateway("APIGW.0201", "Backend unavailable"), Unreachable, UNAVAILABLE, "Backend unavailable"),
        (504, gateway("APIGW.0201"), Unreachable, UNAVAILABLE, "HTTP 504"),
        (500, gateway("APIGW.0601"), Unreachable, UNAVAILABLE, "APIGW.0601"),
        (401, gateway("APIGW.0301"), NotAuthorised, NOT_AUTHORISED, "clock"),
        (403, gateway("APIGW.0302"), NotAuthorised, NOT_AUTHORISED, "lacks a permission"),
        (401, gateway("APIGW.0303"), NotAuthorised, NOT_AUTHORISED, "APIGW.0303"),
        (401, gateway("APIGW.0305"), NotAuthorised, NOT_AUTHORISED, "APIGW.0305"),
        (403, gateway("APIGW.0306"), NotAuthorised, NOT_AUTHORISED, "APIGW.0306"),
        (401, gateway("APIGW.0307"), NotAuthorised, NOT_AUTHORISED, "Get a new token"),
        (429, gateway("APIGW.0308"), Throttled, UNAVAILABLE, "5 times a minute"),
        (429, gateway("APIG.0308"), Throttled, UNAVAILABLE, "HTTP 429, APIGW.0308: no"),
        (400, gateway("APIGW.0308"), Throttled, UNAVAILABLE, "HTTP 400"),
        (400, gateway("APIG.0308"), Throttled, UNAVAILABLE, "HTTP 400, APIGW.0308: no"),
        (401, gateway("APIG.0301"), NotAuthorised, NOT_AUTHORISED, "clock"),
        (400, gateway("APIG.0301"), NotAuthorised, NOT_AUTHORISED, "HTTP 400, APIGW.0301: no"),
        (401, gateway("APIG.0307"), NotAuthorised, NOT_AUTHORISED, "Get a new token"),
        (404, gateway("APIG.0101"), Refused, UNAVAILABLE, "HTTP 404, APIGW.0101: no"),
        (400, gateway("MY.APIG.0308"), Refused, UNAVAILABLE, "MY.APIG.0308"),
        (403, gateway("APIGW.0310"), NotAuthorised, NOT_AUTHORISED, "APIGW.0310"),
        (403, gateway("APIGW.0401"), NotAuthorised, NOT_AUTHORISED, "APIGW.0401"),
        (400, gateway("APIGW.0602"), Refused, UNAVAILABLE, "APIGW.0602"),
        (500, gateway("APIGW.0605"), Unreachable, UNAVAILABLE, "APIGW.0605"),
        (502, gateway("APIGW.0610"), Unreachable, UNAVAILABLE, "APIGW.0610"),
        (503, gateway("APIGW.0613"), Unreachable, UNAVAILABLE, "APIGW.0613"),
        (403, gateway("APIGW.0802"), NotAuthorised, NOT_AUTHORISED, "APIGW.0802"),
        # IAM, in each of its formats.
        (
            401,
            iam(401, "The username or password is wrong."),
            NotAuthorised,
            NOT_AUTHORISED,
            "401: The username or password",
        ),
        (403, iam(403), NotAuthorised, NOT_AUTHORISED, "HTTP 403, 403"),
        (404, iam(404), Refused, UNAVAILABLE, "HTTP 404, 404"),
        (500, iam(500), Unreachable, UNAVAILABLE, "HTTP 500, 500"),
        (401, gateway("IAM.0001"), NotAuthorised, NOT_AUTHORISED, "IAM.0001"),
        (400, gateway("IAM.0011"), Refused, UNAVAILABLE, "IAM.0011"),
        (403, gateway("IAM.0003"), NotAuthorised, NOT_AUTHORISED, "IAM.0003"),
        # An error with status 200.
        (200, hss("HSS.0010"), NotAuthorised, NOT_AUTHORISED, "HTTP 200, HSS.0010"),
        (200, hss("HSS.0001"), Refused, UNAVAILABLE, "HTTP 200, HSS.0001"),
        (200, gateway("APIGW.0308"), Throttled, UNAVAILABLE, "HTTP 200, APIGW.0308"),
        (
            200,
            '{"error_code": 1, "error_description": "not synchronised"}',
            Refused,
            UNAVAILABLE,
            "1: not synchronised",
        ),
        (200, '{"data_list": [], "total_num": 0, "error_code": "HSS.0011"}', Refused, UNAVAILABLE, "HSS.0011"),
        # Responses without an error of the cloud.
        (401, HTML, ForeignResponse, UNAVAILABLE, "(HTTP 401, a page with the title 'Sign in')"),
        (403, "", ForeignResponse, UNAVAILABLE, "HTTP 403"),
        (401, gateway("APIGW.9999"), Refused, UNAVAILABLE, "about access"),
        (403, hss("HSS.0099"), Refused, UNAVAILABLE, "about access"),
        (429, HTML, Throttled, UNAVAILABLE, "HTTP 429"),
        (502, HTML, Unreachable, UNAVAILABLE, "HTTP 502"),
        (503, "", Unreachable, UNAVAILABLE, "HTTP 503"),
        (599, "{}", Unreachable, UNAVAILABLE, "HTTP 599"),
        (408, "", Unreachable, UNAVAILABLE, "HTTP 408"),
        (425, HTML, Unreachable, UNAVAILABLE, "HTTP 425"),
        (408, gateway("APIGW.0201"), Unreachable, UNAVAILABLE, "HTTP 408, APIGW.0201"),
        (511, HTML, ForeignResponse, UNAVAILABLE, "HTTP 511"),
        (511, "", ForeignResponse, UNAVAILABLE, "proxy"),
        (510, "", Unreachable, UNAVAILABLE, "HTTP 510"),
        (512, "", Unreachable, UNAVAILABLE, "HTTP 512"),
        (400, HTML, ForeignResponse, UNAVAILABLE, "HTTP 400"),
        (404, "[]", ForeignResponse, UNAVAILABLE, "HTTP 404"),
        (407, "", ForeignResponse, UNAVAILABLE, "proxy"),
        (302, "", ForeignResponse, UNAVAILABLE, "redirect"),
        (304, "", ForeignResponse, UNAVAILABLE, "HTTP 304"),
        (204, "", ForeignResponse, UNAVAILABLE, "HTTP 204"),
        (201, '{"data_list": [], "total_num": 0}', ForeignResponse, UNAVAILABLE, "HTTP 201"),
        (206, '{"data_list": [], "total_num": 0}', ForeignResponse, UNAVAILABLE, "HTTP 206"),
        (200, HTML, NotUnderstood, UNAVAILABLE, "web page"),
        (200, "", TruncatedResponse, UNAVAILABLE, "not JSON"),
        (200, "[]", NotUnderstood, UNAVAILABLE, "not an object"),
    ],
)
def test_each_error_response_has_an_error_class_an_exit_code_and_a_remedy(
    status: int, body: str, error: type[GateError], exit_code: ExitCode, named: str
) -> None:
    is_iam = '"title": "Unauthorized"' in body
    operation = f"GET /{'v3/projects' if is_iam else 'v5/0/image/tasks'}"
    found = error_of(replace(a_response(body, status), operation=operation))

    assert (type(found), found.exit_code) == (error, exit_code)
    assert named in str(found)
    assert found.means or error is NotUnderstood
    assert found.remedy


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("code", [401, 403, "401", "403"], ids=repr)
def test_a_mere_status_in_the_json_of_some_gateway_says_nothing_about_credentials(code: object, status: int) -> None:
    """Only IAM's version 3 has such codes, and HSS has not."""
    body = json.dumps({"kind": "Status", "code": code, "message": "blocked"})
    found = error_of(replace(a_response(body, status), operation="GET /v5/0/image/tasks"))

    assert isinstance(found, Refused)


def test_a_used_up_quota_of_iam_is_not_explained_by_that_of_the_tasks() -> None:
    response = a_response(gateway("APIGW.0308"), 429)
    of_iam, of_hss = (
        error_of(replace(response, operation=name)).means for name in ("GET /v3/projects", "GET /v5/0/image/tasks")
    )

    assert of_iam == "All jobs of the account share the requests that IAM allows."
    assert "5 times a minute" in of_hss


@pytest.mark.parametrize("code", ["APIGW.0301", "APIGW.0303", "APIGW.0307", "IAM.0001"])
def test_where_a_token_was_given_no_advice_is_about_key_pairs(code: str) -> None:
    with pytest.raises(NotAuthorised) as caught:
        read(a_response(gateway(code), 401), by_token=True)

    assert caught.value.remedy.startswith("Get a new token; ")


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
            f'{{"{name}": {empty}, "data_list": []}}'
            for name in ("error_msg", "error", "errors", "code", "error_code")
            for empty in ("null", "0", '""', "[]", "{}")
        ),
        '{"a": {"b": {"error": null, "errors": [], "error_msg": "", "code": 0}}, "data_list": []}',
        '{"projects": [], "links": {"self": "https://iam.example/v3/projects", "next": null}}',
    ],
)
def test_the_document_of_a_200_without_an_error_is_returned(body: str) -> None:
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
def test_an_error_is_found_in_each_of_its_formats(document: dict[str, Any], expected: CloudError) -> None:
    assert find_error(document) == expected


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
@pytest.mark.parametrize("is_first", [True, False], ids=["before-the-data", "after-the-data"])
def test_an_error_beside_data_is_an_error(error: dict[str, Any], depth: int, *, is_first: bool) -> None:
    """The data may be incomplete, and the task that matters may be missing."""
    for _ in range(depth):
        error = {"part": error}
    data: dict[str, Any] = {"data_list": [], "total_num": 0, "page": {"next": None}}
    document = {**error, **data} if is_first else {**data, **error}

    assert isinstance(error_of(a_response(json.dumps(document))), Refused)


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
def test_an_error_without_a_printable_code_is_an_error_too(error: dict[str, Any]) -> None:
    """And an empty part of it does not hide another part."""
    assert isinstance(error_of(a_response(json.dumps({"data_list": [], "total_num": 0, **error}))), Refused)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("depth", [100, 600])
def test_a_deeply_nested_object_is_parsed_or_not_understood(status: int, depth: int) -> None:
    with suppress(NotUnderstood):
        read(a_response('{"a":' * depth + "1" + "}" * depth, status))


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("name", ["error_code", "error_msg", "error"])
def test_a_deeply_nested_error_is_not_understood(status: int, name: str) -> None:
    """Python's recursion limit is reached at another depth by `repr` than by the JSON parser."""
    for depth in range(700, 1000):
        document = f'{{"{name}": {"[" * depth}1{"]" * depth}}}'
        with pytest.raises(NotUnderstood):
            read(a_response('{"a":' * 20 + document + "}" * 20, status))


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
def test_a_used_up_quota_states_the_seconds_per_call(message: str, expected: float | None) -> None:
    found = error_of(a_response(gateway("APIGW.0308", message), 429))

    assert isinstance(found, Throttled)
    assert (found.seconds_per_call, found.retry_after) == (expected, None)


@pytest.mark.parametrize(("header", "expected"), [("7", 7.0), ("soon", None)])
def test_a_used_up_quota_may_come_with_retry_after(header: str, expected: float | None) -> None:
    message = "policy user over ratelimit,limit:5,time:1 minute"

    found = error_of(a_response(gateway("APIGW.0308", message), 429, retry_after=header))

    assert isinstance(found, Throttled)
    assert (found.seconds_per_call, found.retry_after) == (12.0, expected)


@pytest.mark.parametrize("status", [408, 425, 500, 503])
@pytest.mark.parametrize(("headers", "expected"), [({}, None), ({"retry_after": "120"}, 120.0)], ids=repr)
def test_an_unavailable_service_may_send_retry_after(
    status: int, headers: dict[str, str], expected: float | None
) -> None:
    found = error_of(a_response(HTML, status, **headers))

    assert isinstance(found, Unreachable)
    assert found.retry_after == expected


@pytest.mark.parametrize(("status", "length"), [(400, 3000), (401, 3000), (429, 3000), (500, 3000), (200, 100_000)])
def test_text_of_the_cloud_in_a_message_is_one_short_line(status: int, length: int) -> None:
    """Messages go to the log of a CI system, which executes commands in it."""
    hostile = "\r\n::error::x\x1b[31m\u202e\u2028\x00\ud800"
    found = error_of(a_response(hss(f"HSS.9999{hostile}" + "c" * length, f"{hostile}" + "m" * length), status))

    assert len(str(found)) < 800
    assert str(found).isprintable()
    assert "HSS.9999" in str(found)
    assert "mmm" in str(found)


@pytest.mark.parametrize(
    ("operation", "remedy"), [("GET /v5/p1/image/tasks", "HSS ReadOnlyAccess"), ("GET /v3/projects", "--project-id")]
)
def test_a_forbidden_call_is_named_with_the_permission_that_it_needs(operation: str, remedy: str) -> None:
    error = error_of(replace(a_response(hss("HSS.0013"), 403), operation=operation))

    assert f"does not let this user call {operation} (" in error.happened
    assert remedy in error.remedy
