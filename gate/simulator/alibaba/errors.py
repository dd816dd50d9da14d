"""Renders the errors of Security Center and of its gateway (alibaba-security-center.md 5)."""

from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import JSON, ApiResponse

HOST: Final = "tds.cn-shanghai.aliyuncs.com"
TROUBLESHOOT: Final = "https://api.aliyun.com/troubleshoot"

ERRORS: Final = {
    "NoPermission": (403, "caller has no permission"),
    "ServerError": (500, "ServerError"),
    "InternalError": (500, "The request processing has failed due to some unknown error."),
    "ServiceUnavailable": (503, "The request has failed due to a temporary failure of the server."),
    "Throttling": (400, "Request was denied due to request throttling."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "Throttling.Api": (400, "Request was denied due to api flow control."),
    "Rejected.Throttling": (400, "Request was denied due to request throttling."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp or date value is expired."),
    "InvalidTimeStamp.Format": (400, "Specified time stamp or date value is not well formatted."),
    "IllegalTimestamp": (400, "The input parameter Timestamp is not in the supported range."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "SignatureDoesNotMatch": (400, "Specified signature is not matched with our calculation."),
    "IncompleteSignature": (400, "The request signature does not conform to Aliyun standards."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "InvalidAccessKeyId.Inactive": (400, "Specified access key is disabled."),
    "MissingSecurityToken": (400, "SecurityToken is mandatory for this action."),
    "InvalidSecurityToken.Expired": (400, "Specified SecurityToken is expired."),
    "UnsupportedHTTPMethod": (400, "This http method is not supported."),
    "InvalidApi.NotFound": (404, "Specified api is not found, please check your url and method."),
    "InvalidProduct.NotFound": (404, "Cannot find product according to your specified domain."),
    "InvalidProtocol.NeedSsl": (404, "Your request is denied as lack of ssl protect."),
}
"""Throttling is HTTP 400, never 429. The messages of authentication errors are not among the collected facts."""


def error(code: str, message: str | None = None) -> ApiResponse:
    """The error with this code, and its documented message unless another one is given."""
    status, default = ERRORS[code]
    return _error(status, code, message or default)


def missing(parameter: str) -> ApiResponse:
    """The error for a missing required parameter; its code contains the name."""
    return _error(HTTPStatus.BAD_REQUEST, f"Missing{parameter}", f"{parameter} is mandatory for this action.")


def invalid(parameter: str) -> ApiResponse:
    """The error for an invalid parameter; its code contains the name."""
    return _error(HTTPStatus.BAD_REQUEST, f"Invalid{parameter}", f"Specified parameter {parameter} is not valid.")


def body(response: ApiResponse, request_id: str) -> JSON:
    """The document of an error, with the fields that the gateway adds."""
    code = response.document["Code"]
    return {
        "RequestId": request_id,
        "HostId": HOST,
        **response.document,
        "Recommend": f"{TROUBLESHOOT}?q={code}&product=Sas&requestId={request_id}",
    }


def _error(status: int, code: str, message: str) -> ApiResponse:
    return ApiResponse(status=status, document={"Code": code, "Message": message})
