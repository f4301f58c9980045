"""The folder in which a service keeps its data: made for its owner only, and used by one service at a time.

Two on one folder would be two conductors of one name, of which the later makes the earlier stop working.
"""

import fcntl
import os
import sys

from baremetal import clock

#: seconds that another service is given to end, and what was started by one that was killed
PATIENCE, ENDING = 3.0, 30.0


def take(path: str) -> int:
    """Make the folder and lock it; return the descriptor that holds the lock until all that have it end."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        opened = os.open(os.path.join(path, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        sys.exit(f"baremetal: cannot keep data in {path} ({error.strerror}). Give a folder that this user may write "
                 "to with --data.")
    began = clock.REAL.tick()
    while not _lock(opened):
        holder = os.pread(opened, 20, 0).decode(errors="replace").strip() or "unknown"
        if clock.REAL.tick() - began > (PATIENCE if _lives(holder) else ENDING):
            sys.exit(f"baremetal: another copy (process {holder}) uses the data in {path}. Stop it; or start this "
                     "one beside it, with its own --data, --port and --fleet-network.")
        clock.REAL.sleep(0.1)
    os.ftruncate(opened, 0)
    os.pwrite(opened, f"{os.getpid()}\n".encode(), 0)
    return opened


def _lives(holder: str) -> bool:
    """Return whether a process of that id is there, as far as it is known."""
    if not holder.isdigit():
        return True
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True     # somebody else's
    return True


def _lock(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
