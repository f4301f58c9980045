"""Drive the cases against any endpoint of the API, ours or the reference.

    python -m tests.api.drive --url http://127.0.0.1:6385 [--only 'nodes/*'] [--auth user:password] [--peer]

Prints what does not match; ends with 1 if anything did not. With ``--peer`` the cases that are marked as
differing are held to what the reference answers. What a case may say is told in ``case.py``.
"""

import argparse
import collections
import dataclasses
import json
import random
import sys
import time
import uuid
from typing import Any

import requests

from tests.api import answers, case

PATHS = {"node": "/v1/nodes", "port": "/v1/ports", "chassis": "/v1/chassis",
         "template": "/v1/deploy_templates", "runbook": "/v1/runbooks", "rule": "/v1/inspection_rules",
         "portgroup": "/v1/portgroups", "connector": "/v1/volume/connectors", "target": "/v1/volume/targets",
         "allocation": "/v1/allocations"}
ORDER = ("allocation", "chassis", "node", "portgroup", "port", "connector", "target", "template", "runbook", "rule")
VERBS = {"enroll": (), "manageable": ("manage",), "available": ("manage", "provide"),
         "active": ("manage", "provide", "active")}
LEADS_TO = {"manage": "manageable", "provide": "available", "active": "active"}
TOLD_APART = ("state", "maintenance", "power", "traits")      # not attributes of a node's creation
PATIENCE = 180.0     # seconds for what comes by itself, on a machine that is busy
WITH_NODE = ("connector", "target")       # go with their node where that is not off


class Mismatch(AssertionError):
    """An answer is not what the case expects."""


class Endpoint:
    """An address to ask, with the credentials for it."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        self.url, self.auth = url.rstrip("/"), auth

    def ask(self, method: str, path: str, version: str | None = case.NEWEST,
            **send: Any) -> requests.Response:
        """Send one request over a connection of its own."""
        headers = {"Connection": "close", "Content-Type": "application/json"}
        if version:
            headers["OpenStack-API-Version"] = f"baremetal {version}"
        headers |= send.pop("headers", None) or {}
        if "body" in send:
            send["data"] = json.dumps(send.pop("body"))
        send.setdefault("auth", self.auth)
        return requests.request(method, self.url + path, timeout=180, allow_redirects=False,
                                headers={k: v for k, v in headers.items() if v is not None}, **send)

    def make(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the setup: it must succeed."""
        answer = self.ask(method, path, **({} if body is None else {"body": body}))
        if not answer.ok:
            raise Mismatch(f"setup: {method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None


class Run:
    """One run of one case: what it made, what it calls things, and the cleaning up."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.made: dict[str, list[str]] = collections.defaultdict(list)
        tail = uuid.uuid4().hex[:12]
        digits = ":".join(f"{random.randrange(256):02x}" for _ in range(5))
        self.words: dict[str, Any] = {
            "uuid": str(uuid.uuid4()), "name": f"case-{tail}", "mac": f"52:{digits}", "url": endpoint.url,
            "trait": f"CUSTOM_CASE_{tail.upper()}"}

    def learn(self, word: str, document: dict[str, Any]) -> None:
        """Let later texts speak of this object and of its plain fields."""
        self.words |= {f"{word}.{k}": v for k, v in document.items() if isinstance(v, str | int)}
        self.words[word] = document.get("uuid")

    def set_up(self, wanted: dict[str, dict[str, Any]]) -> None:
        """Make what the case needs, parents first."""
        kinds = {word: word.rstrip("0123456789") for word in wanted}
        for word in sorted(wanted, key=lambda w: (ORDER.index(kinds[w]), w)):
            kind, given = kinds[word], case.fill(wanted[word], self.words)
            plain = {k: v for k, v in given.items() if kind != "node" or k not in TOLD_APART}
            made = self.endpoint.make("POST", PATHS[kind], self.defaults(kind) | plain)
            self.made[kind].append(made["uuid"])
            self.learn(word, made)
            if kind == "node":
                self.bring(made["uuid"], given)

    def defaults(self, kind: str) -> dict[str, Any]:
        """The attributes that an object of the setup has unless the case says otherwise."""
        tail = uuid.uuid4().hex[:12]
        mac = ":".join(f"{b:02x}" for b in (0x52, *uuid.uuid4().bytes[:5]))
        given: dict[str, dict[str, Any]] = {
            "node": {"driver": "fake-hardware", "name": f"node-{tail}", "automated_clean": False},
            "port": {"address": mac, "node_uuid": self.words.get("node")},
            "chassis": {"description": f"chassis-{tail}"},
            "portgroup": {"address": mac, "name": f"bond-{tail}", "node_uuid": self.words.get("node")},
            "connector": {"type": "iqn", "connector_id": f"iqn.{tail}", "node_uuid": self.words.get("node")},
            "target": {"volume_type": "iscsi", "volume_id": str(uuid.uuid4()), "boot_index": 0,
                       "node_uuid": self.words.get("node")},
            "allocation": {"name": f"want-{tail}", "resource_class": f"class-{tail}"},
            "template": {"name": f"CUSTOM_{tail.upper()}", "steps": [
                {"interface": "bios", "step": "factory_reset", "args": {}, "priority": 50}]},
            "runbook": {"name": f"CUSTOM_{tail.upper()}", "steps": [
                {"interface": "vendor", "step": "log_passthrough", "args": {}, "order": 1}]},
            "rule": {"conditions": [], "actions": [{"op": "log", "args": {"msg": "seen"}}]}}
        return given[kind]

    def bring(self, ident: str, given: dict[str, Any]) -> None:
        """Bring a node to the state, power, traits and maintenance that the case names."""
        node = f"/v1/nodes/{ident}"
        for verb in VERBS[given.get("state", "enroll")]:
            self.endpoint.make("PUT", f"{node}/states/provision", {"target": verb})
            self.wait(ident, provision_state=LEADS_TO[verb], reservation=None)
        if "power" in given:
            self.endpoint.make("PUT", f"{node}/states/power", {"target": given["power"]})
            self.wait(ident, power_state=given["power"], reservation=None)
        if "traits" in given:
            self.endpoint.make("PUT", f"{node}/traits", {"traits": given["traits"]})
        if "maintenance" in given:
            self.endpoint.make("PUT", f"{node}/maintenance", {"reason": given["maintenance"]})

    def wait(self, ident: str, **wanted: Any) -> None:
        """Until the node is as wanted."""
        end = time.monotonic() + PATIENCE
        while True:
            node = self.endpoint.make("GET", f"/v1/nodes/{ident}")
            if all(node[k] == v for k, v in wanted.items()):
                return
            if time.monotonic() > end:
                raise Mismatch(f"setup: {wanted} not seen; error: {node['last_error']}")
            time.sleep(0.05)

    def step(self, step: case.Step) -> requests.Response:
        """Send the request of a step; remember what it made."""
        send = case.fill(step.request, self.words)
        if "deep" in send:
            send["body"] = case.nested(send.pop("deep"))
        if "large" in send:
            send["data"] = large(send.pop("large"))
        if send.get("auth") == "wrong" and self.endpoint.auth:
            send["auth"] = (self.endpoint.auth[0], "not the password")
        if "raw" in send:
            send["data"] = send.pop("raw").encode()
        path = case.fill(step.path, self.words)
        answer = self.endpoint.ask(step.method, path, step.version, **send)
        kind = next((k for k, p in PATHS.items() if p == path.rstrip("/")), None)
        if step.method == "POST" and kind and answer.status_code == 201:
            self.made[kind].append(answer.json()["uuid"])
            self.learn("made", answer.json())
        return answer

    def judge(self, step: case.Step) -> None:
        """Take a step and compare; ask again for as long as the step allows."""
        end = time.monotonic() + (max(step.within, PATIENCE) if step.within else 0)
        while True:
            answer = self.step(step)
            faults = answers.compare(answer, case.fill(step.expect, self.words))
            if not faults:
                return
            if time.monotonic() >= end:
                raise Mismatch(f"{step.method} {step.path}: " + "; ".join(faults))
            time.sleep(0.1)

    def clean_up(self) -> None:
        """Take away what was made, children first; a held node is asked again until it is free."""
        for kind in reversed(ORDER):
            for ident in reversed(self.made[kind]):
                self.remove(kind, ident)

    def remove(self, kind: str, ident: str) -> None:
        """Delete one object whatever has become of it."""
        path, end = f"{PATHS[kind]}/{ident}", time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if kind == "node":
                self.endpoint.ask("PUT", f"{path}/maintenance", body={"reason": "end of the case"})
            answer = self.endpoint.ask("DELETE", path)
            if answer.status_code in (204, 404) or (kind in WITH_NODE and answer.status_code == 400):
                return
            if kind == "port" and answer.status_code == 409:
                for node in self.made["node"]:      # then also a port that carries a VIF goes
                    self.endpoint.ask("PUT", f"{PATHS['node']}/{node}/maintenance", body={"reason": "end of the case"})
            if answer.status_code == 403:
                self.endpoint.ask("PATCH", path, body=[{"op": "remove", "path": "/protected"}])
            time.sleep(0.1)
        raise Mismatch(f"clean up: {path} still answers {answer.status_code}: {answer.text[:300]}")


def large(size: int) -> str:
    """A node to create whose body has exactly that many bytes."""
    bare = json.dumps({"driver": "fake-hardware", "extra": {"a": ""}})
    return bare.replace('""', '"' + "x" * (size - len(bare)) + '"')


def drive(endpoint: Endpoint, row: case.Case) -> None:
    """Run one case; raises Mismatch where an answer is not what the case expects."""
    run = Run(endpoint)
    try:
        run.set_up(row.setup)
        for step in (*row.before, row.step, *row.then):
            run.judge(step)
    finally:
        run.clean_up()


def as_of_peer(row: case.Case) -> case.Case | None:
    """The case as the reference answers it; None where it differs and nothing can be said."""
    if row.differs and row.peer_status is None:
        return None
    expect = {k: v for k, v in row.step.expect.items() if k != "names"}
    if row.differs:
        expect = {"status": row.peer_status, "envelope": "any"}
    step = dataclasses.replace(row.step, expect=expect)
    return dataclasses.replace(row, step=step, then=() if row.differs else row.then)


def main() -> int:
    """The command."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--url", required=True)
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    parser.add_argument("--peer", action="store_true", help="hold differing cases to the reference's answer")
    given = parser.parse_args()
    endpoint = Endpoint(given.url, tuple(given.auth.split(":", 1)) if given.auth else None)
    loaded: list[case.Case | None] = [*case.load(given.only)]
    loaded = [None if r and r.secured and not endpoint.auth else r for r in loaded]
    rows = [r and (as_of_peer(r) if given.peer else None if r.later else r) for r in loaded]
    bad = 0
    for row in filter(None, rows):
        try:
            drive(endpoint, row)
        except (Mismatch, requests.RequestException, KeyError) as fault:
            bad += 1
            print(f"{row.name}: {fault}", flush=True)
    print(f"{len(rows)} cases, {bad} do not match, {rows.count(None)} left out")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
