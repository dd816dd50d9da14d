"""Reads requests in the older style of the API, whose action and signature are parameters.

STS is asked so: unsigned for an OIDC token, and by the vendor's SDK for credentials with signature version 1.0
(sign-in.md 1.1 and 1.2).
"""

import hmac
from base64 import b64encode
from typing import Final
from urllib.parse import quote

from gate.simulator.alibaba.parameters import Parameters, read_parameters, value
from gate.simulator.cloud import HttpRequest

METHOD: Final = "HMAC-SHA1"
SIGNATURE_VERSION: Final = "1.0"


def parameters(request: HttpRequest) -> Parameters:
    """All parameters of a request, from its query and form."""
    return read_parameters({}, request)


def name(request: HttpRequest, parameter: str) -> str:
    """`Action` or `Version` of a request: from its header, else its parameter; empty if it has neither."""
    return request.headers.get(f"x-acs-{parameter.lower()}") or value(parameters(request), parameter)


def sign(method: str, given: Parameters, secret: str) -> str:
    """The signature of a request with these parameters."""
    pairs = sorted((one, texts[0]) for one, texts in given.items() if one != "Signature")
    query = "&".join(f"{quote(one, safe='~')}={quote(text, safe='~')}" for one, text in pairs)
    to_sign = f"{method}&%2F&{quote(query, safe='~')}"
    return b64encode(hmac.digest(f"{secret}&".encode(), to_sign.encode(), "sha1")).decode()
