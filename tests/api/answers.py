"""Compare an answer with what a case expects of it; an empty list of words means that it fits."""

import json
from typing import Any

import requests

from tests.api import case


def fault_of(answer: requests.Response) -> tuple[str, str]:
    """The form of an error's envelope, and its text."""
    try:
        outer = answer.json()
        inner = outer.get("error_message", outer)
        inner = json.loads(inner) if isinstance(inner, str) else inner
    except ValueError:
        return "text", answer.text
    if "error" in outer:
        return "auth", str(outer["error"]["message"])
    if "error_message" not in outer:
        return "bare", str(inner.get("faultstring", inner))
    if {"faultcode", "faultstring", "debuginfo"} <= set(inner):
        return "fault", str(inner["faultstring"])
    return "abort", str(inner.get("description") or inner.get("title"))


def compare(answer: requests.Response, expect: dict[str, Any]) -> list[str]:
    """What is wrong with an answer, in words."""
    kind, text = fault_of(answer) if answer.status_code >= 400 else ("", answer.text)
    wrong = [f"a trace in the answer: {text[:300]}"] if "Traceback (most recent" in answer.text else []
    if answer.status_code != expect.get("status", answer.status_code):
        wrong.append(f"status {answer.status_code}, not {expect['status']}: {text[:300]}")
        return wrong
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        form = expect.get("envelope", "fault")
        if form not in ("any", kind):
            wrong.append(f"envelope is {kind}, not {form}: {answer.text[:200]}")
    words = [*expect.get("says", ()), *expect.get("names", ())]
    wrong += [f"text lacks {word!r}: {text[:300]}" for word in words if word.lower() not in text.lower()]
    for name, wanted in expect.get("headers", {}).items():
        seen = answer.headers.get(name)
        if not case.fits(seen, wanted):
            wrong.append(f"header {name} is {seen!r}, not {wanted!r}")
    if {"keys", "body", "absent"} & set(expect):
        wrong += compare_document(answer.json(), expect)
    return wrong


def compare_document(document: Any, expect: dict[str, Any]) -> list[str]:
    """What is wrong with the JSON of an answer, in words."""
    wrong = []
    if "keys" in expect and sorted(expect["keys"]) != sorted(document):
        wrong.append(f"keys are {sorted(document)}")
    for path, wanted in expect.get("body", {}).items():
        try:
            seen = case.at(document, path)
        except (LookupError, ValueError):
            wrong.append(f"nothing at {path}")
            continue
        if not case.fits(seen, wanted):
            wrong.append(f"{path} is {seen!r}, not {wanted!r}")
    for path in expect.get("absent", ()):
        try:
            wrong.append(f"{path} is there: {case.at(document, path)!r}")
        except (LookupError, ValueError):
            continue
    return wrong
