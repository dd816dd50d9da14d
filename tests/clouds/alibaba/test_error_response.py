"""Each error response of Alibaba Cloud, documented or not, becomes the right error of the gate."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.error_response import UnknownInRegistry, action, find_error, read, read_registry
from gate.clouds.error_response import CloudError
from gate.errors import (
    ExitCode,
    ForeignResponse,
    GateError,
    NotAuthorised,
    NotUnderstood,
    Refused,
    ScanQuotaUsedUp,
    Throttled,
    TruncatedResponse,
    Unreachable,
)
from tests.clouds.builders import a_response

if TYPE_CHECKING:
    from gate.clouds.response import Response

HTML = "<!DOCTYPE html><html><title>Sign in</title></html>"
XML = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>Throttling.User</Code></Error>"
DATA: dict[str, Any] = {"RequestId": "r", "TaskId": "0" * 32, "TaskInfo": {"Status": "SUCCESS", "Result": "SUCCESS"}}
EXIT = {
    NotAuthorised: ExitCode.NOT_AUTHORISED,
    Throttled: ExitCode.CLOUD_UNAVAILABLE,
    Unreachable: ExitCode.CLOUD_UNAVAILABLE,
    Refused: ExitCode.CLOUD_UNAVAILABLE,
    ScanQuotaUsedUp: ExitCode.CLOUD_UNAVAILABLE,
    UnknownInRegistry: ExitCode.CLOUD_UNAVAILABLE,
    NotUnderstood: ExitCode.CLOUD_UNAVAILABLE,
    ForeignResponse: ExitCode.CLOUD_UNAVAILABLE,
    TruncatedResponse: ExitCode.CLOUD_UNAVAILABLE,
}


def gateway(code: str, message: str = "no") -> str:
    return json.dumps(
        {
            "RequestId": "0A1B",
            "HostId": "tds.cn-shanghai.aliyuncs.com",
            "Code": code,
            "Message": message,
            "Recommend": f"https://api.aliyun.com/troubleshoot?q={code}&product=Sas",
        }
    )


def error_of(response: Response) -> GateError:
    with pytest.raises(GateError) as caught:
        read(response)
    return caught.value


def error_of_registry(response: Response, operation: str = "GetRepoTag") -> GateError:
    with pytest.raises(GateError) as caught:
        read_registry(replace(response, operation=operation))
    return caught.value


@pytest.mark.parametrize(
    ("code", "statuses", "error", "named"),
    [
        # The documented errors, each with all statuses that it may have (alibaba-security-center.md 5).
        ("NoPermission", (403, 400, 200), NotAuthorised, "Allow yundun-aegis:GetLastOnceTaskInfo"),
        ("Forbidden.RAM", (403,), NotAuthorised, "Allow yundun-aegis:GetLastOnceTaskInfo"),
        ("ServerError", (500, 400, 200), Unreachable, "Try again later"),
        ("ServiceUnavailable", (503, 400, 200), Unreachable, "Try again later"),
        ("InternalError", (500, 400, 200), Unreachable, "Try again later"),
        ("SignatureNonceUsed", (400, 200), Unreachable, "Try again later"),
        ("Throttling", (400, 429, 503, 200), Throttled, "--poll-interval"),
        ("Throttling.User", (400, 429, 403, 200), Throttled, "--poll-interval"),
        ("Throttling.Api", (400, 429, 200), Throttled, "--poll-interval"),
        ("Rejected.Throttling", (400, 429, 200), Throttled, "--poll-interval"),
        ("InvalidTimeStamp.Expired", (400, 403, 200), NotAuthorised, "Correct the clock"),
        ("InvalidTimeStamp.Format", (400,), NotAuthorised, "Correct the clock"),
        ("IllegalTimestamp", (400,), NotAuthorised, "Correct the clock"),
        ("SignatureDoesNotMatch", (400, 403, 200), NotAuthorised, "Check the secret"),
        ("IncompleteSignature", (400, 403), NotAuthorised, "Check the secret"),
        ("InvalidAccessKeyId.NotFound", (404, 400, 403), NotAuthorised, "Check the id"),
        ("InvalidAccessKeyId.Inactive", (400,), NotAuthorised, "Enable the key"),
        ("MissingSecurityToken", (400,), NotAuthorised, "Set the security token too"),
        ("InvalidSecurityToken.Expired", (400, 403), NotAuthorised, "Get a new security token"),
        ("MissingAccessKeyId", (400,), NotAuthorised, "Check the id"),
        ("MissingTaskType", (400, 200), Refused, "--task-type"),
        ("InvalidTaskName", (400,), Refused, "--task-name"),
        ("UnsupportedHTTPMethod", (400,), Refused, "--endpoint"),
        ("InvalidApi.NotFound", (404,), Refused, "--endpoint"),
        ("InvalidProduct.NotFound", (404,), Refused, "--endpoint"),
        ("InvalidProtocol.NeedSsl", (404,), Refused, "--endpoint"),
        ("-101", (400, 200), Refused, "--region"),
        ("UnknownCode", (400, 404, 409, 200), Refused, "--region"),
        ("UnknownCode", (401, 403), Refused, "about access"),
        ("FreeVersionNotPermit", (403, 400), Refused, "free edition"),
        ("BeyondQuata", (400, 200), ScanQuotaUsedUp, "Buy more image scans"),
        ("UnknownCode", (408, 425, 500, 502, 503, 504), Unreachable, "Try again later"),
        ("UnknownCode", (429,), Throttled, "--poll-interval"),
    ],
)
def test_each_error_code_has_an_error_class_an_exit_code_and_a_remedy(
    code: str, statuses: tuple[int, ...], error: type[GateError], named: str
) -> None:
    for status in statuses:
        found = error_of(replace(a_response(gateway(code, "why"), status), operation="GetLastOnceTaskInfo"))

        assert (type(found), found.exit_code) == (error, EXIT[error])
        assert f"(HTTP {status}, {code}: why)" in found.happened
        assert named in f"{found.means} {found.remedy}"


@pytest.mark.parametrize(
    ("status", "body", "error", "named"),
    [
        (401, "", ForeignResponse, "HTTP 401"),
        (403, "", ForeignResponse, "HTTP 403"),
        (401, HTML, ForeignResponse, "(HTTP 401, a page with the title 'Sign in')"),
        (429, HTML, Throttled, "HTTP 429"),
        (429, "", Throttled, "quota"),
        (500, "", Unreachable, "HTTP 500"),
        (502, HTML, Unreachable, "HTTP 502"),
        (503, "{}", Unreachable, "HTTP 503"),
        (504, HTML, Unreachable, "HTTP 504"),
        (408, "", Unreachable, "HTTP 408"),
        (425, HTML, Unreachable, "HTTP 425"),
        (511, HTML, ForeignResponse, "proxy"),
        (511, gateway("UnknownCode"), Refused, "HTTP 511"),
        (400, XML, ForeignResponse, "HTTP 400"),
        (400, "{}", ForeignResponse, "HTTP 400"),
        (400, '{"Code": "200"}', ForeignResponse, "HTTP 400"),
        (404, "[]", ForeignResponse, "HTTP 404"),
        (407, "", ForeignResponse, "proxy"),
        (301, HTML, ForeignResponse, "redirect"),
        (302, "", ForeignResponse, "redirect"),
        (304, "", ForeignResponse, "HTTP 304"),
        (307, json.dumps(DATA), ForeignResponse, "HTTP 307"),
        (204, "", ForeignResponse, "HTTP 204"),
        (201, json.dumps(DATA), ForeignResponse, "HTTP 201"),
        (206, json.dumps(DATA), ForeignResponse, "HTTP 206"),
        (200, HTML, NotUnderstood, "web page"),
        (200, XML, NotUnderstood, "not the API's JSON"),
        (200, "", TruncatedResponse, "not JSON"),
        (200, json.dumps(DATA)[:-1], TruncatedResponse, "not JSON"),
        (200, "[]", NotUnderstood, "not an object"),
        (200, "null", NotUnderstood, "not an object"),
    ],
)
def test_each_response_without_an_error_of_the_cloud_has_an_error_class_and_a_remedy(
    status: int, body: str, error: type[GateError], named: str
) -> None:
    found = error_of(a_response(body, status))

    assert (type(found), found.exit_code) == (error, EXIT[error])
    assert named in str(found)
    assert found.remedy


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [
        ("GetLastOnceTaskInfo", "yundun-aegis:GetLastOnceTaskInfo"),
        ("GetOnceTaskResultInfo", "yundun-aegis:GetOnceTaskResultInfo"),
        ("DescribeOnceTaskLeafRecordPage", "yundun-sas:DescribeOnceTaskLeafRecordPage"),
        ("DescribeImageInstances", "yundun-sas:DescribeImageInstances"),
    ],
)
def test_a_missing_permission_is_named_as_in_policies(operation: str, allowed: str) -> None:
    """Two of the four have the product's older name, so a policy of yundun-sas:* alone is not enough."""
    found = error_of(replace(a_response(gateway("NoPermission"), 403), operation=operation))

    assert action(operation) == allowed
    assert f"call {operation} (HTTP 403" in found.happened
    assert "yundun-aegis:" in found.means
    assert "yundun-sas:" in found.means
    assert f"Allow {allowed};" in found.remedy


@pytest.mark.parametrize("status", [400, 429, 503, 403])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"x_acs_retry_after": "1500"}, 1.5),
        ({"x_acs_retry_after": " 60000 "}, 60.0),
        ({"x_acs_retry_after": "1"}, 1.0),
        ({"x_acs_retry_after": "999"}, 1.0),
        ({"x_acs_retry_after": "1001"}, 1.001),
        ({"x_acs_retry_after": "0"}, None),
        ({"x_acs_retry_after": "0", "retry_after": "7"}, 7.0),
        ({"x_acs_retry_after": "999999999999"}, 999_999_999.999),
        ({"retry_after": "7"}, 7.0),
        ({"x_acs_retry_after": "1500", "retry_after": "7"}, 1.5),
        ({"x_acs_retry_after": "soon", "retry_after": "7"}, 7.0),
        ({"x_acs_retry_after": "", "retry_after": "soon"}, None),
        ({"x_acs_retry_after": "-1"}, None),
        ({"x_acs_retry_after": "1.5"}, None),
        ({"x_acs_retry_after": "1e3"}, None),
        ({"x_acs_retry_after": "1500, 1500"}, None),
        ({"x_acs_retry_after": "٣"}, None),
        ({"x_acs_retry_after": "9" * 5000}, None),
    ],
    ids=ascii,
)
def test_a_used_up_quota_states_the_time_to_wait(status: int, headers: dict[str, str], expected: float | None) -> None:
    """In milliseconds, unlike Retry-After; the gate waits at least one second."""
    found = error_of(a_response(gateway("Throttling.User"), status, **headers))

    assert isinstance(found, Throttled)
    assert found.retry_after == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [(gateway("UnknownCode"), 400), (gateway("ServiceUnavailable"), 503), (HTML, 502), ("", 400)],
    ids=["unknown-code", "other-code", "web-page", "empty"],
)
def test_any_error_with_x_acs_retry_after_is_a_used_up_quota(body: str, status: int) -> None:
    """The vendor's CLI checks only this header."""
    found = error_of(a_response(body, status, x_acs_retry_after="2000"))

    assert (type(found), getattr(found, "retry_after", None)) == (Throttled, 2.0)


def test_a_200_without_an_error_is_not_an_error_because_of_its_headers() -> None:
    assert read(a_response(json.dumps(DATA), x_acs_retry_after="2000")) == DATA


@pytest.mark.parametrize("status", [408, 425, 500, 503])
@pytest.mark.parametrize(("headers", "expected"), [({}, None), ({"retry_after": "120"}, 120.0)], ids=repr)
def test_an_unavailable_service_may_send_retry_after(
    status: int, headers: dict[str, str], expected: float | None
) -> None:
    found = error_of(a_response(HTML, status, **headers))

    assert isinstance(found, Unreachable)
    assert found.retry_after == expected


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"Code": "200"},
        {"Code": 200},
        {"Code": "OK"},
        {"Code": "Success"},
        {"Code": None, "Message": None},
        {"Code": "", "Message": "successful"},
        {"code": "200", "message": "successful", "success": True},
        {"Code": "200", "code": 200},
        {"Success": None},
        {"Success": "true"},
        {"Success": 3},
        {"Error": None, "Errors": [], "ErrorCode": 0, "ErrorMessage": "", "error": {}},
        {"Data": {"Code": "200", "Success": True, "Message": "successful"}},
        {"OnceTasks": [{"Code": "NoPermission", "Success": False}]},
        {"Message": "successful"},
    ],
    ids=ascii,
)
def test_the_document_of_a_200_without_an_error_is_returned(more: dict[str, Any]) -> None:
    """Some responses have a code that means success, and errors in the rows of a list are not errors of the call."""
    assert read(a_response(json.dumps({**DATA, **more}))) == {**DATA, **more}


ERRORS: list[tuple[dict[str, Any], CloudError]] = [
    ({"Code": "A.1", "Message": "m"}, CloudError(code="A.1", message="m")),
    ({"code": "A.1", "message": "m"}, CloudError(code="A.1", message="m")),
    ({"CODE": "A.1", "MESSAGE": "m"}, CloudError(code="A.1", message="m")),
    ({"Code": "A.1"}, CloudError(code="A.1")),
    ({"Code": "A.1", "Message": None}, CloudError(code="A.1")),
    ({"Code": "A.1", "Message": {"zh": "m"}}, CloudError(code="A.1")),
    ({"Code": "A.1", "Success": True}, CloudError(code="A.1")),
    ({"Code": "A.1", "Error": "x", "Success": False}, CloudError(code="A.1")),
    # Two spellings of one key: the one that means success does not hide the other.
    ({"Code": "A.1", "code": "200"}, CloudError(code="A.1")),
    ({"Code": "200", "code": "A.1"}, CloudError(code="A.1")),
    ({"Success": True, "success": False}, CloudError(code="Success is false")),
    ({"Success": "false"}, CloudError(code="Success is false")),
    ({"Success": "False"}, CloudError(code="Success is false")),
    ({"Success": False, "success": True}, CloudError(code="Success is false")),
    # Codes that only resemble a success code, or are not strings.
    ({"Code": 403}, CloudError(code="403")),
    ({"Code": -101}, CloudError(code="-101")),
    ({"Code": 0}, CloudError(code="0")),
    ({"Code": 200.0}, CloudError(code="200.0")),
    ({"Code": True}, CloudError(code="True")),
    ({"Code": False}, CloudError(code="False")),
    ({"Code": "ok"}, CloudError(code="ok")),
    ({"Code": " "}, CloudError(code="code")),
    ({"Code": "\u202e"}, CloudError(code="code")),
    ({"Code": []}, CloudError(code="code")),
    ({"Code": ["200"]}, CloudError(code="code")),
    ({"Code": {"a": []}, "Message": ["m"]}, CloudError(code="code")),
    # Errors without a code.
    ({"Success": False, "Message": "m"}, CloudError(code="Success is false", message="m")),
    ({"Code": "200", "Success": False}, CloudError(code="Success is false")),
    ({"success": "false"}, CloudError(code="Success is false")),
    ({"Success": 0}, CloudError(code="Success is false")),
    ({"error": "unauthorized"}, CloudError(code="error", message="unauthorized")),
    ({"ErrorMessage": "m", "Message": "n"}, CloudError(code="errormessage", message="n")),
    ({"Errors": ["m"]}, CloudError(code="errors")),
    ({"error": True}, CloudError(code="error")),
    # Nested errors.
    ({"Error": {"Code": "A.1", "Message": "m"}}, CloudError(code="A.1", message="m")),
    ({"Error": {"Message": "m"}}, CloudError(code="error")),
    ({"Data": {"Code": "A.1", "Message": "m"}, "Message": "n"}, CloudError(code="A.1", message="m")),
    ({"Data": {"Code": "200", "Success": False}}, CloudError(code="Success is false")),
    ({"Code": "200", "Data": {"a": {"b": {"error": "deep"}}}}, CloudError(code="error", message="deep")),
]


@pytest.mark.parametrize(("document", "expected"), ERRORS, ids=[ascii(document) for document, _ in ERRORS])
@pytest.mark.parametrize("is_first", [True, False], ids=["before-the-data", "after-the-data"])
def test_an_error_is_found_in_each_of_its_formats_even_beside_data(
    document: dict[str, Any], expected: CloudError, *, is_first: bool
) -> None:
    """The data may be incomplete then."""
    combined = {**document, **DATA} if is_first else {**DATA, **document}

    assert find_error(document) == find_error(combined) == expected
    assert expected.code in error_of(a_response(json.dumps(combined))).happened


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("depth", [1, 19, 20, 21, 300, 600, 950, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"Data":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("name", ["Code", "Message", "Error", "Success", "Data"])
def test_a_deeply_nested_document_is_parsed_or_refused(
    status: int, depth: int, opening: str, closing: str, name: str
) -> None:
    innermost = "[]" if opening == "[" else "1"
    with suppress(NotUnderstood, Refused):
        document = read(a_response(f'{{"{name}": {opening * depth}{innermost}{closing * depth}}}', status))

        assert (status, name in {"Code", "Error"}) == (200, False)
        assert list(document) == [name]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
@pytest.mark.parametrize("code", ["UnknownCode", "NoPermission", "Throttling", "SignatureDoesNotMatch", "ServerError"])
def test_text_of_the_cloud_in_a_message_is_one_short_line(status: int, code: str) -> None:
    """Messages go to the log of a CI system, which executes commands in it."""
    hostile = "\r\n::error::x\x1b[31m\u202e\u2028\x00\ud800"
    found = error_of(a_response(gateway(f"{code}{hostile}" + "c" * 3000, f"{hostile}" + "m" * 100_000), status))

    assert len(str(found)) < 900
    assert str(found).isprintable()
    assert code in str(found)
    assert "mmm" in str(found)


@pytest.mark.parametrize(
    "name", ["error\n::error::x", "ERROR\u202e", "error" + "x" * 100_000], ids=["lf", "bidi", "long"]
)
def test_the_key_of_an_error_in_a_message_is_one_short_line_too(name: str) -> None:
    found = error_of(a_response(json.dumps({name: True})))

    assert len(str(found)) < 900
    assert str(found).isprintable()


# A scan that the cloud does not start.


def created(**data: Any) -> str:
    return json.dumps({"RequestId": "r", "Data": data})


@pytest.mark.parametrize("task_id", [{}, {"TaskId": None}, {"TaskId": ""}, {"TaskId": "0"}, {"TaskId": 0}], ids=str)
@pytest.mark.parametrize("can_create", [False, "false", 0])
def test_no_task_and_no_place_for_one_is_a_limit_that_passes(task_id: dict[str, Any], can_create: object) -> None:
    """HTTP 200, and tried again until the deadline (alibaba-images.md 1.3)."""
    error = error_of(a_response(created(CanCreate=can_create, **task_id)))

    assert isinstance(error, Throttled)
    assert error.retry_after is None
    assert error.happened == (
        "Security Center runs as many scan tasks as the account may have (HTTP 200, CanCreate is false)."
    )
    assert "10 tasks" in error.means


@pytest.mark.parametrize("data", [{"CanCreate": False, "TaskId": "a" * 32}, {"CanCreate": True}, {}], ids=str)
def test_a_task_that_was_the_last_one_is_no_error(data: dict[str, Any]) -> None:
    assert read(a_response(created(**data)))["Data"] == data


# Container Registry.


@pytest.mark.parametrize(
    ("code", "statuses", "error", "named"),
    [
        # alibaba-images.md 4 and 9.
        ("NoPrivilege", (403, 400), NotAuthorised, "Allow cr:ListRepositoryTag;"),
        ("Forbidden.RAM", (403,), NotAuthorised, "Allow cr:ListRepositoryTag;"),
        ("SystemError", (500, 200), Unreachable, "Try again later"),
        ("Throttling.User", (400, 429), Throttled, "--poll-interval"),
        ("SignatureDoesNotMatch", (400, 403), NotAuthorised, "Check the secret"),
        ("InvalidTimeStamp.Expired", (400,), NotAuthorised, "Correct the clock"),
        ("REPO_NOT_EXIST", (400, 404, 200), UnknownInRegistry, "--registry-instance"),
        ("TAG_NOT_EXIST", (400, 404, 200), UnknownInRegistry, "Check the name of the image"),
        ("InvalidApi.NotFound", (404,), Refused, "--registry-endpoint"),
        ("UnknownCode", (403,), Refused, "about access"),
    ],
)
def test_each_error_code_of_container_registry_has_an_error_class_and_a_remedy(
    code: str, statuses: tuple[int, ...], error: type[GateError], named: str
) -> None:
    body = json.dumps({"Code": code, "IsSuccess": False, "Message": "why", "RequestId": "r"})
    for status in statuses:
        found = error_of_registry(a_response(body, status))

        assert (type(found), found.exit_code) == (error, EXIT[error])
        assert f"(HTTP {status}, {code}: why)" in found.happened
        assert named in f"{found.means} {found.remedy}"


@pytest.mark.parametrize("operation", ["GetRepository", "ListInstance"])
def test_a_permission_of_container_registry_is_named_like_the_operation_where_it_is(operation: str) -> None:
    error = error_of_registry(a_response(gateway("NoPrivilege"), 403), operation)

    assert error.remedy == (
        f"Allow cr:{operation}; docs/permissions.md has a policy for scan tasks, and docs/images.md one for images."
    )


def test_a_success_of_container_registry_says_so() -> None:
    document = {"Code": "success", "IsSuccess": True, "RequestId": "r", "Digest": "a"}

    assert read_registry(a_response(json.dumps(document))) == document


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"Code": "success", "IsSuccess": False}, Refused),
        ({"IsSuccess": False}, Refused),
        ({"Code": "success", "IsSuccess": "true"}, NotUnderstood),
        ({"Code": "success"}, NotUnderstood),
        ({}, NotUnderstood),
    ],
    ids=str,
)
def test_a_response_of_container_registry_that_does_not_say_so_is_no_success(
    document: dict[str, Any], error: type[GateError]
) -> None:
    assert type(error_of_registry(a_response(json.dumps(document)))) is error
