"""OpenIPMI's ``ipmi_sim``: an IPMI BMC that this project did not write, on loopback, with a chassis of two files."""

import dataclasses
import secrets
import shutil
import socket
from pathlib import Path

from tests import processes, services

HOST = "127.0.0.1"
USER = "foreign"

# Sensor data records stay out: ipmi_sim never opens its port when the command file adds one with main_sdr_add.
LAN = """\
name "foreign"
set_working_mc 0x20
  startlan 1
    addr {host} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid 0102030405060708090a0b0c0d0e0f10
  endlan
  chassis_control "{program} {state}"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
"""
EMULATION = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
# Called as: PROGRAM FOLDER [ADDRESS] get NAME... | set (NAME VALUE)... | check NAME...
CHASSIS = """\
#!/bin/sh
folder=$1
shift
case $1 in 0x*) shift ;; esac
verb=$1
shift
case $verb in
get) for name; do echo "$name:$(cat "$folder/$name" 2>/dev/null || echo 0)"; done ;;
set) while [ $# -ge 2 ]; do
        echo "$2" > "$folder/$1"
        [ "$1" = shutdown ] && echo 0 > "$folder/power"
        echo "$1 $2" >> "$folder/log"
        shift 2
     done ;;
esac
"""


@dataclasses.dataclass(frozen=True)
class Service:
    """A running ipmi_sim."""

    process: processes.Process
    folder: Path
    port: int
    password: str = dataclasses.field(repr=False)
    host: str = HOST
    user: str = USER

    @property
    def power(self) -> str:
        """What the chassis really is: on or off."""
        return "on" if (self.folder / "state" / "power").read_text().strip() == "1" else "off"

    @property
    def log(self) -> list[str]:
        """What the chassis was told so far, one ``name value`` each."""
        log = self.folder / "state" / "log"
        return log.read_text().splitlines() if log.exists() else []

    def stop(self) -> None:
        """End it and throw its state away."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path) -> Service:
    """Start one with its state below ``workdir``, switched off, and return when it answers."""
    simulator = services.require("ipmi_sim")
    folder = workdir / f"ipmi_sim-{secrets.token_hex(4)}"
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "power").write_text("0\n")
    (folder / "state" / "boot").write_text("default\n")
    program = folder / "chassis"
    program.write_text(CHASSIS)
    program.chmod(0o755)
    port, password = processes.free_port(HOST), secrets.token_hex(8)
    (folder / "lan.conf").write_text(LAN.format(host=HOST, port=port, program=program, state=folder / "state",
                                                user=USER, password=password))
    (folder / "emulation").write_text(EMULATION)
    command = processes.Command([simulator, "-c", folder / "lan.conf", "-f", folder / "emulation",
                                 "-s", folder, "-n", "-p"])
    service = Service(processes.Process("ipmi_sim", command, folder / "log"), folder, port, password)
    try:
        service.process.wait_for(lambda: _answers(port))
    except processes.NotReady:
        service.stop()
        raise
    return service


def _answers(port: int) -> bool:
    """Whether it answers RMCP's presence ping."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.5)
        probe.sendto(bytes.fromhex("0600ff06000011be80000000"), (HOST, port))
        return bool(probe.recv(64))
