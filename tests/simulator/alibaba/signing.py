"""Signs requests to Alibaba Cloud, so that each test can change one property of the signature."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from gate.simulator.alibaba.signature import canonical_request, sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.simulator import Simulator

NONCES: Iterator[int] = count(1)
REGISTRY_ACTIONS = frozenset(
    {
        *("ListInstance", "GetRepository", "GetRepoTag"),
        *("CreateRepoTagScanTask", "GetRepoTagScanStatus", "GetRepoTagScanSummary", "ListRepoTagScanResult"),
    }
)
"""Those of Container Registry; all others are of Security Center."""
REGISTRY_VERSION = {"x-acs-version": "2018-12-01"}
TOKEN = {"x-acs-security-token": "simulated-alibaba-security-token-that-opens-nothing"}


def target(query: Mapping[str, object]) -> str:
    """The target of a request with these parameters; those whose value is None are left out."""
    given = {name: str(value) for name, value in query.items() if value is not None}
    return f"/?{urlencode(given, quote_via=quote)}" if given else "/"


def signing(action: str, query: Mapping[str, object]) -> Signing:
    """A request for an action of either product, with the method that it accepts."""
    return Signing(
        action=action,
        target=target(query),
        method="GET" if action == "GetRepoTag" else "POST",
        more=REGISTRY_VERSION if action in REGISTRY_ACTIONS else {},
    )


@dataclass(frozen=True, kw_only=True)
class Signing:
    """A signed request."""

    target: str = "/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN"
    action: str = "GetLastOnceTaskInfo"
    method: str = "POST"
    access_key_id: str = "SIMULATEDALIBABAACCESSKEY"
    secret: str = "simulated-alibaba-secret-key-that-opens-nothing"
    more: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    ahead: float = 0.0
    signed: tuple[str, ...] | None = None
    body: bytes = b""

    def headers(self, simulator: Simulator, now: float) -> dict[str, str]:
        """The headers to send, Authorization among them."""
        defaults = {
            "host": f"127.0.0.1:{simulator.port}",
            "x-acs-action": self.action,
            "x-acs-version": "2018-12-03",
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + self.ahead)),
            "x-acs-signature-nonce": f"{next(NONCES):032x}",
            "x-acs-content-sha256": hashlib.sha256(self.body).hexdigest(),
            **self.more,
        }
        headers = {name: text for name, text in defaults.items() if name not in self.without}
        signed = self.signed or tuple(sorted(headers))
        form = canonical_request(
            method=self.method,
            target=self.target,
            headers={**dict.fromkeys(signed, ""), **headers},
            body=self.body,
            signed_headers=signed,
        )
        signature = sign(form, secret=self.secret)
        parts = f"Credential={self.access_key_id},SignedHeaders={';'.join(signed)},Signature={signature}"
        return {**headers, "Authorization": f"ACS3-HMAC-SHA256 {parts}"}
