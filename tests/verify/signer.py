"""Stands for the signer's tool: `python signer.py KEY FILE` exits with 0 if the envelope in the file has a signature.

It reads JSON as Go's readers do: a name in other capitals is the same name, and of several the last one counts. The
signature is an HMAC over the text that DSSE signs; keys and certificates make no difference to what is tested.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any


def signature(key: str, payload: bytes) -> str:
    """The signature of this payload."""
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def is_signed(key: str, text: str) -> bool:
    """Whether the envelope in this text, or in the bundle, has the signature of this key."""
    document = json.loads(text, object_pairs_hook=_like_go)
    bundled = document.get("dsseenvelope") or document.get("dsse_envelope")
    envelope = bundled or document
    payload = base64.b64decode(envelope["payload"])
    return any(hmac.compare_digest(one["sig"], signature(key, payload)) for one in envelope["signatures"])


def _like_go(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in pairs}


if __name__ == "__main__":
    sys.exit(0 if is_signed(sys.argv[1], Path(sys.argv[2]).read_text()) else "no signature of this key")
