"""Notifications over a real broker: what a foreign listener hears of all that can happen, and of no secret."""

import json
import signal
import sqlite3
import uuid
from pathlib import Path
from typing import Any

from tests import processes
from tests.cluster import hearing

SECRET = f"geheim-{uuid.uuid4().hex}"
#: what no key of which names a secret may hold: addresses with passwords and signatures
ADDRESS = f"https://user:{SECRET}@images.example/x.img?signature={SECRET}"
STEP = {"interface": "vendor", "step": "log_passthrough", "args": {
    "admin_password": SECRET, "nested": {"token": SECRET}, "listed": [{"secret": SECRET}]}}
SETTINGS = {"interface": "bios", "step": "apply_configuration", "priority": 90, "args": {
    "settings": [{"name": "AdminPassword", "value": SECRET}]}}
EXTRA = {"api_token": SECRET, "nested": {"listed": [{"password": SECRET}]}, "address": ADDRESS}
NODE = {
    "driver": "fake-hardware", "name": "web-1", "vendor_interface": "fake", "bios_interface": "fake",
    "rescue_interface": "fake", "console_interface": "fake", "raid_interface": "fake", "automated_clean": False,
    "resource_class": "big",
    "driver_info": {"ipmi_password": SECRET, "deeper": {"api_secret": SECRET}},
    "properties": {"capabilities": "a:b", "admin_password": SECRET}, "extra": EXTRA}
INSTANCE = {"image_source": ADDRESS, "image_url": SECRET, "configdrive": SECRET, "root_password": SECRET,
            "rescue_password": SECRET, "ssh": {"private_key": SECRET}}
#: what the agent's part of the service keeps
INTERNAL = {"agent_secret_token": SECRET, "agent_token": SECRET, "deeper": {"dnsmasq_password": SECRET}}
DRIVE = {"user_data": SECRET, "meta_data": {"admin_pass": SECRET}}
#: fields of a node that have no secrets; what else it says is an operator's own business to write down or not
SPLIT = ("driver_info,instance_info,driver_internal_info,clean_step,deploy_step,service_step,last_error,name,"
         "raid_config,target_raid_config")
CRUD = ("node", "port", "portgroup", "chassis", "volumeconnector", "volumetarget", "allocation", "deploytemplate",
        "runbook", "inspectionrule")
#: what is heard beside each object's create, update and delete
FURTHER = ("node.maintenance_set.start", "node.maintenance_set.end", "node.power_set.start", "node.power_set.end",
           "node.console_set.start", "node.console_set.end", "node.provision_set.start", "node.provision_set.end",
           "node.provision_set.success", "node.provision_set.error", "node.power_set.error", "node.console_set.error",
           "node.create.error")
#: an agent's secrets are where the conductor keeps them
PLANT = ("UPDATE nodes SET driver_internal_info = ?, driver_internal_info_secrets = ?, generation = generation + 1 "
         "WHERE name = 'web-1'")


def objects(service: hearing.Service, node: str) -> None:
    """Make, change and delete one of everything, with secrets wherever there may be some."""
    changed = [{"op": "add", "path": "/extra/b_token", "value": SECRET}]
    described = [{"op": "replace", "path": "/description", "value": "x"}]
    rule = {"sensitive": True, "actions": [{"op": "set-attribute", "args": {
        "path": "/driver_info/ipmi_password", "value": SECRET}}]}
    made: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
        ("chassis", {"extra": EXTRA}, changed),
        ("ports", {"node_uuid": node, "address": "52:54:00:00:00:01", "extra": EXTRA}, changed),
        ("portgroups", {"node_uuid": node, "name": "pg", "extra": EXTRA, "properties": {"a_secret": SECRET}}, changed),
        ("volume/connectors", {"node_uuid": node, "type": "iqn", "connector_id": "a", "extra": EXTRA}, changed),
        ("volume/targets", {"node_uuid": node, "volume_type": "iscsi", "volume_id": "a", "boot_index": 0,
                            "properties": {"auth_password": SECRET}, "extra": EXTRA}, changed),
        ("deploy_templates", {"name": "CUSTOM_A", "steps": [{**STEP, "priority": 10}, SETTINGS], "extra": EXTRA},
         changed),
        ("runbooks", {"name": "CUSTOM_A", "steps": [{**STEP, "order": 1}], "extra": EXTRA}, changed),
        ("inspection_rules", rule, described),
        ("allocations", {"name": "wish", "resource_class": "none", "extra": EXTRA}, changed),
    ]
    for collection, body, change in made:
        ident = service.do("POST", f"/v1/{collection}", body)["uuid"]
        service.do("PATCH", f"/v1/{collection}/{ident}", change)
        if collection == "allocations":
            service.until(lambda ident=ident: service.do("GET", f"/v1/allocations/{ident}")["state"] == "error")
        service.do("DELETE", f"/v1/{collection}/{ident}")


def life(service: hearing.Service) -> None:
    """Let a node live through all that has notifications, with secrets wherever there may be some."""
    service.do("PUT", "/v1/nodes/web-1/maintenance", {"reason": "a fan"})
    service.do("DELETE", "/v1/nodes/web-1/maintenance")
    for enabled in (True, False):
        service.do("PUT", "/v1/nodes/web-1/states/console", {"enabled": enabled})
        service.shows("web-1", lambda node, enabled=enabled: node["console_enabled"] == enabled)
    service.verb("web-1", "clean", "manageable", clean_steps=[STEP, {
        key: value for key, value in SETTINGS.items() if key != "priority"}])
    service.do("PUT", "/v1/nodes/web-1/states/power", {"target": "power on"})
    service.shows("web-1", lambda node: node["power_state"] == "power on")
    service.verb("web-1", "provide", "available")
    service.do("PATCH", "/v1/nodes/web-1", [
        {"op": "add", "path": f"/instance_info/{name}", "value": value} for name, value in INSTANCE.items()])
    service.verb("web-1", "active", "active", configdrive=DRIVE, deploy_steps=[SETTINGS])
    service.verb("web-1", "rescue", "rescue", rescue_password=SECRET)
    service.verb("web-1", "unrescue", "active")
    service.verb("web-1", "service", "active", service_steps=[STEP])
    service.verb("web-1", "deleted", "available")


def broken(service: hearing.Service) -> None:
    """Let power, console and a deployment fail."""
    node = service.do("POST", "/v1/nodes", {
        "driver": "fake-hardware", "name": "bad", "console_interface": "fake", "automated_clean": False})["uuid"]
    assert service.ask("POST", "/v1/nodes", {**NODE, "name": "bad"}).status_code == 409
    service.verb("bad", "manage", "manageable")
    service.verb("bad", "provide", "available")
    trouble = {"power.set": "the plug", "console.start": "the cable", "deploy.deploy": "the disk"}
    service.do("PATCH", f"/v1/nodes/{node}", [
        {"op": "add", "path": "/driver_info/fake_faults", "value": trouble}])
    service.do("PUT", "/v1/nodes/bad/states/power", {"target": "power on"})
    service.shows("bad", lambda node: "plug" in (node["last_error"] or ""))
    service.do("PUT", "/v1/nodes/bad/states/console", {"enabled": True})
    service.shows("bad", lambda node: "cable" in (node["last_error"] or ""))
    service.verb("bad", "active", "deploy failed")


def test_everything_is_heard_and_no_secret(rabbitmq: Any, tmp_path: Path) -> None:
    url = rabbitmq.transport_url("everything")
    with (hearing.listening(url) as heard, hearing.listening(url, "notifications") as measured,
          hearing.serving(tmp_path, url, debug=True) as service):
        service.follow()
        node = service.do("POST", "/v1/nodes", NODE)["uuid"]
        with sqlite3.connect(service.data / "baremetal.sqlite", timeout=20) as database:
            shown = json.dumps(INTERNAL).replace(SECRET, "******")
            assert database.execute(PLANT, (shown, json.dumps(INTERNAL))).rowcount == 1
        service.verb("web-1", "manage", "manageable")
        # volumes change while their node is off
        service.do("PUT", "/v1/nodes/web-1/states/power", {"target": "power off"})
        service.shows("web-1", lambda node: node["power_state"] == "power off")
        objects(service, node)
        life(service)
        broken(service)
        # sensors have a topic of their own, and no envelope; nodes in maintenance are not measured
        measured.until("hardware.fake-hardware.metrics")
        for name in ("web-1", "bad"):
            service.do("PUT", f"/v1/nodes/{name}/maintenance", {})
        shown = [service.ask("GET", path).text for path in (
            "/v1/nodes/web-1?fields=" + SPLIT, "/v1/nodes/web-1/history?detail=true",
            "/v1/nodes/web-1/bios?detail=true", "/ops/v1/nodes/web-1/timeline", "/v1/nodes/web-1/states")]
        service.do("DELETE", "/v1/nodes/web-1")
        assert {name for _publisher, name, *_ in measured.all} == {"hardware.fake-hardware.metrics"}
        wanted = {f"{kind}.{action}.{status}" for kind in CRUD for action in ("create", "update", "delete")
                  for status in ("start", "end")} | set(FURTHER)
        # of API and conductor, each of which sends for itself
        for name in sorted(wanted):
            heard.until(name)
        service.until(lambda: {event["action"] for event in service.told() if event["kind"] == "node"} >= {
            "create", "update", "delete", "maintenance", "provision", "power", "console"})
        for publisher, name, priority, payload in heard.all:
            assert SECRET not in json.dumps(payload), (name, payload)
            assert (priority == "error") == name.endswith(".error"), name
            assert publisher.split(".")[0] in ("ironic-api", "ironic-conductor")
        assert SECRET not in "\n".join(service.events)
        for answer in shown:
            assert SECRET not in answer, answer
        assert SECRET not in service.log.read_text()
    assert SECRET not in "".join(path.read_text(errors="replace") for path in tmp_path.glob("out"))


def enrol(service: hearing.Service, names: list[str]) -> None:
    """Make nodes; none waits for the broker, which would take far longer."""
    for name in names:
        made = service.ask("POST", "/v1/nodes", {"driver": "fake-hardware", "name": name}, within=20)
        assert made.status_code == 201, made.text


def test_a_broker_that_is_away_holds_up_nobody(rabbitmq: Any, tmp_path: Path) -> None:
    url = rabbitmq.transport_url("away")
    rabbitmq.process.kill()
    try:
        with hearing.serving(tmp_path, url) as service:
            enrol(service, ["away-1", "away-2"])
            service.until(lambda: "does not take notifications" in service.log.read_text())
            rabbitmq.process.again()
            rabbitmq.process.wait_for(rabbitmq.answers, within=180)
            with hearing.listening(url) as heard:
                enrol(service, ["back"])
                # whatever waited meanwhile comes, in its order
                heard.until("node.create.end", 3)
                assert [payload["ironic_object.data"]["name"] for *_, payload in heard.all] == [
                    name for name in ("away-1", "away-2", "back") for _ in ("start", "end")]
            said = service.log.read_text()
            assert said.count("does not take notifications") == 1 and said.count("takes notifications again") == 1
            assert "ERROR" not in said and "Traceback" not in said
            # it neither answers nor goes: nothing is worse for whoever waits for it
            rabbitmq.process.send(signal.SIGSTOP)
            enrol(service, ["hung-1", "hung-2"])
            readers = [service.follow() for _ in range(3)]
            # who does not end by itself is killed, which is not 0
            assert service.process.stop(within=40) == 0
            for reader in readers:
                reader.join(processes.PATIENCE)
                assert not reader.is_alive()
    finally:
        rabbitmq.process.send(signal.SIGCONT)
        if not rabbitmq.process.alive:
            rabbitmq.process.again()
            rabbitmq.process.wait_for(rabbitmq.answers, within=180)
