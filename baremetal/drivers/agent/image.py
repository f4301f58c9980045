"""The image of a deploy: where an agent gets it from, and how it is told of it. Begins nothing on the agent."""

import dataclasses
import functools
import threading
import typing

from baremetal import errors, milestones
from baremetal.drivers import capabilities, task
from baremetal.images import checksum, configdrive, library, properties

LOCAL, DIRECT, OBJECTS = "local", "http", "swift"
SOURCES = (LOCAL, DIRECT, OBJECTS)
#: an image of Glance, whose source asks for credentials that no agent has
GLANCE = "glance://"
#: seconds for which a config drive stays in the object store
KEPT = 1800
IMAGE, MAP = "image", "image.map"
#: seconds between two milestones of one fetching
EVERY = 5.0
#: proxy of agents: key of driver_info
PROXIES = {"http": "image_http_proxy", "https": "image_https_proxy"}

Info = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Writing:
    """An image that is ready to be written."""

    wanted: properties.Wanted
    kept: library.Image | None
    """The conductor's copy; None where the agent gets it from its source."""

    @property
    def bytes(self) -> int | None:
        """Bytes that the agent fetches, where they are known."""
        return None if self.kept is None else self.kept.size


def wanted(task: task.Task) -> properties.Wanted:
    """Return what instance_info says of the image; raises what is missing or wrong."""
    info, node = task.node.instance_info, task.node
    if task.lent.images is not None:
        info = task.images.describe(info, info.get("project_id") or node.lessee or node.owner)
    return properties.read(info)


def source(task: task.Task) -> str:
    """Return whether agents get the image from this conductor or from its own source: instance, node, option."""
    for column in ("instance_info", "driver_info"):
        value = getattr(task.node, column).get("image_download_source")
        if value:
            if value not in SOURCES:
                raise errors.BadField(field=f"{column}/image_download_source", value=value,
                                      wanted=f"One of {', '.join(SOURCES)}.")
            return str(value)
    return str(task.conf.agent.image_download_source)


def reach(task: task.Task, found: properties.Wanted) -> str:
    """Return how the agent gets it: as ``source`` says, but what Glance has comes from there or the object store."""
    way = source(task)
    return LOCAL if way == DIRECT and found.source.startswith(GLANCE) else way


def check(task: task.Task) -> properties.Wanted:
    """Check all that can be known of image and config drive without fetching them."""
    found = wanted(task)
    way = reach(task, found)
    if way == DIRECT and not found.source.startswith(("http://", "https://")):
        raise errors.BadField(field="instance_info/image_source", value=found.source,
                              wanted="An agent gets it from its source only by http:// or https://.")
    if way == OBJECTS:
        task.lent.wires.cloud.door("swift").check()
        if not found.source.startswith(GLANCE):
            raise errors.BadField(field="instance_info/image_source", value=found.source,
                                  wanted="An agent gets it from the object store only by its id in Glance.")
    if way == LOCAL:
        _known(task, found)
    drive = task.node.instance_info.get("configdrive")
    if drive is not None:
        configdrive.check(drive, facts(task))
    return found


def _known(task: task.Task, found: properties.Wanted) -> None:
    """Check source and checksum as far as nobody has to be asked."""
    promise = found.promise
    if promise.url is None:
        checksum.settle(promise, found.source, task.conf)
    if task.lent.images is not None:
        for url in filter(None, (found.source, promise.url)):
            task.images.known(url)


def prepare(task: task.Task) -> Writing:
    """Fetch and check the image where the conductor serves it; what is here already costs nothing. Blocks."""
    found = check(task)
    task.images.check(found.source)
    way = reach(task, found)
    if way == OBJECTS:
        ident = found.source.removeprefix(GLANCE)
        return Writing(dataclasses.replace(found, source=task.lent.wires.cloud.swift.image(ident)), None)
    if way == DIRECT:
        return Writing(found, None)
    return Writing(found, _fetched(task, found))


def holder(task: task.Task) -> str:
    """Return the name under which the image is kept for the node."""
    return f"{task.node.uuid}.image"


def release(task: task.Task) -> None:
    """Say that the node does not need its image any more. Safe to run twice."""
    if task.lent.images is not None:
        task.images.release(holder(task))


def drive(task: task.Task) -> str | None:
    """Return the config drive as agents take it, None where there is none. May fetch it."""
    given = task.node.instance_info.get("configdrive")
    if given is None:
        return None
    built = configdrive.build(given, facts(task), task.images.read)
    return _stored(task, built) if task.conf.deploy.configdrive_use_object_store else built


def _stored(task: task.Task, built: str) -> str:
    """Put a config drive into the object store, for a time, and return the URL for the agent. Safe to run twice."""
    conf, swift = task.conf.conductor, task.lent.wires.cloud.swift
    seconds = conf.configdrive_swift_temp_url_duration or KEPT
    name = f"configdrive-{task.node.uuid}"
    swift.put(conf.configdrive_swift_container, name, built.encode(), seconds)
    return swift.temporary(conf.configdrive_swift_container, name, seconds)


def reach_drive(task: task.Task) -> None:
    """Fetch and judge a config drive that is a URL, before anything is booted; what else is wrong ``check`` knows."""
    given = task.node.instance_info.get("configdrive")
    if isinstance(given, str) and "://" in given:
        drive(task)


def facts(task: task.Task) -> configdrive.Facts:
    """Return what the config drive says of the node where the operator said nothing."""
    node = task.node
    return configdrive.Facts(node.uuid, node.name, node.instance_info.get("display_name"), node.network_data or None)


def lay(task: task.Task, name: str, path: typing.Any) -> str:
    """Lay a file ready for the node's agent and return its URL."""
    if task.shelf.of(task.node.uuid) is None:
        # another conductor booted it
        task.shelf.open(task.node.uuid, [port.address for port in task.ports], "deploy")
    return task.shelf.put(task.node.uuid, name, path=path)


def info(task: task.Task, writing: Writing) -> Info:
    """Return the image_info for an agent; the caller adds urls and checksums."""
    found, node = writing.wanted, task.node
    raw = writing.kept is not None and writing.kept.disk_format == "raw"
    made: Info = {
        "id": writing.kept.id if writing.kept else found.source.partition("?")[0].rpartition("/")[2] or found.source,
        "node_uuid": node.uuid,
        "image_type": found.image_type,
        "disk_format": writing.kept.disk_format if writing.kept else found.disk_format,
        "container_format": node.instance_info.get("image_container_format") or "bare",
        "stream_raw_images": task.conf.agent.stream_raw_images and (raw or found.disk_format == "raw"),
    }
    if not found.whole_disk:
        made.update(_partitions(task, found))
    proxies = {scheme: node.driver_info[key] for scheme, key in PROXIES.items() if node.driver_info.get(key)}
    if proxies and writing.kept is None:
        made.update(proxies=proxies, no_proxy=node.driver_info.get("image_no_proxy"))
    return made


def stock(task: task.Task, writing: Writing) -> Info:
    """Return the whole image_info for an agent that writes in its own way."""
    made = info(task, writing)
    if writing.kept is None:
        promise = writing.wanted.promise
        return {**made, "urls": [writing.wanted.source], "checksum": promise.value,
                **({"os_hash_algo": promise.algorithm, "os_hash_value": promise.value} if promise.algorithm else {})}
    return {**made, "urls": [lay(task, IMAGE, writing.kept.path)],
            "os_hash_algo": "sha256", "os_hash_value": writing.kept.sha256, "checksum": writing.kept.sha256}


def _partitions(task: task.Task, found: properties.Wanted) -> Info:
    """Return what is said of partition images only."""
    node = task.node
    has = {**capabilities.parse(node.properties.get("capabilities")),
           **capabilities.parse(node.instance_info.get("capabilities"))}
    return {"root_mb": found.root_mb, "root_gb": -(-found.root_mb // 1024), "swap_mb": found.swap_mb,
            "ephemeral_mb": found.ephemeral_mb,
            # an agent that is told none looks for a file system of that name
            "ephemeral_format": found.ephemeral_format or task.conf.pxe.default_ephemeral_format,
            "preserve_ephemeral": found.preserve_ephemeral, "kernel": found.kernel, "ramdisk": found.ramdisk,
            "deploy_boot_mode": capabilities.boot_mode(node, task.conf), "boot_option": "local",
            "disk_label": has.get("disk_label")}


def _fetched(task: task.Task, found: properties.Wanted) -> library.Image:
    """Have the image in the library, with milestones for what takes its time."""
    told = _Told(task)
    fetched: functools.partial[library.Image] = functools.partial(
        task.images.fetch, found.source, found.promise, raw=task.conf.agent.stream_raw_images,
        disk_format=found.disk_format, holder=holder(task), progress=told.progress)
    kept = fetched()
    if told.trouble is not None:
        raise told.trouble
    properties.fit(found.source, found, kept.virtual_size, task.node.properties)
    task.milestone(milestones.FETCHED, bytes=kept.size, total=kept.size, virtual=kept.virtual_size)
    return kept


class _Told:
    """Writes milestones of a fetching, from the thread of its own task only: others' work must not fail by ours."""

    def __init__(self, task: task.Task) -> None:
        self._task, self._thread, self._at, self._phase = task, threading.get_ident(), 0.0, ""
        self.trouble: errors.Fault | None = None

    def progress(self, phase: str, done: int, total: int | None) -> None:
        """Note how far it is, not more often than every few seconds."""
        now = self._task.clock.tick()
        if threading.get_ident() != self._thread or self.trouble is not None:
            return
        if phase == self._phase and now - self._at < EVERY:
            return
        self._phase, self._at = phase, now
        try:
            self._task.milestone(milestones.FETCHING, phase=phase, bytes=done, total=total)
        except errors.Fault as fault:
            self.trouble = fault
