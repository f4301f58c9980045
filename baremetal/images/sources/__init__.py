"""Where images come from, by the scheme of their URL: one file each. Each gives bytes and a stamp of them."""

import dataclasses
import typing

from oslo_config import cfg

from baremetal import clock
from baremetal.clients import cloud
from baremetal.images import guard

#: (bytes so far, bytes in all or None)
Progress = typing.Callable[[int, int | None], None]


@dataclasses.dataclass(frozen=True)
class Means:
    """What a source needs to fetch."""

    conf: cfg.ConfigOpts
    clock: clock.Clock
    guard: guard.Guard
    cloud: cloud.Cloud


@dataclasses.dataclass(frozen=True)
class Stamp:
    """What a source says of itself; equal stamps mean equal content, unless ``known`` is False."""

    size: int | None = None
    tag: str | None = None
    changed: str | None = None

    @property
    def known(self) -> bool:
        """Whether it says enough to tell a changed source from an unchanged one."""
        return bool(self.tag or (self.changed and self.size is not None))
