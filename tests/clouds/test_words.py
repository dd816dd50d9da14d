"""What a user reads when a cloud does not answer: every difference from `tests/clouds/golden/` is wanted, or a fault.

After a wanted change, `pytest tests/clouds/test_words.py --rewrite-golden` writes them anew, and `git diff` shows it.
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
from tests.clouds.builders import an_answer
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
"""One of each kind (huawei-hss.md 5, alibaba-security-center.md 5), under the member that names it."""
STATUSES = [204, 302, 400, 401, 402, 403, 404, 408, 409, 425, 426, 429, 430, 500, 501, 503, 511, 512]
BODIES = {
    "a page": "<html>Sign in</html>",
    "half an object": '{"data_list": [',
    "a list": "[]",
    "a key that stands twice": '{"a": 1, "a": 1}',
    "no number": '{"a": NaN}',
    "a number that is too large": '{"a": 1e400}',
    "a number that is too long": f'{{"a": {"1" * 4001}}}',
    "depth": "[" * 100_000,
}


def answers(cloud: str) -> Iterator[tuple[str, Response]]:
    """What may come instead of an answer, each with its name."""
    for member, codes in CODES[cloud].items():
        for code in codes:
            yield f"{code} under 400", an_answer(json.dumps({member: code}), 400)
    for status in STATUSES:
        yield f"status {status}", an_answer("", status)
    for name, body in BODIES.items():
        yield name, an_answer(body)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_words_are_as_they_were(cloud: str, pytestconfig: pytest.Config) -> None:
    said = []
    for name, answer in answers(cloud):
        with pytest.raises(GateError) as caught:
            READ[cloud](replace(answer, operation="GetLastOnceTaskInfo"))
        fault = caught.value
        kind = f"{type(fault).__name__}, exit {fault.exit_code.value}"
        said.append(
            "\n".join([f"{name} ({kind})", *(f"  {word}" for word in (fault.happened, fault.means, fault.remedy))])
        )
    path = GOLDEN / f"refusals-{cloud}.txt"
    text = "\n\n".join(said) + "\n"
    if pytestconfig.getoption("--rewrite-golden"):
        path.write_text(text)

    assert path.is_file(), "write it with --rewrite-golden, and read it"
    assert text == path.read_text()
