"""Speaks the error bodies of HSS and of the API gateway in front of it (huawei-hss.md 5)."""

from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import Answer

HSS: Final = {
    "HSS.0001": "Invalid parameter.",
    "HSS.0002": "Failed to parse the request.",
    "HSS.0010": "Access denied.",
    "HSS.0011": "The resource is not found.",
    "HSS.0013": "Insufficient permissions.",
}
"""All of them come with HTTP 400, whatever they say."""

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


def error(code: str, message: str | None = None) -> Answer:
    """The answer with this error code, in the form of whoever gives it."""
    if code in HSS:
        said = message or HSS[code]
        return Answer(
            status=HTTPStatus.BAD_REQUEST,
            document={"error_code": code, "error_description": said, "error_msg": said},
        )
    status, usual = GATEWAY[code]
    return Answer(status=status, document={"error_msg": message or usual, "error_code": code})
