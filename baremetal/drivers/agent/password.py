"""Passwords as /etc/shadow holds them: SHA-256 and SHA-512 crypt, which every libcrypt and busybox can check.

The algorithm is Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512"; Python has no module for it any more.
"""

import collections.abc
import hashlib
import secrets
import typing

ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ROUNDS = 5000
SALT = 16


class Method(typing.NamedTuple):
    """One of the two."""

    mark: str
    """What stands first in the hash."""
    digest: collections.abc.Callable[[bytes], typing.Any]
    """The hash function."""
    first: tuple[int, int, int]
    """Bytes of the digest that make the first four characters."""
    step: int
    """By how much the next bytes are further on, around the digest without its last bytes."""


METHODS = {
    "sha256": Method("5", hashlib.sha256, (0, 10, 20), 21),
    "sha512": Method("6", hashlib.sha512, (0, 21, 42), 22),
}


def hashed(password: str, method: str, salt: str | None = None) -> str:
    """Return the crypt form of a password; the salt is a random one."""
    chosen = METHODS[method]
    salt = salt or "".join(secrets.choice(ALPHABET) for _ in range(SALT))
    digest = _digest(chosen, password.encode(), salt.encode())
    return f"${chosen.mark}${salt}${_text(chosen, digest)}"


def _digest(method: Method, word: bytes, salt: bytes) -> bytes:
    def digest(value: bytes) -> bytes:
        return bytes(method.digest(value).digest())

    other = digest(word + salt + word)
    start = word + salt + _stretched(other, len(word))
    length = len(word)
    while length:
        start += other if length & 1 else word
        length >>= 1
    state = digest(start)
    words = _stretched(digest(word * len(word)), len(word))
    salts = _stretched(digest(salt * (16 + state[0])), len(salt))
    for turn in range(ROUNDS):
        odd = turn & 1
        state = digest((words if odd else state) + (salts if turn % 3 else b"") + (words if turn % 7 else b"")
                       + (state if odd else words))
    return state


def _stretched(value: bytes, length: int) -> bytes:
    """Return ``value`` repeated to ``length`` bytes."""
    return (value * (length // len(value) + 1))[:length]


def _text(method: Method, digest: bytes) -> str:
    """Return a digest in crypt's own order of bytes and its own alphabet."""
    whole = len(digest) - len(digest) % 3
    text, (one, two, three) = "", method.first
    for _ in range(whole // 3):
        text += _letters(digest[one] << 16 | digest[two] << 8 | digest[three], 4)
        one, two, three = ((number + method.step) % whole for number in (one, two, three))
    rest = digest[whole:][::-1]
    return text + _letters(int.from_bytes(rest, "big"), 3 if len(rest) == 2 else 2)


def _letters(value: int, count: int) -> str:
    return "".join(ALPHABET[value >> 6 * place & 63] for place in range(count))
