"""Writing the image: by block map where the ramdisk can, else in the agent's own way. Never twice in one boot."""

import typing

from baremetal import errors, steps
from baremetal.clients.agent import answers
from baremetal.drivers import task
from baremetal.drivers.agent import image, learned, talk

ABOUT = "deploy.write_image"
BY_MAP = "write_image_by_map"
#: driver_internal_info: how the image is being written, for the facts of the step
NOTED = "agent_writing"
#: what a writer by block map tells of its work, for the facts of the step; an agent's own writing tells nothing
TOLD = ("written", "received", "seconds", "zeroed_by", "device", "device_size")


def begin(task: task.Task) -> steps.Answer:
    """Let the agent write the image, unless it does or has done so already. Safe to run twice."""
    if not task.storage.writes_image(task):
        return steps.Done({"written_by": "nobody", "why": "the node's volume brings the system"})
    writing = image.prepare(task)
    by_map = (writing.kept is not None and writing.kept.map_path is not None and writing.wanted.whole_disk
              and learned.has(task, "deploy", "deploy", BY_MAP))
    task.node.driver_internal_info[NOTED] = {"written_by": "block map" if by_map else "agent", "bytes": writing.bytes}
    return _by_map(task, writing) if by_map else _stock(task, writing)


def resume(task: task.Task) -> steps.Answer:
    """Return how the writing ended. One that failed for a conductor that was lost is begun again by this one."""
    was_elsewhere = talk.elsewhere(task)
    try:
        found = talk.ended(task, ABOUT)
    except errors.StepFailed:
        if was_elsewhere and talk.over(task):
            # it served the image; its end broke the download, not the image
            return begin(task)
        raise
    if found is None:
        return talk.wait(task, ABOUT)
    if found["command_status"] == answers.MISMATCH:
        learned.anew(task, "deploy", ABOUT)
        return begin(task)
    task.node.driver_internal_info.pop(learned.MISMATCHED, None)
    facts = task.node.driver_internal_info.pop(NOTED, None) or {}
    image.release(task)
    return steps.Done({**facts, **_told(found)})


def _told(found: talk.Result) -> dict[str, typing.Any]:
    """Return what the agent says of the writing: bytes that were data, and how the rest became zero."""
    result = found.get("command_result")
    report = result.get("deploy_result") if isinstance(result, dict) else None
    return {key: report[key] for key in TOLD if key in report} if isinstance(report, dict) else {}


def _by_map(task: task.Task, writing: image.Writing) -> steps.Answer:
    kept = writing.kept
    assert kept is not None
    args = {"image_url": image.lay(task, image.IMAGE, kept.path), "map_url": image.lay(task, image.MAP, kept.map_path),
            "map_sha256": kept.map_sha256, "image_info": image.info(task, writing), "configdrive": image.drive(task)}
    step = steps.Step("deploy", BY_MAP, args, by=steps.AGENT)
    return talk.begin(task, ABOUT, learned.command("deploy"), learned.parameters(task, "deploy", step))


def _stock(task: task.Task, writing: image.Writing) -> steps.Answer:
    params = {"image_info": image.stock(task, writing)}
    drive = image.drive(task)
    return talk.begin(task, ABOUT, "standby.prepare_image", params | ({"configdrive": drive} if drive else {}))
