"""Expected exit codes of documented errors, by status and code (huawei-hss.md 5, alibaba-security-center.md 5)."""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING, Final

from tests.matrix.cell import FIRST_REQUEST, MID_WAIT, row, transient
from tests.matrix.expected.fields import UNPRINTABLE
from tests.matrix.faults import api_errors
from tests.matrix.faults.api_errors import alibaba_error, error, huawei_error, iam_error
from tests.matrix.field_faults import MISSING, VARIANTS
from tests.matrix.injection_points import ALIBABA, HUAWEI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.matrix.cell import Cell

HSS: Final = (
    *("HSS.0001", "HSS.0002", "HSS.0011", "HSS.0014"),
    *("HSS.1001", "HSS.1002", "HSS.1003", "HSS.1004", "HSS.1005", "HSS.1006", "HSS.1007", "HSS.1008"),
    *(f"HSS.{number}" for number in range(1009, 1022)),
)
GATEWAY: Final = (
    (404, "APIGW.0101", 4),
    (400, "APIGW.0201", 4),
    (413, "APIGW.0201", 4),
    (414, "APIGW.0201", 4),
    (494, "APIGW.0201", 4),
    (502, "APIGW.0201", 4),
    (500, "APIGW.0201", 4),
    (504, "APIGW.0201", 4),
    (401, "APIGW.0301", 3),
    (401, "APIG.0301", 3),
    (403, "APIGW.0302", 3),
    (401, "APIGW.0303", 3),
    (401, "APIGW.0305", 3),
    (403, "APIGW.0306", 3),
    (401, "APIGW.0307", 3),
    (429, "APIGW.0308", 4),
    (403, "APIGW.0310", 3),
    (403, "APIGW.0401", 3),
    (403, "APIGW.0402", 3),
    (500, "APIGW.0601", 4),
    (400, "APIGW.0602", 4),
    (500, "APIGW.0605", 4),
    (500, "APIGW.0606", 4),
    (502, "APIGW.0610", 4),
    (503, "APIGW.0613", 4),
    (403, "APIGW.0802", 3),
)
IAM: Final = (
    (400, "IAM.0011", 4),
    (401, "IAM.0001", 3),
    (403, "IAM.0003", 3),
    (404, "IAM.0004", 4),
    (500, "IAM.0006", 4),
)
SECURITY_CENTER: Final = (
    (403, "NoPermission", 3),
    (400, "NoPermission", 3),
    (500, "ServerError", 4),
    (500, "InternalError", 4),
    (503, "ServiceUnavailable", 4),
    (400, "Throttling", 4),
    (400, "Throttling.User", 4),
    (400, "Throttling.Api", 4),
    (400, "Rejected.Throttling", 4),
    (429, "Throttling.User", 4),
    (400, "InvalidTimeStamp.Expired", 3),
    (400, "InvalidTimeStamp.Format", 3),
    (400, "IllegalTimestamp", 3),
    (400, "SignatureNonceUsed", 4),
    (400, "SignatureDoesNotMatch", 3),
    (403, "SignatureDoesNotMatch", 3),
    (400, "IncompleteSignature", 3),
    (403, "IncompleteSignature", 3),
    (404, "InvalidAccessKeyId.NotFound", 3),
    (400, "InvalidAccessKeyId.NotFound", 3),
    (400, "InvalidAccessKeyId.Inactive", 3),
    (400, "MissingSecurityToken", 3),
    (400, "InvalidSecurityToken.Expired", 3),
    (400, "MissingTaskType", 4),
    (400, "InvalidTaskType", 4),
    (400, "UnsupportedHTTPMethod", 4),
    (404, "InvalidApi.NotFound", 4),
    (404, "InvalidProduct.NotFound", 4),
    (404, "InvalidProtocol.NeedSsl", 4),
    (400, "-101", 4),
)
DOCUMENTED: Final = (
    *chain(*(row(huawei_error(400, code), 4, cloud=HUAWEI) for code in HSS)),
    *chain(*(row(huawei_error(400, code), 3, cloud=HUAWEI) for code in ("HSS.0010", "HSS.0013"))),
    *row(huawei_error(500, "HSS.0041"), 4, cloud=HUAWEI),
    *chain(*(row(huawei_error(status, code), exits, cloud=HUAWEI) for status, code, exits in GATEWAY)),
    *chain(
        *(
            row(iam_error(status, code), exits, cloud=HUAWEI, at=(FIRST_REQUEST,))
            for status, code, exits in IAM + GATEWAY
        )
    ),
    *row(api_errors.IAM_V3_ERROR, 3, cloud=HUAWEI, at=(FIRST_REQUEST,)),
    *chain(*(row(alibaba_error(status, code), exits, cloud=ALIBABA) for status, code, exits in SECURITY_CENTER)),
    *row(api_errors.HUAWEI_ERROR_IN_200, 4, cloud=HUAWEI),
    *row(api_errors.HUAWEI_FORBIDDEN_IN_200, 3, cloud=HUAWEI),
    *row(api_errors.HUAWEI_NESTED_ERROR, 4, cloud=HUAWEI),
    *row(api_errors.ALIBABA_ERROR_IN_200, 4, cloud=ALIBABA),
    *row(api_errors.ALIBABA_FORBIDDEN_IN_200, 3, cloud=ALIBABA),
    *row(api_errors.ALIBABA_NESTED_ERROR, 4, cloud=ALIBABA),
    *row(api_errors.ALIBABA_SUCCESS_FALSE, 4, cloud=ALIBABA),
    *row(api_errors.ALIBABA_SUCCESS_CODE, 0, cloud=ALIBABA),
    *row(api_errors.SECRETS_IN_ERROR, 3),
    *row(api_errors.TEMPORARY_KEYS_EXPIRE, 3),
    *row(api_errors.TOKEN_EXPIRES, 3, cloud=HUAWEI),
    *row(api_errors.TEMPORARY_KEYS_EXPIRE_AT_IAM, 3, cloud=HUAWEI, at=(FIRST_REQUEST,)),
    *transient(api_errors.THROTTLED),
)

_ERROR_VALUES: Final = {**UNPRINTABLE, "lone-surrogate": "\ud800", "very-long": "x" * 100_000, "zero": 0}


def _with_values(cloud: str, status: int, document: Mapping[str, str], codes: tuple[int, int]) -> Iterator[Cell]:
    """An error with other values in each of its fields, and the exit codes by field."""
    error_code = next(iter(document.values()))
    variants = {**VARIANTS, **_ERROR_VALUES}
    for (field, code), (name, value) in product(zip(document, codes, strict=True), variants.items()):
        changed = {key: old for key, old in {**document, field: value}.items() if old is not MISSING}
        yield from row(error(status, f"{error_code}-with-{field}={name}", changed), code, cloud=cloud, at=(MID_WAIT,))


# Only a code that is known says that the credentials or permissions are wrong, whatever the status is.
MALFORMED: Final = (
    *_with_values(HUAWEI, 400, {"error_code": "HSS.0013", "error_msg": "no"}, (4, 3)),
    *_with_values(HUAWEI, 401, {"error_code": "APIGW.0301", "error_msg": "no"}, (4, 3)),
    *_with_values(HUAWEI, 429, {"error_code": "APIGW.0308", "error_msg": "limit:5,time:1 minute"}, (4, 4)),
    *_with_values(HUAWEI, 500, {"error_code": "APIGW.0601", "error_msg": "no"}, (4, 4)),
    *_with_values(ALIBABA, 400, {"Code": "NoPermission", "Message": "no"}, (4, 3)),
    *_with_values(ALIBABA, 403, {"Code": "NoPermission", "Message": "no"}, (4, 3)),
    *_with_values(ALIBABA, 400, {"Code": "Throttling.User", "Message": "no"}, (4, 4)),
    *_with_values(ALIBABA, 503, {"Code": "ServiceUnavailable", "Message": "no"}, (4, 4)),
)
API_ERRORS: Final = (*DOCUMENTED, *MALFORMED)
