"""Signs requests to Huawei Cloud, so that each test can change one property of the signature."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gate.simulator.huawei.signature import canonical_request, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.simulator import Simulator

TASKS = "/v5/0123456789abcdef0123456789abcdef/image/tasks?type=image_scan"


@dataclass(frozen=True, kw_only=True)
class Signing:
    """A signed request; each test changes one property of it."""

    target: str = TASKS
    method: str = "GET"
    access_key_id: str = "SIMULATEDHUAWEIACCESSKEY"
    secret: str = "simulated-huawei-secret-key-that-opens-nothing"
    more: Mapping[str, str] = field(default_factory=dict)
    ahead: float = 0.0
    date: str | None = None
    signed: tuple[str, ...] | None = None
    body: bytes = b""

    def headers(self, simulator: Simulator, now: float) -> dict[str, str]:
        """The headers to send, Authorization among them."""
        date = self.date or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now + self.ahead))
        headers = {"Host": f"127.0.0.1:{simulator.port}", "X-Sdk-Date": date, **self.more}
        signed = self.signed or tuple(sorted(name.lower() for name in headers))
        form = canonical_request(
            method=self.method,
            target=self.target,
            headers={"missing": "", **headers},
            body=self.body,
            signed_headers=signed,
        )
        signature = sign(form, date=date, secret=self.secret)
        parts = f"Access={self.access_key_id}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        return {**headers, "Authorization": f"SDK-HMAC-SHA256 {parts}"}
