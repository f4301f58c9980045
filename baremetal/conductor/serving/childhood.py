"""A child process that ends with us, however we end. It knows nothing of what the child does."""

import ctypes
import os
import signal
import subprocess
import typing

PR_SET_PDEATHSIG = 1
#: loaded before there is a child: between fork and exec nothing may be loaded
_LIBC = ctypes.CDLL(None, use_errno=True)


def start(command: list[str], **named: typing.Any) -> "subprocess.Popen[str]":
    """Start ``command`` in a session of its own, so that Ctrl-C ends us first; it gets SIGTERM when we are gone.

    Linux sends that when the thread ends that made the child: call it from one that lives as long as the child.
    """
    ours = os.getpid()

    def bound() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != ours:    # we ended before that took effect
            os.kill(os.getpid(), signal.SIGTERM)

    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, text=True, encoding="utf-8",
                            errors="replace", preexec_fn=bound, **named)
