"""What every process does first and last: read the configuration, begin the log, wait for the signal to stop."""

import argparse
import collections.abc
import contextlib
import ctypes
import gc
import logging
import os
import re
import signal
import sys
import threading
import typing

from oslo_config import cfg
from oslo_log import log

from baremetal import config, errors

PR_SET_PDEATHSIG = 1    # linux/prctl.h

#: read when no file is named, if it is there
USUAL = "/etc/baremetal/baremetal.conf"

#: log: level; these say at INFO what nobody needs
QUIET = {"waitress.queue": logging.ERROR, "waitress": logging.INFO, "stevedore": logging.WARNING,
         "oslo_messaging": logging.WARNING, "amqp": logging.WARNING, "alembic": logging.WARNING,
         "oslo_policy": logging.WARNING, "oslo.messaging": logging.WARNING}

#: when to look for cycles of garbage: a page of nodes is thousands of objects and no garbage, and with Python's own
#: numbers (700, 10, 10) the looking costs a fifth of a list
GARBAGE = (20_000, 20, 20)

#: control characters: how the log shows them; a tab does no harm
ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029) if code != 9}


def parser(about: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every process has."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--config-file", action="append", default=[], metavar="FILE",
                      help=f"configuration (oslo.config ini); may be repeated. Default: {USUAL} if it exists")
    return made


def conf(files: list[str], prog: str, **overrides: typing.Any) -> cfg.ConfigOpts:
    """Return the conf of this process, or end it with a sentence that names what is wrong."""
    named = files or ([USUAL] if os.path.exists(USUAL) else [])
    try:
        made = config.build(files=named, prog=prog, **overrides)
    except (cfg.Error, ValueError) as error:
        # oslo.config tells the place of a value as the repr of a tuple; its file is what people need
        told = re.sub(r"LocationInfo\(.*detail='([^']*)'\)", r"\1", str(error))
        sys.exit(f"{prog}: wrong configuration: {told}")
    logging.setLogRecordFactory(Line)
    log.setup(made, "baremetal")
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    return made


def end_with_parent(parent: int) -> None:
    """Have the kernel send SIGTERM to this process when the one that started it is gone, also by kill -9."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:      # it was gone before we said so
        sys.exit(f"{os.path.basename(sys.argv[0])}: the process that started this one has ended")


@contextlib.contextmanager
def sentence(prog: str) -> collections.abc.Iterator[None]:
    """End the process with a sentence where what is made in this block names what is wrong."""
    try:
        yield
    except (errors.Fault, ValueError, OSError) as error:
        sys.exit(f"{prog}: {error}")


class Line(logging.LogRecord):
    """A record whose message is one line: nothing that others say passes for a line of ours, or steers a terminal."""

    def getMessage(self) -> str:
        """Return the message with control characters as escapes."""
        return super().getMessage().translate(ESCAPED)


class Stop:
    """Set by SIGTERM or SIGINT; a second one ends the process at once."""

    def __init__(self) -> None:
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)

    def _told(self, number: int, _frame: typing.Any) -> None:
        if self._event.is_set():
            os._exit(128 + number)
        self._event.set()

    def wait(self) -> None:
        """Block until the process shall stop; what there is by now stays."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        # with a time-out, since a bare wait() cannot be interrupted by a signal on every platform
        while not self._event.wait(3600):
            pass
