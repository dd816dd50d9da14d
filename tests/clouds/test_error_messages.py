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
from gate.errors import GateError, Refused
from tests.clouds.builders import a_response
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.response import Response

GOLDEN = Path(__file__).parent / "golden"
READ = {"huawei": huawei.read, "alibaba": alibaba.read}
PAGE = "<html><title>Web filter</title></html>"
CODES = {
    "huawei": {
        "error_code": ["HSS.0001", "HSS.0010", "HSS.0013", "APIGW.0301", "APIGW.0307", "APIGW.0308", "APIGW.0101"]
    },
    "alibaba": {
        "Code": [
            "-101",
            "NoPermission",
            "Forbidden.RAM",
            "MissingAccessKeyId",
            "Throttling",
            "ServerError",
            "BeyondQuata",
        ]
    },
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


@pytest.mark.parametrize("status", [302, 401, 403, 404, 429, 500, 503, 511])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_response_without_an_error_of_the_cloud_may_be_that_of_a_proxy_whatever_its_status(
    cloud: str, status: int
) -> None:
    with pytest.raises(GateError) as direct:
        READ[cloud](a_response(PAGE, status))
    with pytest.raises(GateError) as through_proxy:
        READ[cloud](replace(a_response(PAGE, status), proxy="proxy.example:3128"))

    assert f"(HTTP {status}, a page with the title 'Web filter')." in direct.value.happened
    assert "proxy" in str(direct.value)
    assert through_proxy.value.happened == f"{direct.value.happened} It came through the proxy proxy.example:3128."


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_error_that_is_in_no_table_may_be_that_of_a_proxy(cloud: str, status: int) -> None:
    with pytest.raises(Refused, match=r"blocked.* It came through the proxy proxy\.example:3128\."):
        READ[cloud](replace(a_response('{"error": "blocked"}', status), proxy="proxy.example:3128"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_web_page_with_status_200_is_named_by_its_title_and_its_proxy(cloud: str) -> None:
    with pytest.raises(GateError) as caught:
        READ[cloud](replace(a_response(PAGE), proxy="proxy.example:3128"))

    assert caught.value.happened == (
        "The response is a web page, not the API's JSON. Its title is 'Web filter'. "
        "It came through the proxy proxy.example:3128."
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_text_that_is_not_json_is_named_with_its_proxy(cloud: str) -> None:
    with pytest.raises(GateError, match=r"through the proxy proxy\.example:3128"):
        READ[cloud](replace(a_response("no healthy upstream"), proxy="proxy.example:3128"))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("cloud", "code"), [("huawei", "error_code"), ("alibaba", "Code")])
def test_an_error_of_the_cloud_is_the_clouds(cloud: str, code: str, status: int) -> None:
    with pytest.raises(GateError) as caught:
        READ[cloud](replace(a_response(json.dumps({code: "XY.0001"}), status), proxy="proxy.example:3128"))

    assert "proxy" not in str(caught.value)
