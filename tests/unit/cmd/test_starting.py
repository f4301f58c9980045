"""How processes begin: what their log lets others write into it."""

import logging

from baremetal.cmd import starting


def record(text: str, *args: object) -> str:
    """Return a message as the log has it."""
    return starting.Line("x", logging.INFO, "file", 1, text, args, None).getMessage()


def test_a_message_is_one_line() -> None:
    said = record("refused: %s", "because\n2026-01-01 INFO forged\r\x1b[31m\x85\u2028end")
    assert said == "refused: because\\x0a2026-01-01 INFO forged\\x0d\\x1b[31m\\x85\\x2028end"
    assert record("tab\tand ümlaut 雪") == "tab\tand ümlaut 雪"
