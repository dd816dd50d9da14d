"""The error messages for unusable responses of each cloud, compared with the files in `tests/clouds/golden/`.

After an intended change, `pytest tests/clouds/test_error_messages.py --rewrite-golden` rewrites them; read the diff.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.clouds.alibaba import error_response as alibaba
from gate.clouds.huawei import error_response as huawei
from gate.errors import GateError
from tests.clouds.builders import a_response
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.response import Response

GOLDEN = Path(__file__).parent / "golden"
READ = {"huawei": huawei.read, "alibaba": alibaba.read}
CODES = {
    "huawei": {
        "error_code": ["HSS.0001", "HSS.0010", "HSS.0013", "APIGW.0301", "APIGW.0307", "APIGW.0308", "APIGW.0101"]
    },
    "alibaba": {"Code": ["-101", "NoPermission", "Forbidden.RAM", "MissingAccessKeyId", "Throttling", "ServerError"]},
}
"""One error code of each kind (huawei-hss.md 5, alibaba-security-center.md 5), by the JSON key that holds it."""
STATUSES = [204, 302, 400, 401, 402, 403, 404, 408, 409, 425, 426, 429, 430, 500, 501, 503, 511, 512]
BODIES = {
    "a web page": "<html>Sign in</html>",
    "truncated JSON": '{"data_list": [',
    "a JSON array": "[]",
    "a duplicate key": '{"a": 1, "a": 1}',
    "NaN": '{"a": NaN}',
    "an infinite number": '{"a": 1e400}',
    "an integer with too many digits": f'{{"a": {"1" * 4001}}}',
    "deep nesting": "[" * 100_000,
}


def error_responses(cloud: str) -> Iterator[tuple[str, Response]]:
    """Responses that are errors, each with a name for the golden file."""
    for key, codes in CODES[cloud].items():
        for code in codes:
            yield f"{code} with status 400", a_response(json.dumps({key: code}), 400)
    for status in STATUSES:
        yield f"status {status}", a_response("", status)
    for name, body in BODIES.items():
        yield name, a_response(body)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_error_messages_are_those_of_the_golden_file(cloud: str, pytestconfig: pytest.Config) -> None:
    messages = []
    for name, response in error_responses(cloud):
        with pytest.raises(GateError) as caught:
            READ[cloud](replace(response, operation="GetLastOnceTaskInfo"))
        error = caught.value
        kind = f"{type(error).__name__}, exit {error.exit_code.value}"
        messages.append(
            "\n".join([f"{name} ({kind})", *(f"  {part}" for part in (error.happened, error.means, error.remedy))])
        )
    path = GOLDEN / f"error-responses-{cloud}.txt"
    text = "\n\n".join(messages) + "\n"
    if pytestconfig.getoption("--rewrite-golden"):
        path.write_text(text)

    assert path.is_file(), "there is no golden file; write it with --rewrite-golden, and read it"
    assert text == path.read_text()
