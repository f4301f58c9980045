"""The credentials that a first start generates: an htpasswd file for the API, and the same for people and programs."""

import json
import os
import secrets
import typing

import bcrypt


def ensure(path: str, url: str) -> dict[str, typing.Any]:
    """Return ``{"url", "username", "password", "new"}`` from ``path``/credentials.json, made when it is not there."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    file = os.path.join(path, "credentials.json")
    new = not os.path.exists(file)
    if new:
        known = {"username": "admin", "password": secrets.token_urlsafe(15)}
    else:
        with open(file, encoding="utf-8") as text:
            known = json.load(text)
    if known.get("url") != url:
        known["url"] = url
        _write(file, json.dumps(known, indent=1) + "\n")
    htpasswd = os.path.join(path, "htpasswd")
    if not os.path.exists(htpasswd):
        entry = bcrypt.hashpw(known["password"].encode(), bcrypt.gensalt()).decode()
        _write(htpasswd, f"{known['username']}:{entry}\n")
    return {**known, "new": new}


def secret(file: str) -> str:
    """Return the secret that ``file`` holds, made when it is not there."""
    if not os.path.exists(file):
        _write(file, secrets.token_hex(8) + "\n")
    with open(file, encoding="utf-8") as text:
        return text.read().strip()


def _write(file: str, text: str) -> None:
    """Write a file that only its owner may read; it is there whole or not at all."""
    with open(os.open(f"{file}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(f"{file}.new", file)
