"""A server of a simulated fleet is deployed with an image of the real Glance, named by its id and nothing else."""

import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import processes
from tests.flow import test_deploy as flow
from tests.neighbours import conftest
from tests.services import glance


@pytest.fixture
def service(small: conftest.Small, images: glance.Service, tmp_path: Path) -> Iterator[flow.Service]:
    """API, conductor and one server; its configuration knows Glance."""
    api, agents = processes.free_port(), processes.free_port()
    (tmp_path / "conf").write_text(f"[api]\nagents_port = {agents}\n" + conftest.SECTION.format(
        service="glance", url=small.keystone.url, password=small.password))
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(tmp_path / "conf"),
                                 "--fleet", "1", "--fleet-network", processes.free_network(), "--auth", "noauth",
                                 "--data", str(tmp_path / "data"), "--port", str(api)],
                                logs=[tmp_path / "data" / "baremetal.log"])
    with processes.spawned("deploy", command, tmp_path / "log") as process:
        process.wait_for(lambda: "image_source=" in (tmp_path / "log").read_text(), within=300)
        yield flow.Service(f"http://127.0.0.1:{api}", tmp_path, (tmp_path / "log").read_text())


def test_deploy_with_an_image_of_glance_by_its_id_alone(
        service: flow.Service, images: glance.Service, small: conftest.Small) -> None:
    name, content = "server-1", Path(urllib.parse.urlsplit(service.image["image_source"]).path).read_bytes()
    form = "qcow2" if content.startswith(b"QFI\xfb") else "raw"
    ident = images.image(small.token, content, visibility="private", disk_format=form)
    service.do(name, "manage", "manageable")
    service.do(name, "provide", "available")
    service.set(name, image_source=ident)
    told = service.call("GET", f"/v1/nodes/{name}/validate")
    assert told["deploy"]["result"], told["deploy"]
    active = service.do(name, "active", "active")
    assert active["power_state"] == "power on" and active["last_error"] is None
    assert active["instance_info"]["image_source"] == ident
    assert not [key for key in active["instance_info"] if "checksum" in key or "hash" in key]
    written, = (step["facts"] for step in service.flow(name)["steps"] if step["step"] == "write_image")
    assert written["bytes"] > 0


def test_image_that_is_not_there_is_said_before_anything_begins(service: flow.Service) -> None:
    service.set("server-1", image_source="00000000-0000-4000-8000-000000000000")
    told = service.call("GET", "/v1/nodes/server-1/validate")["deploy"]
    assert not told["result"] and "[glance]" in told["reason"] and "404" in told["reason"]
