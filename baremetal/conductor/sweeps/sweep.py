"""What a sweep is."""

import threading
import typing

from baremetal import states
from baremetal.conductor import means

#: states of nodes that nobody controls yet, or whose power is somebody's work just now
UNSETTLED = (states.ENROLL, *(state for state in states.STATES
                              if states.kind(state) in (states.MOVING, states.WAITING)))


class Sweep:
    """Work that comes again. ``run`` blocks; it may be called by hand."""

    #: for the log
    name: typing.ClassVar[str]

    def __init__(self, shared: means.Means) -> None:
        self.means = shared
        #: set when a run should end soon
        self.over = threading.Event()

    @property
    def interval(self) -> float:
        """Seconds between two beginnings; 0 is never."""
        raise NotImplementedError

    def first(self, chance: float) -> float:
        """Return after how many seconds it comes first; ``chance`` lies between 0 and 1."""
        return self.interval * chance

    def run(self) -> None:
        """Do it once."""
        raise NotImplementedError
