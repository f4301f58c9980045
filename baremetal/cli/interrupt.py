"""Ctrl-C. While a command is being loaded it ends it without a word (``baremetal/__init__.py``), later it raises."""

import signal


def begin() -> None:
    """Let Ctrl-C raise ``KeyboardInterrupt`` from now on, so that what was begun can be tidied up."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
