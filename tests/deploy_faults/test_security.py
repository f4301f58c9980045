"""What servers, agents and images may not do: take what is another's, leave their paths, send us where we must not go.

The last test searches all that was said and written during this part for secrets, so this file comes last.
"""

import os
import re
import socket
import time
import typing
from collections.abc import Iterator

import pytest
import requests

from baremetal.api import routes
from tests.deploy_faults import conftest, place, test_aborts, test_faults

Ward = conftest.Ward
AGENT = {"X-OpenStack-Ironic-API-Version": "1.68"}
VERSION = "13.0.0"
#: the answer of all paths under /boot/ that are nothing
NOTHING = "Nothing here.\n"
FALSE_KEY = "A" * 43


class Booting(typing.NamedTuple):
    """A server whose ramdisk boots, and whose agent we play."""

    name: str
    uuid: str
    mac: str
    token: str
    script: str
    """What it is told to boot."""


def _booting(ward: Ward) -> Booting:
    at, name = ward.place, ward.place.server()
    at.info(name, at.image)
    at.do(name, "provide", "available")
    at.fault(name, "silent")
    at.do(name, "active", "wait call-back", configdrive=test_faults.DRIVE)
    mac = at.truth(name)["macs"][0]
    script = _file(ward, f"/boot/mac/{mac.replace(':', '-')}/boot.ipxe").text
    found = _lookup(ward, mac).json()
    return Booting(name, found["node"]["uuid"], mac, found["config"]["agent_token"], script)


def _file(ward: Ward, path: str) -> requests.Response:
    return requests.get(ward.agents + path, timeout=60)


def _lookup(ward: Ward, mac: str) -> requests.Response:
    return requests.get(f"{ward.agents}/v1/lookup", params={"addresses": mac}, headers=AGENT, timeout=60)


def _beat(ward: Ward, node: str, token: str | None) -> requests.Response:
    said = {"callback_url": "https://127.0.0.9:9999", "agent_version": VERSION, "agent_verify_ca": "PEM",
            **({} if token is None else {"agent_token": token})}
    return requests.post(f"{ward.agents}/v1/heartbeat/{node}", json=said, headers=AGENT, timeout=60)


def _url(script: str, what: str) -> str:
    found = re.search(rf"http://\S+/{what}\b", script)
    assert found is not None, script
    return found[0]


@pytest.fixture(scope="module")
def pair(ward: Ward) -> Iterator[tuple[Booting, Booting]]:
    """Two servers that boot; given up and put right at the end."""
    made = _booting(ward), _booting(ward)
    ward.tokens.update(one.token for one in made)
    yield made
    for one in made:
        if ward.place.node(one.name)["provision_state"] == "wait call-back":
            # refused where nobody has come in time, and it has failed just now
            ward.place.ask("PUT", f"/v1/nodes/{one.name}/states/provision", {"target": "abort"})


def test_a_server_gets_only_what_its_key_opens(ward: Ward, pair: tuple[Booting, Booting]) -> None:
    one, other = pair
    kernel = _url(one.script, "kernel")
    assert kernel not in other.script and requests.get(kernel, timeout=60).ok
    boot = f"{ward.agents}/boot"
    for wrong in (kernel.replace("/kernel", "/image"), kernel.replace("/kernel", "/configdrive"),
                  re.sub(r"/boot/[^/]+/", f"/boot/{FALSE_KEY}/", kernel), f"{boot}/mac/{one.uuid}/boot.ipxe",
                  f"{boot}/{one.uuid}/kernel", f"{boot}/mac/52-54-77-aa-aa-aa/boot.ipxe"):
        answer = requests.get(wrong, timeout=60)
        assert (answer.status_code, answer.text) == (404, NOTHING), wrong


def test_a_token_is_given_once_and_opens_one_node(ward: Ward, pair: tuple[Booting, Booting]) -> None:
    one, other = pair
    assert len(one.token) >= 32 and one.token != other.token
    again = _lookup(ward, one.mac).json()
    assert again["config"]["agent_token"] == "******"
    for token in (other.token, None, "", "******", one.token[:-1], one.token + "x", "x" * 256):
        refused = _beat(ward, one.uuid, token)
        assert refused.status_code in (400, 401, 403), (token, refused.status_code, refused.text)
        assert one.token not in refused.text and other.token not in refused.text
        node = ward.place.node(one.name)
        assert "agent_url" not in node["driver_internal_info"] and node["provision_state"] == "wait call-back"


def test_a_token_ends_with_its_boot(ward: Ward) -> None:
    one = _booting(ward)
    ward.tokens.add(one.token)
    ward.place.begin(one.name, "abort")
    ward.place.until(one.name, "deploy failed")
    ward.place.call("GET", f"/v1/nodes/{one.name}")
    assert _lookup(ward, one.mac).status_code == 404
    _beat(ward, one.uuid, one.token)
    assert "agent_url" not in ward.place.node(one.name)["driver_internal_info"]
    ward.place.do(one.name, "active", "wait call-back")
    assert _beat(ward, one.uuid, one.token).status_code in (400, 401, 403)
    fresh = _lookup(ward, one.mac).json()["config"]["agent_token"]
    ward.tokens.add(fresh)
    assert fresh not in (one.token, "******")
    assert requests.get(_url(one.script, "kernel"), timeout=60).status_code == 404
    ward.place.begin(one.name, "abort")
    ward.place.until(one.name, "deploy failed")
    assert ward.place.left(one.name) == []


def test_a_heartbeat_of_nobody_changes_nothing(ward: Ward) -> None:
    name = ward.place.server()
    node = ward.place.node(name)
    for token in ("x" * 43, "******"):
        _beat(ward, node["uuid"], token)
    assert _lookup(ward, ward.place.truth(name)["macs"][0]).status_code == 404
    assert _beat(ward, "11111111-1111-1111-1111-111111111111", "x" * 43).status_code == 404
    now = ward.place.node(name)
    assert now["driver_internal_info"] == node["driver_internal_info"]
    assert now["provision_state"] == node["provision_state"]


PATHS = (
    "/boot/../v1/nodes", "/boot/../../etc/passwd", "/boot/%2e%2e/%2e%2e/etc/passwd", "/boot/..%2f..%2fetc%2fpasswd",
    "/boot/%00", "/boot/boot.ipxe%00", "/boot/boot.ipxe\x00", "/boot//etc/passwd", "//etc/passwd",
    "/boot/mac/../boot.ipxe", "/boot/mac/%2e%2e/boot.ipxe", f"/boot/{FALSE_KEY}/../boot.ipxe",
    f"/boot/{FALSE_KEY}/{'x' * 5000}", f"/boot/{'y' * 5000}/kernel", "/boot/loaders/../../../etc/passwd",
    "/boot/loaders/%2e%2e%2fbaremetal.sqlite", "/boot/\\..\\..\\etc\\passwd", "/boot/nodes", "/boot/files", "/boot/",
    "/boot", "/boot/boot.ipxe/", "/boot/boot.ipxe;x", "/v1/lookup/../nodes", "/v1/%2e%2e/v1/nodes", "/v1/nodes%00",
    f"/v1/lookup?addresses={'0' * 20000}", f"/v1/heartbeat/{'z' * 20000}", "/v1/heartbeat/../nodes",
)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_path_leads_nowhere_else(ward: Ward, path: str) -> None:
    """Sent as it is, without a client that tidies it up."""
    where = re.fullmatch(r"http://(.*):(\d+)", ward.agents)
    assert where is not None
    with socket.create_connection((where[1], int(where[2])), timeout=60) as wire:
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:300]
    assert b"root:" not in answer and b"SQLite" not in answer and b"Traceback" not in answer
    assert b'"nodes"' not in answer


OPERATORS = [route for route in routes.TABLE if route not in routes.AGENTS]


@pytest.mark.parametrize("route", OPERATORS, ids=lambda route: f"{route.method} {route.path}")
def test_the_agents_listener_has_nothing_for_operators(ward: Ward, route: routes.Route) -> None:
    path = re.sub(r"\{\w+\}", ward.place.lab.servers[0].name, route.path)
    answer = requests.request(route.method, ward.agents + path, headers=place.VERSION, timeout=60,
                              json={} if route.method in ("POST", "PUT", "PATCH") else None)
    assert answer.status_code == 404, (answer.status_code, answer.text)


# --- what images may be ---------------------------------------------------------------------------

#: URLs that lead where only this machine comes
INSIDE = (
    "http://127.0.0.2/demo.raw", "http://127.1.2.3:80/demo.raw", "http://169.254.169.254/latest/meta-data",
    "http://[::1]/demo.raw", "http://[::ffff:169.254.169.254]/demo.raw", "http://[fe80::1]/demo.raw",
    "http://0.0.0.0/demo.raw", "http://2130706434/demo.raw", "http://0x7f000002/demo.raw", "http://0177.0.0.2/demo.raw",
    "http://user:word@169.254.169.254/demo.raw", "http://{name}/demo.raw", "{site}/to-metadata", "{site}/to-loopback",
    "{site}/to-file",
)


@pytest.fixture(scope="module")
def inside(ward: Ward) -> str:
    """A name of this machine that leads to an address that is not allowed."""
    ward.site.redirects.update({"/to-metadata": "http://169.254.169.254/latest", "/to-loopback": "http://127.0.0.2/x",
                                "/to-file": "file:///etc/passwd"})
    for name in ("ip6-localhost", "ip6-loopback", socket.gethostname()):
        try:
            found = {str(info[4][0]) for info in socket.getaddrinfo(name, 80)}
        except OSError:
            continue
        if "127.0.0.1" not in found and all(one == "::1" or one.startswith("127.") for one in found):
            return name
    return "127.0.0.3.nip.invalid"      # no such name here: the unit tests of the guard have theirs


def _refused(ward: Ward, name: str, info: dict[str, typing.Any], drive: str | None = None) -> str:
    """Deploy with this and return why not: refused at once, or failed."""
    at = ward.place
    at.info(name, {**at.image, **info})
    answer = at.ask("PUT", f"/v1/nodes/{name}/states/provision",
                    {"target": "active", **({"configdrive": drive} if drive else {})})
    if answer.status_code == 400:
        return answer.text
    node = at.until(name, "deploy failed")
    assert at.left(name) == []
    return str(node["last_error"])


def test_no_image_drive_or_checksum_comes_from_inside(ward: Ward, inside: str) -> None:
    name = ward.place.server()
    ward.place.do(name, "provide", "available")
    for form in INSIDE:
        url = form.replace("{name}", inside).replace("{site}", ward.site.url)
        for info, drive in (({**test_faults.OTHER, "image_source": url}, None),
                            ({"image_checksum": url, "image_os_hash_value": ""}, None), ({}, url)):
            said = _refused(ward, name, info, drive)
            assert "may not be fetched" in said or (inside in url and "unknown" in said), (form, info, said)
            assert "word@" not in said and "root:" not in said
    assert ward.place.truth(name)["boots"] == 0


def test_no_file_comes_from_outside_the_allowed_folders(ward: Ward) -> None:
    folder, name = ward.allowed, ward.place.server()
    sibling = folder.parent / f"{folder.name}-other"
    sibling.mkdir()
    (sibling / "x.raw").write_bytes(b"x" * 512)
    (folder / "link.raw").symlink_to("/etc/passwd")
    (folder / "folder").symlink_to(sibling)
    os.mkfifo(folder / "pipe.raw")
    ward.place.do(name, "provide", "available")
    for url in ("file:///etc/passwd", f"file://{folder}/../{sibling.name}/x.raw", f"file://{sibling}/x.raw",
                f"file://{folder}/%2e%2e/{sibling.name}/x.raw", f"file://{folder}/link.raw",
                f"file://{folder}/folder/x.raw", f"file://elsewhere{folder}/demo.raw", f"file://{folder}/pipe.raw",
                f"file://{folder}/demo.raw%00", f"file://{folder}", "file:///proc/self/environ",
                f"file://{folder}/{'x' * 5000}", "/etc/passwd", f"file:{folder}/demo.raw"):
        for info, drive in (({**test_faults.OTHER, "image_source": url}, None),
                            ({}, url if url.startswith("file://") else None)):
            if not info and drive is None:
                continue
            said = _refused(ward, name, info, drive)
            assert re.search("may not be fetched|could not be fetched|Right would be", said), (url, said)
            assert "root:" not in said
    assert ward.place.truth(name)["boots"] == 0


def test_no_secret_was_said_or_written(ward: Ward, pair: tuple[Booting, Booting]) -> None:
    """Answers of the API, timelines, histories, and all logs of this part; those of agents, too."""
    at = ward.place
    secrets = {place.LOGIN.password, test_faults.SECRET, test_aborts.PASSWORD, *ward.tokens}
    assert len(ward.tokens) >= 2
    for server in at.lab.servers:
        for path in ("", "/validate", "/history?detail=true", "/states", "/inventory"):
            at.ask("GET", f"/v1/nodes/{server.name}{path}")
        at.ask("GET", f"/ops/v1/nodes/{server.name}/timeline?limit=50")
    at.ask("GET", "/v1/nodes/detail")
    time.sleep(0.2)
    places = [("an answer", text) for text in at.seen]
    places += [(str(path), text) for path, text in conftest.readable(ward.data)]
    places.append(("what it printed", ward.process.log.read_text(errors="replace")))
    assert len(places) > 100
    for what, text in places:
        for secret in secrets:
            assert secret not in text, f"{what} has a secret"
