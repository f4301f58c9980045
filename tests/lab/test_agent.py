"""Simulated agents against a scripted service: boot, report, lookup, heartbeats, commands over verified TLS, faults."""

import base64
import dataclasses
import gzip
import hashlib
import io
import json
import pathlib
import resource
import time
import typing
from collections.abc import Iterator

import aiohttp
import pytest

from baremetal.images import blockmap
from baremetal.lab import fleet, machine
from baremetal.lab.agent import profile, troubles
from tests import processes
from tests.lab import conftest, stub

NETWORK, CROWD_NETWORK, CROWD = "127.95.0.0", "127.96.0.0", 200
QUICK = profile.Profile(start=0.05, step=0.05, forced=0.2, off=0.1, waits=0.02, attempts=2, pause=0.05, silence=30)
BOOT = machine.Boot("pxe", mode="uefi")


@pytest.fixture
def service() -> Iterator[stub.Stub]:
    """A service that knows nobody."""
    with stub.Stub() as running:
        yield running


def plan(service: stub.Stub, size: int = 3, network: str = NETWORK, **more: typing.Any) -> fleet.Plan:
    """A fleet that boots from the stub."""
    return fleet.Plan(size, network=network, port=processes.free_port(network[:-1] + "1"), boot_url=service.url,
                      timing=machine.Timing(boot=0.05, soft=0.05, cycle=0.05), manner=QUICK, **more)


@pytest.fixture
def servers(service: stub.Stub) -> Iterator[fleet.Fleet]:
    """A fleet of three, enrolled in the stub, all off."""
    with fleet.Fleet(plan(service)) as running:
        for number, server in enumerate(running.servers):
            service.nodes[server.computer.hardware.nics[0].mac] = stub.Node(f"node-{number}")
        yield running


def start(servers: fleet.Fleet, number: int = 0, boot: machine.Boot = BOOT) -> None:
    """Boot a server, from the network if nothing else is said."""
    box = servers.machine(number)

    def work() -> None:
        box.switch_off()
        box.set_boot(boot)
        box.switch_on()
    servers.do(work)


def up(service: stub.Stub, servers: fleet.Fleet, number: int = 0) -> stub.Node:
    """Boot a server and wait for its agent's heartbeat."""
    node = service.nodes[servers.servers[number].computer.hardware.nics[0].mac]
    node.rest()
    start(servers, number)
    conftest.until(lambda: bool(node.beats))
    return node


def shown(servers: fleet.Fleet, number: int = 0) -> dict[str, typing.Any]:
    """What runs on a server."""
    return servers.servers[number].machine.system


def drive(**files: typing.Any) -> str:
    """A config drive, made by another program than ours."""
    pycdlib = pytest.importorskip("pycdlib")
    made = pycdlib.PyCdlib()
    made.new(interchange_level=3, joliet=3, vol_ident="config-2")
    for folder, joliet in (("/OPENSTAC", "/openstack"), ("/OPENSTAC/LATEST", "/openstack/latest")):
        made.add_directory(folder, joliet_path=joliet)
    for number, (name, content) in enumerate(files.items()):
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        path = name if isinstance(content, str) else f"{name}.json"
        made.add_fp(io.BytesIO(data), len(data), f"/OPENSTAC/LATEST/F{number}.;1",
                    joliet_path=f"/openstack/latest/{path}")
    whole = io.BytesIO()
    made.write_fp(whole)
    made.close()
    return base64.b64encode(gzip.compress(whole.getvalue())).decode()


# --- boot, report, lookup, heartbeat ---

def test_boots_and_heartbeats(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = up(service, servers)
    assert (service.counts["kernel"], service.counts["ramdisk"], service.wrong) == (1, 1, [])
    assert node.url == f"https://{servers.servers[0].address}:9999" and node.lookups == 1
    assert set(node.bodies[0]) == {"callback_url", "agent_token", "agent_version", "agent_verify_ca"}
    assert shown(servers)["what"] == "agent"
    assert servers.servers[0].describe()["fetched"]["ramdisk"] == len(stub.RAMDISK)


def test_boots_locally_when_nobody_wants_it(service: stub.Stub, servers: fleet.Fleet) -> None:
    for node in service.nodes.values():
        node.boots = False
    for mode in ("bios", "uefi"):
        start(servers, boot=machine.Boot("pxe", mode=mode))
        conftest.until(lambda: shown(servers)["what"] == "no system")


@pytest.mark.parametrize(("device", "what"), [("disk", "no system"), ("safe", "no system"), ("cdrom", "no system"),
                                              ("bios", "firmware setup"), ("diagnostic", "firmware setup")])
def test_other_devices(servers: fleet.Fleet, device: str, what: str) -> None:
    start(servers, boot=machine.Boot(device))
    conftest.until(lambda: shown(servers)["what"] == what)
    servers.do(servers.machine(0).switch_off)
    assert shown(servers)["what"] == "nothing"


def test_reports(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = service.nodes[servers.servers[1].computer.hardware.nics[0].mac]
    node.parameters = f"ipa-inspection-callback-url={service.url}/v1/continue_inspection ipa-collect-lldp=1"
    up(service, servers, 1)
    report = node.reports[0]
    inventory = report["inventory"]
    assert [nic["mac_address"] for nic in inventory["interfaces"]] == [
        nic.mac for nic in servers.servers[1].computer.hardware.nics]
    assert all(dict(nic["lldp"])[1].startswith("04") for nic in inventory["interfaces"])
    assert (inventory["boot"]["current_boot_mode"], inventory["cpu"]["architecture"]) == ("uefi", "x86_64")
    assert inventory["system_vendor"]["serial_number"] == servers.machine(1).identity.serial
    assert report["root_disk"]["name"] == "/dev/sda" and report["error"] is None
    assert gzip.decompress(base64.b64decode(report["logs"]))


def test_conflicts_are_tried_again(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = service.nodes[servers.servers[0].computer.hardware.nics[0].mac]
    node.refuse = [409, 404, 500]
    up(service, servers)
    assert node.lookups == 4
    service.heartbeat_timeout, node.refuse = 0.5, [409]
    before = len(node.beats)
    service.run(service.command(node, "standby.prepare_image", image_info=stub.info(f"{service.url}/none", b"")))
    conftest.until(lambda: len(node.beats) > before)
    assert not node.refuse


def test_heartbeats_in_time(servers: fleet.Fleet, service: stub.Stub) -> None:
    service.heartbeat_timeout = 0.5
    node = up(service, servers)
    conftest.until(lambda: len(node.beats) >= 6)
    gaps = [after - before for before, after in zip(node.beats, node.beats[1:], strict=False)]
    # each may come late on a busy machine, but none too early, and not after what is usual
    assert all(0.14 < gap for gap in gaps) and min(gaps) < 5, gaps


# --- API ---

def test_tokens(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = up(service, servers)
    assert service.run(service.call(node))[1] == {"commands": []}
    for token in ("", "x", node.token + "x"):
        assert service.run(service.call(node, token=token))[0] == 401
    status, root = service.run(service.call(node, path="/", token=""))
    assert (status, root["default_version"]["id"]) == (200, "v1")
    assert service.run(service.call(node, path="/v1/status", token=""))[1]["version"]


def test_stars_without_token_are_fatal(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = service.nodes[servers.servers[0].computer.hardware.nics[0].mac]
    node.token = "somebody else has it"
    start(servers)
    conftest.until(lambda: shown(servers)["what"] == "lockdown")
    assert not node.beats


def test_power_takes_everything(service: stub.Stub, servers: fleet.Fleet) -> None:
    first = dataclasses.replace(up(service, servers))
    service.run(service.command(first, "standby.sync"))
    second = up(service, servers)
    assert second.token != first.token and second.ca != first.ca
    assert service.run(service.call(second))[1] == {"commands": []}
    servers.do(servers.machine(0).switch_off)
    with pytest.raises((OSError, aiohttp.ClientError)):
        service.run(service.call(second))


#: body: status and a part of what is said
REQUESTS: list[tuple[typing.Any, int, str]] = [
    ({"name": "standby.sync"}, 400, "params"),
    ({"name": "standby.sync", "params": []}, 400, "params"),
    ("text", 400, "params"),
    ({"name": "sync", "params": {}}, 400, "<extension>.<name>"),
    ({"name": "nobody.sync", "params": {}}, 404, "Extension with id nobody not found."),
    ({"name": "standby.fly", "params": {}}, 400, "Unknown command: fly"),
    ({"name": "standby.prepare_image", "params": {"image_info": {"id": "x"}}}, 400, "urls"),
    ({"name": "standby.prepare_image", "params": {"image_info": {"id": "x", "urls": ["y"]}}}, 400, "checksum"),
]


@pytest.mark.parametrize(("body", "status", "part"), REQUESTS)
def test_wrong_requests(service: stub.Stub, servers: fleet.Fleet, body: typing.Any, status: int, part: str) -> None:
    node = up(service, servers)
    found, answer = service.run(service.call(node, "POST", body=body))
    assert (found, answer["faultcode"]) == (status, "Client") and part in answer["faultstring"]
    assert service.run(service.call(node))[1] == {"commands": []}


def test_results(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = up(service, servers)
    done = service.run(service.command(node, "standby.get_partition_uuids"))
    assert {**done, "id": ""} == {"id": "", "command_name": "get_partition_uuids", "command_status": "SUCCEEDED",
                                  "command_result": {}, "command_error": None}
    wrong = service.run(service.command(node, "standby.sync", unknown=1))
    assert (wrong["command_status"], wrong["command_name"]) == ("FAILED", "standby.sync")
    assert set(wrong["command_error"]) == {"type", "code", "message", "details"}
    listed = service.run(service.call(node))[1]["commands"]
    assert [result["id"] for result in listed] == [done["id"], wrong["id"]]
    assert service.run(service.call(node, path="/v1/commands/none"))[0] == 404
    assert service.run(service.command(node, "log.collect_system_logs"))["command_result"]["system_logs"]


def test_one_at_a_time(service: stub.Stub, servers: fleet.Fleet) -> None:
    servers.fault(0, "never-ends", value="erase_devices_metadata")
    node = up(service, servers)
    body = {"name": "clean.execute_clean_step", "params": {"step": {"step": "erase_devices_metadata"},
                                                           "node": stub.plain(node), "ports": []}}
    assert service.run(service.call(node, "POST", body=body))[1]["command_status"] == "RUNNING"
    status, said = service.run(service.call(node, "POST", body=body))
    assert (status, said["faultstring"]) == (409, "Agent is busy: executing command execute_clean_step")


# --- steps and images ---

def test_steps(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = up(service, servers)
    for kind in ("clean", "deploy", "service"):
        result = service.run(service.command(node, f"{kind}.get_{kind}_steps", node=stub.plain(node), ports=[]))
        found = result["command_result"]
        assert set(found) == {f"{kind}_steps", "hardware_manager_version"}
        assert "generic_hardware_manager" in found["hardware_manager_version"]
        assert all({"step", "priority", "interface", "reboot_requested"} <= set(step)
                   for steps in found[f"{kind}_steps"].values() for step in steps)
    wrong = service.run(service.command(node, "clean.execute_clean_step", step={"step": "erase_devices"}, ports=[],
                                        node=stub.plain(node), clean_version={"generic_hardware_manager": "0"}))
    assert wrong["command_status"] == "CLEAN_VERSION_MISMATCH"
    missing = service.run(service.step(node, "clean", "fly"))
    assert missing["command_error"]["type"] == "HardwareManagerMethodNotFound"


def test_a_system_is_deployed_boots_and_is_erased(service: stub.Stub, servers: fleet.Fleet) -> None:
    content = service.files["image"] = stub.image()
    node = up(service, servers)
    given = drive(meta_data={"hostname": "web-1", "uuid": node.uuid}, user_data="#cloud-config\n")
    before = len(node.beats)
    done = service.run(service.step(node, "deploy", "write_image", image_info=stub.info(
        f"{service.url}/boot/key/image", content, node_uuid=node.uuid), configdrive=given))
    assert done["command_status"] == "SUCCEEDED", done
    told = done["command_result"]["deploy_result"]["result"]
    assert told.startswith("prepare_image: image (image) written to device /dev/sda root_uuid=0x")
    conftest.until(lambda: len(node.beats) > before)
    service.run(service.order(node, "standby.power_off"))
    conftest.until(lambda: servers.machine(0).power == "off")
    start(servers, boot=machine.Boot("disk", persistent=True))
    conftest.until(lambda: shown(servers)["what"] == "image")
    system = shown(servers)
    assert (system["sha256"], system["size"], system["hostname"], system["by"]) == (
        hashlib.sha256(content).hexdigest(), len(content), "web-1", "agent")
    assert system["configdrive"]["user_data"] == "#cloud-config\n" and system["configdrive"]["label"] == "config-2"
    node = up(service, servers)
    assert service.run(service.step(node, "clean", "erase_devices_metadata"))["command_status"] == "SUCCEEDED"
    start(servers, boot=machine.Boot("disk"))
    conftest.until(lambda: shown(servers)["what"] == "no system")


def test_block_maps(service: stub.Stub, servers: fleet.Fleet, tmp_path: pathlib.Path) -> None:
    content = service.files["image"] = stub.image(2 << 20) + bytes(4 << 20) + stub.image(1 << 20)
    node = up(service, servers)
    path = tmp_path / "image"
    path.write_bytes(content)
    text = service.files["map"] = blockmap.make(path).text().encode()   # the house's own maker: both must agree
    args = {"image_url": f"{service.url}/boot/key/image", "map_url": f"{service.url}/boot/key/map",
            "image_info": stub.info(f"{service.url}/boot/key/image", content)}
    wrong = service.run(service.step(node, "deploy", "write_image_by_map", map_sha256="0" * 64, **args))
    assert wrong["command_error"]["type"] == "ImageDownloadFatalError"
    done = service.run(service.step(node, "deploy", "write_image_by_map",
                                    map_sha256=hashlib.sha256(text).hexdigest(), **args))
    assert done["command_status"] == "SUCCEEDED", done
    written = servers.servers[0].computer.disks[0].written
    assert written is not None and (written.by, written.size) == ("block map", len(content))
    assert written.received < len(content) - (3 << 20)
    assert written.sha256 == hashlib.sha256(content).hexdigest()


#: what is changed in the image_info: type of the error, a part of its details
BAD_IMAGES: list[tuple[dict[str, typing.Any], str, str]] = [
    ({"os_hash_value": "0" * 64}, "ImageChecksumError", "Image failed to verify against checksum"),
    ({"urls": ["{url}/boot/key/none"]}, "ImageDownloadFatalError", "Received status code 404"),
    ({"urls": ["http://127.0.0.1:1/none"]}, "CommandExecutionError", "127.0.0.1"),
    ({"urls": ["{url}/boot/key/plain"], "os_hash_value": hashlib.sha256(b"plain" * 200).hexdigest()},
     "DeploymentError", "partition table"),
    ({"stream_raw_images": False, "disk_format": "qcow2"}, "InvalidImage", "Expected format was qcow2"),
    ({"os_hash_algo": "md5", "os_hash_value": "0" * 32}, "RESTError", "checksum"),
]


@pytest.mark.parametrize(("change", "kind", "part"), BAD_IMAGES)
def test_bad_images(service: stub.Stub, servers: fleet.Fleet, change: dict[str, typing.Any], kind: str,
                    part: str) -> None:
    content = service.files["image"] = stub.image(1 << 16)
    service.files["plain"] = b"plain" * 200
    node = up(service, servers)
    info = {**stub.info(f"{service.url}/boot/key/image", content), **change}
    info["urls"] = [url.format(url=service.url) for url in info["urls"]]
    done = service.run(service.step(node, "deploy", "write_image", image_info=info))
    assert (done["command_status"], done["command_error"]["type"]) == ("FAILED", kind), done
    assert part in done["command_error"]["details"]
    assert servers.servers[0].computer.disks[0].written is None


def test_too_large(service: stub.Stub, servers: fleet.Fleet) -> None:
    content = service.files["image"] = stub.image(1 << 16)
    servers.fault(0, "small-disk", value=0.00001)
    node = up(service, servers)
    params = {"image_info": stub.info(f"{service.url}/boot/key/image", content)}
    done = service.run(service.step(node, "deploy", "write_image", **params))
    assert done["command_error"]["type"] == "DeviceNotFound"
    hinted = {**stub.plain(node), "instance_info": {"root_device": {"name": "s== /dev/sdb"}}}
    done = service.run(service.command(node, "deploy.execute_deploy_step", node=hinted, ports=[], step={
        "step": "write_image", "args": params}))
    assert "No space left on device" in done["command_error"]["details"]


def test_rescue_ends_the_agent(service: stub.Stub, servers: fleet.Fleet) -> None:
    node = up(service, servers)
    service.run(service.order(node, "rescue.finalize_rescue", rescue_password="secret", hashed=False))
    conftest.until(lambda: shown(servers)["what"] == "rescue")
    assert "secret" not in json.dumps(servers.servers[0].describe())
    with pytest.raises((OSError, aiohttp.ClientError)):
        service.run(service.call(node))


# --- faults ---

def test_fault_table() -> None:
    assert all(kind.says and kind.name == name for name, kind in troubles.TABLE.items())


#: fault, its value: the node is found, heartbeats come, the agent's API answers
FAULTS = [("silent", None, False, False), ("no-heartbeat", None, True, False), ("other-mac", None, False, False),
          ("no-network", None, False, False), ("ignores-boot", None, False, False), ("other-token", None, True, False)]


@pytest.mark.parametrize(("name", "value", "found", "beats"), FAULTS)
def test_faults(service: stub.Stub, servers: fleet.Fleet, name: str, value: typing.Any, found: bool,
                beats: bool) -> None:
    servers.fault(0, name, value=value)
    node = service.nodes[servers.servers[0].computer.hardware.nics[0].mac]
    start(servers)
    conftest.until(lambda: bool(node.lookups) == found)
    time.sleep(0.6)     # what must not come has had the time to
    assert (bool(node.lookups), bool(node.beats)) == (found, beats)


def test_restart_in_the_middle(service: stub.Stub, servers: fleet.Fleet) -> None:
    servers.fault(0, "never-ends", value="erase_devices")
    for what, ends in (("agent", "lockdown"), ("server", "no system")):
        node = up(service, servers)
        servers.fault(0, "restarts", value=what)
        service.run(service.call(node, "POST", body={"name": "clean.execute_clean_step", "params": {
            "step": {"step": "erase_devices"}, "node": stub.plain(node), "ports": []}}))
        conftest.until(lambda ends=ends: shown(servers)["what"] == ends)
        assert "restarts" not in servers.servers[0].computer.faults.describe()


def test_commands_that_fail(service: stub.Stub, servers: fleet.Fleet) -> None:
    servers.fault(0, "fails", value="erase_devices")
    node = up(service, servers)
    done = service.run(service.step(node, "clean", "erase_devices"))
    assert done["command_status"] == "FAILED" and "made to fail" in done["command_error"]["details"]


# --- many ---

def test_a_crowd(service: stub.Stub) -> None:
    """Two hundred deploy at once; the figures are printed with -s."""
    content = service.files["image"] = stub.image(8 << 20)
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    patient = dataclasses.replace(QUICK, forced=2, silence=60)
    crowd = dataclasses.replace(plan(service, CROWD, CROWD_NETWORK), manner=patient)
    with fleet.Fleet(crowd) as running:
        for number, server in enumerate(running.servers):
            service.nodes[server.computer.hardware.nics[0].mac] = stub.Node(f"node-{number}")
        for number in range(CROWD):
            start(running, number)
        conftest.until(lambda: all(node.beats for node in service.nodes.values()), 300)
        booted = time.monotonic()
        info = stub.info(f"{service.url}/boot/key/image", content)
        writing = [service.start(service.step(node, "deploy", "write_image", image_info=info))
                   for node in service.nodes.values()]
        assert all(one.result(600)["command_status"] == "SUCCEEDED" for one in writing)
        ended, now = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        assert all(server.computer.disks[0].written for server in running.servers)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(f"\n{CROWD} agents: up {booted - began:.1f} s, written {ended - booted:.1f} s, CPU {cpu:.1f} s (stub "
          f"included), memory +{(now.ru_maxrss - used.ru_maxrss) / 1024:.0f} MiB")
