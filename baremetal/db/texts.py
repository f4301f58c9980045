"""Secrets that stand in the middle of texts, as ``password=…`` does in kernel parameters, put out of sight.

What is secret by the key that it stands under is ``record.py``'s business.
"""

import re

MASK = "******"
_WORDS = r"(?:pass(?:word|wd|phrase)|admin_?pass|pswd|secret|token|private[_-]?key|encrypted_key)"
#: word=value, and "word": "value" as in JSON; each bounded, since texts may be megabytes
_ASSIGNED = re.compile(rf"""({_WORDS}[\w-]{{0,40}}=)("[^"]+"|'[^']+'|[^\s&;,'"]+)""", re.IGNORECASE)
_QUOTED = re.compile(rf"""({_WORDS}[\w-]{{0,40}}\\?["']\s{{0,8}}:\s{{0,8}}\\?["'])([^"'\\]+)""", re.IGNORECASE)


def mask(text: str) -> str:
    """Return a text with its secrets masked; the same text when there are none."""
    if "=" in text:
        text = _ASSIGNED.sub(rf"\g<1>{MASK}", text)
    if ":" in text:
        text = _QUOTED.sub(rf"\g<1>{MASK}", text)
    return text
