"""Renders the errors of the products and their gateway.

The facts are in alibaba-security-center.md 5, sign-in.md 1.3, and alibaba-images.md 1.3 and 4.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import JSON, ApiResponse

TROUBLESHOOT: Final = "https://api.aliyun.com/troubleshoot"


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """A product, as its errors name it."""

    name: str
    host: str


SECURITY_CENTER: Final = Product(name="Sas", host="tds.cn-shanghai.aliyuncs.com")
STS: Final = Product(name="Sts", host="sts.aliyuncs.com")
CONTAINER_REGISTRY: Final = Product(name="cr", host="cr.cn-hangzhou.aliyuncs.com")

ERRORS: Final = {
    "NoPermission": (403, "caller has no permission"),
    "ServerError": (500, "ServerError"),
    # Of Container Registry, for the two above.
    "NoPrivilege": (403, "You do not have the permission to perform this operation."),
    "SystemError": (500, "System error."),
    "BeyondQuata": (400, "Please check the scan quota"),
    "-101": (400, "The parameter Target is missing."),
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
    # Of STS.
    "AuthenticationFail.NoPermission": (401, "There is no permission"),
    "AuthenticationFail.OIDCToken.AudienceNotMatch": (401, "Invalid audience."),
    "AuthenticationFail.OIDCToken.Expired": (401, "This JsonWebToken is expired."),
    "AuthenticationFail.OIDCToken.Invalid": (401, "The Jwt content is invalid that cannot be recognized."),
    "AuthenticationFail.OIDCToken.InvalidSignature": (401, "OIDC token validate failed: invalid signature."),
    "AuthenticationFail.OIDCToken.HttpsUrlInvalid": (401, "Invoke url failed due to certificate chain validation"),
    "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch": (
        401,
        "The https fingerprint of this discovery is invalid.",
    ),
    "EntityNotExist.Role": (404, "The specified Role not exists."),
    "InvalidParameter.RoleArn": (400, "The parameter RoleArn is wrongly formed."),
    "InvalidParameter.OIDCProviderArn": (400, "The parameter OIDCProviderArn is wrongly formed."),
    "InvalidParameter.RoleSessionName": (400, "The parameter RoleSessionName is wrongly formed."),
    "InvalidParameter.DurationSeconds": (400, "The Min/Max value of DurationSeconds is 15min/1hr."),
    "InvalidParameter.PolicyGrammar": (400, "The parameter Policy has not passed grammar check."),
    "InvalidParameter.PolicySize": (400, "The size of Policy must be smaller than 2048 bytes."),
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


def of_registry(response: ApiResponse) -> ApiResponse:
    """An error of Security Center as Container Registry says it."""
    words = {"NoPermission": "NoPrivilege", "ServerError": "SystemError"}
    code = response.document["Code"]
    return error(words[code]) if code in words else response


def failure(code: str) -> ApiResponse:
    """The error of Container Registry for what does not exist; its status is not documented."""
    return _error(HTTPStatus.NOT_FOUND, code, f"{code.replace('_', ' ').capitalize()}.")


def body(response: ApiResponse, request_id: str, product: Product) -> JSON:
    """The document of an error, with the fields that the gateway adds."""
    code = response.document["Code"]
    return {
        "RequestId": request_id,
        "HostId": product.host,
        **response.document,
        "Recommend": f"{TROUBLESHOOT}?q={code}&product={product.name}&requestId={request_id}",
    }


def _error(status: int, code: str, message: str) -> ApiResponse:
    return ApiResponse(status=status, document={"Code": code, "Message": message})
