"""The table of all commands of the agent, by the extension that has them, and the small ones among them."""

import asyncio
import hashlib
import typing

from baremetal.lab.agent import commands, failures, report, standby, steps

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

Node = dict[str, typing.Any]
Ports = list[dict[str, typing.Any]]
Work = typing.Callable[..., typing.Awaitable[typing.Any]]


def _getter(kind: str) -> Work:
    async def work(agent: "process.Agent", node: Node, ports: Ports) -> dict[str, typing.Any]:
        agent.node = node
        return {f"{kind}_steps": steps.reported(kind, block_maps=agent.block_maps),
                "hardware_manager_version": steps.versions(agent)}
    return work


def _executor(kind: str) -> Work:
    async def work(agent: "process.Agent", step: steps.Step, node: Node, ports: Ports, **rest: typing.Any
                   ) -> dict[str, typing.Any]:
        agent.node = node
        known, found = rest.pop(f"{kind}_version", None), steps.versions(agent)
        if known is not None and known != found:
            raise failures.Failure("VersionMismatch", f"Current versions: {found}, versions used by ironic: {known}")
        result = await steps.run(agent, kind, step, node, ports, **rest)
        agent.tell(f"{kind} step {step['step']} is done")
        return {f"{kind}_result": result, f"{kind}_step": step}
    return work


async def _rescue(agent: "process.Agent", rescue_password: str = "", *, hashed: bool = False) -> None:
    """Take the password of the rescue user, and stop. What is kept shows which one it was, not what it is."""
    agent.computer.rescue = {"hashed": hashed, "sha256": hashlib.sha256(rescue_password.encode()).hexdigest()}
    agent.end("rescue")


async def _lockdown(agent: "process.Agent") -> None:
    agent.end("lockdown")


async def _logs(agent: "process.Agent") -> dict[str, str]:
    return {"system_logs": report.logs(agent.computer.story)}


async def _hardware(agent: "process.Agent") -> dict[str, typing.Any]:
    return report.inventory(agent.computer, lldp=False)


async def _node_info(agent: "process.Agent", node_info: typing.Any = None) -> None:
    raise failures.Failure("InvalidCommandError", "Node lookup data can only be set when the Ironic Python Agent is "
                                                  "running in standalone mode.")


async def _flow(agent: "process.Agent", flow: list[dict[str, typing.Any]] | None = None) -> list[typing.Any]:
    done = []
    for name, params in (pair for one in flow or () for pair in one.items()):
        if name not in TABLE:
            raise failures.Failure("InvalidCommandError", f"Unknown command: {name}")
        done.append(await TABLE[name].work(agent, **params))
        await asyncio.sleep(0)
    return done


Command = commands.Command
TABLE: dict[str, Command] = {
    **{f"{kind}.get_{kind}_steps": Command(_getter(kind)) for kind in steps.KINDS},
    **{f"{kind}.execute_{kind}_step": Command(_executor(kind), background=True) for kind in steps.KINDS},
    "standby.prepare_image": Command(standby.prepare_image, background=True, check=standby.check_image),
    "standby.get_partition_uuids": Command(standby.get_partition_uuids),
    "standby.execute_bootc_install": Command(standby.bootc, background=True),
    "standby.sync": Command(standby.sync),
    "standby.power_off": Command(standby.power_off, background=True),
    "standby.run_image": Command(standby.run_image, background=True),
    "image.install_bootloader": Command(standby.install_bootloader, background=True),
    "rescue.finalize_rescue": Command(_rescue),
    "log.collect_system_logs": Command(_logs),
    "poll.get_hardware_info": Command(_hardware),
    "poll.set_node_info": Command(_node_info),
    "system.lockdown": Command(_lockdown),
    "flow.start_flow": Command(_flow, background=True),
}
