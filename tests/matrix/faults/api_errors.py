"""Documented errors of the clouds, errors inside a response with status 200, and credentials that expire.

The error bodies are those of huawei-hss.md 5 and alibaba-security-center.md 5.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.simulator import HttpResponse, Quota
from tests.matrix.fault import Fault, has_affected_responses, response_fault
from tests.matrix.faults.responses import JSON_TYPE, constant
from tests.matrix.injection_points import IMAGES, LEAVES, RESULT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.matrix.fault import FaultContext


def error(status: int, name: str, document: Mapping[str, object]) -> Fault:
    """An error with this document."""
    body = json.dumps(document).encode()
    return constant(f"{status}-{name}", HttpResponse(status=status, headers=JSON_TYPE, body=body))


def huawei_error(status: int, code: str) -> Fault:
    """An error of HSS, of its gateway, or of IAM."""
    return error(status, code, {"error_code": code, "error_msg": "as documented", "request_id": "1"})


def alibaba_error(status: int, code: str) -> Fault:
    """An error of Security Center or of its gateway."""
    return error(status, code, {"RequestId": "1", "HostId": "tds", "Code": code, "Message": "as documented"})


def iam_error(status: int, code: str) -> Fault:
    """An error of IAM, which gets the first request if no project is given."""
    return _of_iam(huawei_error(status, code))


def _of_iam(fault: Fault) -> Fault:
    return replace(fault, name=f"{fault.name}-of-iam", omitted_settings=("project_id",))


IAM_V3_ERROR = _of_iam(error(401, "v3-form", {"error": {"code": 401, "message": "wrong", "title": "Unauthorized"}}))


def _error_in_200(name: str, **error: object) -> Fault:
    return response_fault(name, lambda _context, _operation, true: {**true, **error})


HUAWEI_ERROR_IN_200 = _error_in_200("error-in-200", error_code="HSS.0001", error_msg="no")
HUAWEI_FORBIDDEN_IN_200 = _error_in_200("forbidden-in-200", error_code="HSS.0013", error_msg="no")
HUAWEI_NESTED_ERROR = _error_in_200("nested-error-in-200", detail={"inner": {"errorCode": "HSS.0001"}})
ALIBABA_ERROR_IN_200 = _error_in_200("error-in-200", Code="ServerError", Message="no")
ALIBABA_FORBIDDEN_IN_200 = _error_in_200("forbidden-in-200", Code="NoPermission", Message="no")
ALIBABA_NESTED_ERROR = _error_in_200("nested-error-in-200", Data={"Code": "400", "Message": "no"})
ALIBABA_SUCCESS_FALSE = _error_in_200("success-false", Success=False)
ALIBABA_SUCCESS_CODE = _error_in_200("success-code", Code="200", Success=True)


def _set_quota(context: FaultContext) -> None:
    context.gate.simulator.quota = Quota(calls=0, seconds=12, retry_after=True)


def _remove_quota(context: FaultContext) -> None:
    context.gate.simulator.quota = None


THROTTLED = Fault(name="throttled", inject=_set_quota, remove=_remove_quota)


def _error_with_secrets(context: FaultContext, _operation: str, _true: Any) -> HttpResponse:
    settings = context.gate.simulator.describe()[context.gate.cloud]
    text = f"canonical request: {settings['access_key_secret']} {settings['security_token']}"
    body = json.dumps({"error_code": "APIGW.0301", "error_msg": text, "Code": "SignatureDoesNotMatch", "Message": text})
    return HttpResponse(
        status=401, headers={**JSON_TYPE, "X-Request-Id": settings["security_token"]}, body=body.encode()
    )


SECRETS_IN_ERROR = response_fault("secrets-in-an-error", _error_with_secrets)

_PREVIOUS_OPERATION = {LEAVES: RESULT, IMAGES: LEAVES}


def between_requests(name: str, do: Callable[[FaultContext], object], **attributes: Any) -> Fault:
    """A change at the injection point; if that is about one operation, during the response before its request."""

    def inject(context: FaultContext) -> None:
        previous = {_PREVIOUS_OPERATION[operation] for operation in context.timing.operations}

        def rewrite(operation: str, true: Any) -> Any:
            if operation in previous:
                context.affected_responses += 1
                do(context)
            return true

        if previous:
            context.gate.simulator.rewrite = rewrite
        else:
            context.affected_responses += 1
            do(context)

    return Fault(name=name, inject=inject, is_per_operation=True, was_effective=has_affected_responses, **attributes)


def _expire(context: FaultContext) -> None:
    context.gate.simulator.expires_at = context.gate.time.true_wall()


TEMPORARY_KEYS_EXPIRE = between_requests("temporary-keys-expire", _expire, expected_words=("expired", "security token"))
TEMPORARY_KEYS_EXPIRE_AT_IAM = _of_iam(TEMPORARY_KEYS_EXPIRE)
TOKEN_EXPIRES = between_requests(
    "token-expires", _expire, uses_auth_token=True, expected_words=("expired", "APIGW.0307", "Get a new token")
)
