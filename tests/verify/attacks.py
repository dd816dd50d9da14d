"""Generates attacks on `verify`: files of honest statements that are altered, replayed, mixed and damaged.

An attack of one seed is the same on every machine. Many of them stay close to what passes, since only these can show
that something passes that should not.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.builders import NOW, a_digest
from tests.verify.statements import FORMS, a_statement, an_envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

DIGESTS = [a_digest(character) for character in "abcd"]
POLICIES = [f"sha256:{character * 64}" for character in "56"]
MAX_AGES = (3600.0, 86400.0)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, "", "PASSED", "FAILED", "passed", "PASSED ", [], ["FAILED"], {}, {"id": "urn:scan-gate"}),
    *("urn:scan-gate", "urn:scan-gate ", "URN:SCAN-GATE", "urn:scan-gate:2", "https://in-toto.io/Statement/v1"),
    *(
        "https://in-toto.io/Statement/v0.1",
        "https://in-toto.io/Statement/v2",
        "https://slsa.dev/verification_summary/v1",
    ),
    *("https://slsa.dev/verification_summary/v1.1", "https://slsa.dev/verification_summary/v2"),
    *("https://slsa.dev/verification_summary/v1/", "http://slsa.dev/verification_summary/v1"),
    *("https://slsa.dev/provenance/v1", "https://in-toto.io/attestation/svr/v0.2"),
    *(digest.removeprefix("sha256:") for digest in (*DIGESTS, *POLICIES)),
    *("a" * 63, "A" * 64, f" {'a' * 64}", f"{'a' * 64}\n", a_digest(), {"sha256": "a" * 64}, {"sha512": "a" * 64}),
)
TIME_FORMS = (
    *("{:%Y-%m-%dT%H:%M:%SZ}", "{:%Y-%m-%dT%H:%M:%S.%fZ}", "{:%Y-%m-%dT%H:%M:%S+00:00}", "{:%Y-%m-%dT%H:%M:%S-00:30}"),
    *("{:%Y-%m-%dT%H:%M:%S+23:59}", "{:%Y-%m-%dT%H:%M:%S}", "{:%Y-%m-%d}", "{:%Y-%m-%d %H:%M:%SZ}"),
    *("{:%Y%m%dT%H%M%SZ}", "{:%Y-%m-%dT%H:%M:60Z}", "{:%Y-%m-%dT%H:%M:%S+01:60}", "{:%Y-%m-%dT%H:%MZ}", "{:%s}"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attack:
    """One file, and how it is verified."""

    content: bytes
    images: tuple[str, ...]
    policy: str | None
    max_age: float
    """Seconds."""
    now: datetime

    @property
    def arguments(self) -> list[str]:
        """The options of `verify`."""
        policy = ["--any-policy"] if self.policy is None else ["--policy-digest", self.policy]
        images = [word for image in self.images for word in ("--image", image)]
        return [*images, *policy, "--max-age", f"{self.max_age:.0f}s"]


def generate(seed: str) -> Attack:
    """The attack of this seed."""
    random = Random(seed)
    max_age = random.choice(MAX_AGES)
    digests = random.sample(DIGESTS, random.choice((1, 1, 1, 2, 3)))
    statements = [_honest(random, digest, max_age) for digest in digests]
    if random.random() < 0.1:
        statements.pop(random.randrange(len(statements)))
    statements += [_decoy(random, digests, max_age) for _ in range(random.choice((0, 0, 1, 2, 4)))]
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        if statements:
            index = random.randrange(len(statements))
            # One alteration may have left nothing for the next.
            with suppress(TypeError, KeyError, AttributeError, IndexError):
                statements[index] = random.choice(ALTERATIONS)(random, deepcopy(statements[index]), max_age)
    random.shuffle(statements)
    lines = [_wrapped(random, statement, statements) for statement in statements]
    return Attack(
        content=_damaged(random, _joined(random, lines)),
        images=tuple(f"swr/team/web@{digest}" for digest in digests),
        policy=random.choice((POLICIES[0], POLICIES[0], POLICIES[0], POLICIES[1], None)),
        max_age=max_age,
        now=NOW,
    )


def _time(random: Random, max_age: float) -> datetime:
    """A time at or near a limit, or anywhere."""
    limits = (0, max_age, max_age + 1, max_age + 0.000001, -60, -61, -60.000001, 1, 2, 365 * 86400, -max_age)
    age = random.choice(limits) if random.random() < 0.4 else random.uniform(0, max_age)
    return NOW - timedelta(seconds=age)


def _honest(random: Random, digest: str, max_age: float) -> dict[str, Any]:
    """A statement of the gate that passes by the first policy."""
    statement = a_statement(digest=digest)
    moment = NOW - timedelta(seconds=random.randrange(int(max_age)))
    statement["predicate"]["timeVerified"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    statement["predicate"]["policy"]["digest"] = {"sha256": POLICIES[0].removeprefix("sha256:")}
    return statement


def _decoy(random: Random, digests: list[str], max_age: float) -> dict[str, Any]:
    """Another honest statement: of another time, result, policy or image, or of another kind."""
    statement = _honest(random, random.choice((*digests, *digests, *DIGESTS)), max_age)
    for alter, share in ((_retime, 0.25), (_fail, 0.5), (_by_another_policy, 0.25), (_of_another_kind, 0.15)):
        if random.random() < share:
            statement = alter(random, statement, max_age)
    return statement


def _retime(random: Random, statement: dict[str, Any], max_age: float) -> dict[str, Any]:
    form = random.choice(TIME_FORMS if random.random() < 0.15 else TIME_FORMS[:4])
    statement["predicate"]["timeVerified"] = form.format(_time(random, max_age))
    return statement


def _fail(_random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    statement["predicate"] |= {"verificationResult": "FAILED", "verifiedLevels": ["FAILED"]}
    return statement


def _by_another_policy(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    digest = random.choice((POLICIES[1], POLICIES[0].upper(), POLICIES[0][:-1]))
    statement["predicate"]["policy"]["digest"] = {"sha256": digest.partition(":")[2]}
    return statement


def _of_another_kind(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    statement["predicateType"] = random.choice([value for value in VALUES if str(value).startswith("http")])
    if random.random() < 0.3:
        statement["predicate"] = random.choice(VALUES)
    return statement


def _replace_anywhere(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    """Another value of any type, somewhere."""
    within, key = _anywhere(random, statement)
    within[key] = random.choice(VALUES)
    return statement


def _remove_anywhere(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    within, key = _anywhere(random, statement)
    del within[key]
    return statement


def _add_anywhere(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    """A name more, which may be one of the format in the wrong place or in other capitals."""
    within, key = _anywhere(random, statement)
    if isinstance(within, dict):
        name = random.choice((str(key).upper(), f"{key}_", "sha256", "payload", "dsseEnvelope", "_type", "more"))
        within[name] = random.choice(VALUES)
    else:
        within.append(random.choice(VALUES))
    return statement


def _alter_text(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    """One character of one text."""
    within, key = _anywhere(random, statement)
    if isinstance(within[key], str) and within[key]:
        at = random.randrange(len(within[key]))
        within[key] = within[key][:at] + random.choice("0aAfZ \u0000é") + within[key][at + random.choice((0, 1)) :]
    return statement


def _swap_subject(random: Random, statement: dict[str, Any], _max_age: float) -> dict[str, Any]:
    others = [{"name": "swr/team/web", "digest": {"sha256": digest[7:]}} for digest in random.sample(DIGESTS, 2)]
    statement["subject"] = random.choice((others, others[:1], [], [*statement.get("subject", []), *others][:2]))
    return statement


def _anywhere(random: Random, document: Any) -> tuple[Any, Any]:
    """An object or list in the document, and a key in it."""
    places = [*_places(document)]
    return random.choice(places)


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


ALTERATIONS: tuple[Callable[[Random, dict[str, Any], float], dict[str, Any]], ...] = (
    *(_retime, _retime, _fail, _fail, _by_another_policy, _by_another_policy, _swap_subject, _swap_subject),
    *(_of_another_kind, _replace_anywhere, _remove_anywhere, _add_anywhere, _alter_text),
)


def _wrapped(random: Random, statement: dict[str, Any], others: list[dict[str, Any]]) -> str:
    """The statement in one of the forms, which may be altered too."""
    form = random.choice([*FORMS])
    document = FORMS[form](statement)
    if random.random() < 0.05:
        document = random.choice(WRAPPER_ALTERATIONS)(random, document, random.choice(others))
    text = json.dumps(
        document, ensure_ascii=random.random() < 0.9, separators=random.choice(((", ", ": "), (",", ":")))
    )
    if random.random() < 0.02:
        text = _with_a_second_name(random, text, document, random.choice(others))
    return text


def _beside(_random: Random, document: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**document, **an_envelope(other)}


def _around(_random: Random, document: dict[str, Any], _other: dict[str, Any]) -> dict[str, Any]:
    return an_envelope(document)


def _other_spelling(random: Random, document: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    name = random.choice(("dsse_envelope", "messageSignature", "Payload", "_Type", "message_signature", "dsseenvelope"))
    return {**document, name: an_envelope(other)}


def _alter_wrapper(random: Random, document: dict[str, Any], _other: dict[str, Any]) -> dict[str, Any]:
    alter = random.choice((_replace_anywhere, _remove_anywhere, _add_anywhere, _alter_text))
    return alter(random, deepcopy(document), 0)


def _alter_base64(random: Random, document: dict[str, Any], _other: dict[str, Any]) -> dict[str, Any]:
    envelope = dict(document.get("dsseEnvelope", document))
    payload = envelope.get("payload")
    if isinstance(payload, str) and (raw := _decoded(payload)):
        texts = (payload + "=", payload[:-1], payload.replace("=", ""), payload[:9] + "\n" + payload[9:], f" {payload}")
        others = (base64.urlsafe_b64encode(raw + "ÿþ".encode()).decode(), base64.b64encode(raw[:-1]).decode())
        envelope["payload"] = random.choice((*texts, *others, base64.b64encode(raw * 2).decode(), raw.hex()))
    return {**document, "dsseEnvelope": envelope} if "dsseEnvelope" in document else envelope


def _decoded(payload: str) -> bytes:
    """The bytes of a payload; none of one that is in base64 no longer."""
    try:
        return base64.b64decode(payload)
    except ValueError:
        return b""


WRAPPER_ALTERATIONS = (_beside, _around, _other_spelling, _alter_wrapper, _alter_base64)


def _with_a_second_name(random: Random, text: str, document: dict[str, Any], other: dict[str, Any]) -> str:
    """A name of the document once more, perhaps in other capitals, with what it has in another statement."""
    name = random.choice([*document])
    spelled = random.choice((name, name.upper(), name.capitalize(), name.replace("s", "\u017f")))
    value = FORMS["bundle"](other) | an_envelope(other) | other
    return f"{text[:-1]}, {json.dumps(spelled)}: {json.dumps(value.get(name, 0))}}}"


def _joined(random: Random, lines: list[str]) -> bytes:
    if len(lines) == 1 and random.random() < 0.3:
        try:
            return json.dumps(json.loads(lines[0]), indent=2).encode()
        except ValueError:
            return lines[0].encode(errors="surrogatepass")
    between = random.choice((*["\n"] * 12, "\r\n", "\n\n", "\n \t\n", "\n\u00a0\n", " ", "\u2028"))
    end = random.choice(("\n", "\n", "", "\n\n"))
    return (between.join(lines) + end).encode(errors="surrogatepass")


def _damaged(random: Random, content: bytes) -> bytes:
    """The file, one time in twenty with a change of its bytes."""
    if random.random() < 0.95 or not content:
        return content
    at = random.randrange(len(content))
    byte = bytes([random.randrange(256)])
    return random.choice(
        (
            content[:at],
            content[:at] + byte + content[at + 1 :],
            content[:at] + byte + content[at:],
            b"\xef\xbb\xbf" + content,
            content * 2,
            b"[" + content + b"]",
            b"",
            b"{}\n" + content,
        )
    )
