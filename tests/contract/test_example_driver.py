"""The example driver, a package of its own: installed with pip, found by its entry points, and it works."""

import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal import config, errors
from baremetal.drivers import load, task, wires
from tests.contract import devices, packages

SOURCE = Path(__file__).parents[2] / "docs" / "example-driver"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[load.Drivers]:
    """The drivers of a conductor that has the example installed and enabled."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(SOURCE, folder / "source")   # building writes into the source
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
               "--disable-pip-version-check", "--target", str(folder / "site"), str(folder / "source")]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    with packages.visible(folder / "site", "example_driver"):
        yield load.Drivers(config.build(
            enabled_hardware_types=["example", "fake-hardware"], enabled_power_interfaces=["webhook", "fake"],
            conductor__power_state_change_timeout=1))


class Plug(http.server.ThreadingHTTPServer):
    """A device: it answers GET with its power and takes PUT of another one."""

    power, stuck = "off", False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}/power"


class Answer(http.server.BaseHTTPRequestHandler):
    """What the device does with one request."""

    server: Plug

    def do_GET(self) -> None:
        self._answer(self.server.power)

    def do_PUT(self) -> None:
        word = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self.server.stuck:
            self.server.power = word
        self._answer("")

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def plug() -> Iterator[Plug]:
    """A device that is off."""
    with Plug(("127.0.0.1", 0), Answer) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def held(installed: load.Drivers, plug: Plug) -> task.Task:
    """A task for a node behind the device, bound as the conductor binds it."""
    node = devices.node("example", driver_info={"example_url": plug.url})
    conf = config.build(conductor__power_state_change_timeout=60)
    return task.Task(node, installed.bind(node), task.Surroundings(conf, wires.Wires(conf)))


def test_it_is_found_with_defaults_and_properties(installed: load.Drivers) -> None:
    found = installed.interfaces("example")
    assert found["power"] == {"default": "webhook", "enabled": ["webhook"]}
    assert found["management"]["default"] == "noop"
    properties = installed.properties("example")
    assert [key for key, says in properties.items() if says.endswith("Required.")] == ["example_url"]
    assert "webhook" not in installed.interfaces("fake-hardware")["power"]["enabled"]


def test_it_switches(held: task.Task, plug: Plug) -> None:
    held.power.validate(held)
    assert held.power.read(held) == "power off"
    for target, word in (("power on", "on"), ("rebooting", "on"), ("power off", "off")):
        held.power.set(held, target)
        assert plug.power == word
        assert held.power.read(held) == f"power {word}"


def test_it_says_what_is_wrong(held: task.Task, plug: Plug) -> None:
    plug.stuck = True
    with pytest.raises(errors.PowerFailed, match="still tells 'power off' after 1 s"):
        held.power.set(held, "power on", 1)
    held.node.driver_info["example_url"] = "http://127.0.0.1:9/"
    with pytest.raises(errors.BmcFault, match="127.0.0.1:9 failed at power_read"):
        held.power.read(held)
    held.node.driver_info["example_url"] = "ftp://somewhere"
    with pytest.raises(errors.DriverInfoWrong, match="http://"):
        held.power.validate(held)
    del held.node.driver_info["example_url"]
    with pytest.raises(errors.DriverInfoMissing, match="example_url"):
        held.power.validate(held)
