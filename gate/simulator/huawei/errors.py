"""Renders the errors of HSS, SWR, IAM, STS and the API gateway (huawei-hss.md 5, sign-in.md 2.5)."""

from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import ApiResponse

HSS: Final = {
    "HSS.0001": "Invalid parameter.",
    "HSS.0002": "Failed to parse the request.",
    "HSS.0010": "Access denied.",
    "HSS.0011": "The resource is not found.",
    "HSS.0013": "Insufficient permissions.",
    "HSS.0014": "The quota cannot be created.",
}
"""The status of all of them is 400."""

GATEWAY: Final = {
    "APIGW.0101": (404, "The API does not exist or has not been published in the environment"),
    "APIGW.0201": (502, "Backend unavailable"),
    "APIGW.0301": (401, "Incorrect IAM authentication information"),
    "APIGW.0302": (403, "The IAM user is not allowed to access the API"),
    "APIGW.0303": (401, "Incorrect app authentication information"),
    "APIGW.0307": (401, "The token must be updated."),
    "APIGW.0308": (429, "The throttling threshold has been reached"),
    "APIGW.0310": (403, "The project is unavailable"),
    "APIGW.0610": (502, "The backend is unavailable"),
    "APIGW.0613": (503, "IAM is unavailable"),
}

SWR: Final = {
    "SVCSTG.SWR.4000014": (400, "Invalid parameter."),
    "SVCSTG.SWR.4040010": (404, "The image does not exist."),
}


STS: Final = {
    "STS5.1001": (403, "no identity-based policy allows the operation"),
    "STS5.1106": (404, "the agency cannot be found"),
    "STS5.2001": (400, "the audience is not known"),
    # Stands for codes that no document has.
    "STS5.0000": (400, "the request is invalid"),
}
"""Only the status of the first one is known."""

IAM: Final = {
    "IAM.0001": (401, "The request you have made requires authentication."),
    "IAM.0003": (403, "You are not authorized to perform the requested action."),
    "IAM.0004": (404, "Could not find what the request names."),
    "IAM.0011": (400, "Request body is invalid."),
}


def error(code: str, message: str | None = None) -> ApiResponse:
    """The error with this code, in the form of HSS, of SWR, or of the gateway, STS and IAM."""
    if code in HSS:
        text = message or HSS[code]
        return ApiResponse(
            status=HTTPStatus.BAD_REQUEST,
            document={"error_code": code, "error_description": text, "error_msg": text},
        )
    if code in SWR:
        status, text = SWR[code]
        return ApiResponse(status=status, document={"errors": [{"errorCode": code, "errorMessage": message or text}]})
    status, default = {**GATEWAY, **STS, **IAM}[code]
    return ApiResponse(status=status, document={"error_msg": message or default, "error_code": code})
