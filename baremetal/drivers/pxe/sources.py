"""Which kernel and ramdisk a node boots, and where they come from. Fetches them by the task's images."""

import typing
import urllib.parse

from baremetal import errors
from baremetal.drivers import task
from baremetal.images import guard

#: what boots: the item on the shelf
KERNEL, RAMDISK = "kernel", "ramdisk"
ITEMS = (KERNEL, RAMDISK)
SCHEMES = ("http", "https", "file")
WANTED = "It is a URL with http, https or file, or an absolute path on the conductor."


class Source(typing.NamedTuple):
    """A file to boot."""

    field: str
    """Where it was named, for whoever named it wrong."""
    value: str
    """A URL or a path."""
    ours: bool
    """Whether the operator of this conductor named it, who may name any path."""


def of_ramdisk(task: task.Task, mode: str) -> dict[str, Source]:
    """Return kernel and ramdisk for ``mode``: a rescue has its own, and takes those of deploys where it has none.

    Both come from the same place, for they belong together. DriverInfoMissing where there are none.
    """
    for kind in ("rescue", "deploy") if mode == "rescue" else ("deploy",):
        names = {item: f"{kind}_{item}" for item in ITEMS}
        info = task.node.driver_info
        if any(info.get(name) for name in names.values()):
            if lacking := [name for name in names.values() if not info.get(name)]:
                raise errors.DriverInfoMissing(keys=lacking[0], interface="boot",
                                               wanted="Kernel and ramdisk belong together: give both or none.")
            return {item: Source(f"driver_info/{name}", str(info[name]), ours=False) for item, name in names.items()}
        if all(task.conf.conductor[name] for name in names.values()):
            return {item: Source(f"[conductor]{name}", task.conf.conductor[name], ours=True)
                    for item, name in names.items()}
    raise errors.DriverInfoMissing(
        keys="deploy_kernel, deploy_ramdisk", interface="boot",
        wanted="Give them to the node, or for all nodes in section conductor of the configuration.")


def of_instance(task: task.Task) -> dict[str, Source]:
    """Return kernel and ramdisk of an instance that is one. BadField for a missing one."""
    info = task.node.instance_info
    for item in ITEMS:
        if not info.get(item):
            raise errors.BadField(field=f"instance_info/{item}", value=None, wanted=WANTED)
    return {item: Source(f"instance_info/{item}", str(info[item]), ours=False) for item in ITEMS}


def check(source: Source) -> None:
    """Refuse what is no URL or path by its form. Asks nobody."""
    if source.value.startswith("/"):
        return
    if urllib.parse.urlsplit(source.value).scheme not in SCHEMES:
        raise errors.BadField(field=source.field, value=guard.plain(source.value), wanted=WANTED)
    if not source.value.startswith("file:"):
        guard.split(source.value)


def fetch(task: task.Task, source: Source) -> str:
    """Return the path of the file, fetched and kept where it is elsewhere. Blocks."""
    check(source)
    if source.value.startswith("/") and source.ours:
        return source.value
    value = f"file://{urllib.parse.quote(source.value)}" if source.value.startswith("/") else source.value
    return str(task.images.file(value, holder=holder(task)).path)


def holder(task: task.Task) -> str:
    """Return the name under which images are kept for the boot of the node."""
    return f"{task.node.uuid}.boot"
