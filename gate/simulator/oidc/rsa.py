"""Signs and verifies RS256 (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 8.2) with Python's integers.

The simulator has no dependency of its own, and its only key is as public as its other keys: it opens nothing.
"""

import hashlib
import hmac
from dataclasses import dataclass
from math import lcm
from typing import Final

SHA256_PREFIX: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DigestInfo of SHA-256 up to the digest itself (RFC 8017 9.2, note 1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """An RSA key that verifies."""

    modulus: int
    exponent: int = 65537

    @property
    def size(self) -> int:
        """The length of a signature, in bytes."""
        return (self.modulus.bit_length() + 7) // 8

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is that of the message."""
        if len(signature) != self.size or int.from_bytes(signature) >= self.modulus:
            return False
        padded = pow(int.from_bytes(signature), self.exponent, self.modulus).to_bytes(self.size)
        return hmac.compare_digest(padded, _padded(message, self.size))


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateKey:
    """An RSA key that signs, as its two primes."""

    prime: int
    other_prime: int

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        return PublicKey(modulus=self.prime * self.other_prime)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, computed by the primes, which is faster (RFC 8017 5.1.2)."""
        public = self.public
        exponent = pow(public.exponent, -1, lcm(self.prime - 1, self.other_prime - 1))
        padded = int.from_bytes(_padded(message, public.size))
        first, second = (pow(padded, exponent % (prime - 1), prime) for prime in (self.prime, self.other_prime))
        factor = (first - second) * pow(self.other_prime, -1, self.prime) % self.prime
        return (second + factor * self.other_prime).to_bytes(public.size)


def _padded(message: bytes, size: int) -> bytes:
    """The encoded message (EMSA-PKCS1-v1_5)."""
    digest = SHA256_PREFIX + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest


KEY: Final = PrivateKey(
    prime=int(
        "ef79a31d0f1f3d92a6c4f0cec172851f54d717b9937b319c27b68c5acde7083b23c132ab446429f589d35e2ab300df03"
        "9dd7358fae2475d74d8fbe970d8c6fa778e1e88a168554d2d3662893eedcba5e7201364f489f28c8f5eaf5c0d5c65474"
        "6a5e8bb4d35e7161103c455987c48ad40c0fa85c2fddf4afaccfcac1fb69ef9d",
        16,
    ),
    other_prime=int(
        "d6409dc161c76dd439afd729f609e03e18f3aadab10edc591b46fc95a2d6e0e3758c2d9bf48d3d38554e98948a3ce8a1"
        "f5cf20648fd74cc7484218472284bbc955649e1d3fd12650991fa9942a348d42ab8d733105c2ce1b9daa7b521027a204"
        "993f1e322e4fc52e5a74d772da5658810039827d20f1557231ed18ed3a9ad47f",
        16,
    ),
)
