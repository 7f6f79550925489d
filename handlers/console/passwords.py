"""Passwords of the console: kept as scrypt hashes (RFC 7914), in the form that service/settings.py looks for."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

# 2^15 blocks of 8 KiB: a guess costs 32 MiB and, here, 0.1 s.
COST = 15
BLOCK, PARALLEL, SALT, LENGTH = 8, 1, 16, 32
MOST_MEMORY = 1 << 28


def hashed(password: str, cost: int = COST) -> str:
    """Hash a password, with a salt of its own."""
    salt = secrets.token_bytes(SALT)
    return f"scrypt:{cost}:{_text(salt)}:{_text(_derived(password, cost, salt))}"


def is_right(password: str, kept: str) -> bool:
    """Tell whether a password is the one that was hashed."""
    _, cost, salt, derived = kept.split(":")
    found = _derived(password, int(cost), _bytes(salt))
    return hmac.compare_digest(found, _bytes(derived))


def _derived(password: str, cost: int, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=1 << cost, r=BLOCK, p=PARALLEL, maxmem=MOST_MEMORY, dklen=LENGTH
    )


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
