"""The service's side of the agent's protocol, as scripted as a test wants it: boots, answers, counts, gives commands.

It is written after the protocol's description and shares no code with the house: what the simulated agents get wrong
shows here, and not in the service.
"""

import asyncio
import collections
import concurrent.futures
import dataclasses
import hashlib
import secrets
import ssl
import threading
import time
import typing

import aiohttp
from aiohttp import web

CHUNK = 1 << 16
KERNEL, RAMDISK = b"kernel" * 1000, b"ramdisk" * 5000
ENTRY = """#!ipxe
set tries:int32 0
:again
chain --autofree {base}/boot/mac/${{netX/mac:hexhyp}}/boot.ipxe && exit ||
inc tries
iseq ${{tries}} 2 && goto local ||
goto again
:local
iseq ${{platform}} pcbios && sanboot --no-describe --drive 0x80 ||
exit 1
"""
NODE = """#!ipxe
imgfree
set more initrd=ramdisk BOOTIF=01-${{netX/mac:hexhyp}}
kernel {base}/boot/key/kernel ipa-api-url={base} {parameters} ${{more}} || goto failed
initrd --name ramdisk {base}/boot/key/ramdisk || goto failed
boot || goto failed
:failed
exit 1
"""


@dataclasses.dataclass
class Node:
    """What the stub knows of a node."""

    uuid: str
    parameters: str = "ipa-debug=1"
    boots: bool = True
    token: str = ""
    url: str = ""
    ca: str = ""
    beats: list[float] = dataclasses.field(default_factory=list)
    reports: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)
    lookups: int = 0
    refuse: list[int] = dataclasses.field(default_factory=list)
    """Status codes that the next lookups and heartbeats are refused with."""
    bodies: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)

    def rest(self) -> None:
        """Forget the last boot, as the service does when it switches the power."""
        self.token = self.url = self.ca = ""
        self.beats.clear()


class Stub:
    """A server in a thread of its own."""

    def __init__(self, heartbeat_timeout: float = 300) -> None:
        self.nodes: dict[str, Node] = {}
        self.files: dict[str, bytes] = {"kernel": KERNEL, "ramdisk": RAMDISK}
        self.counts: collections.Counter[str] = collections.Counter()
        self.heartbeat_timeout, self.version, self.url = heartbeat_timeout, "1.104", ""
        self.wrong: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> typing.Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *problem: object) -> None:
        assert self._runner is not None
        self.run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: typing.Coroutine[typing.Any, typing.Any, typing.Any], within: float = 120) -> typing.Any:
        """Run a coroutine in the stub's thread and wait for it."""
        return self.start(work).result(within)

    def start(self, work: typing.Coroutine[typing.Any, typing.Any, typing.Any]
              ) -> concurrent.futures.Future[typing.Any]:
        """Start a coroutine in the stub's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _start(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.add_routes([
            web.get("/", self._versions), web.get("/v1/lookup", self._lookup),
            web.post("/v1/heartbeat/{uuid}", self._heartbeat), web.post("/v1/continue_inspection", self._report),
            web.get("/boot/boot.ipxe", self._entry), web.get("/boot/mac/{mac}/boot.ipxe", self._script),
            web.get("/boot/key/{name}", self._file)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    # --- what servers and agents ask ---

    async def _versions(self, request: web.Request) -> web.Response:
        return web.json_response({"default_version": {"id": "v1", "version": self.version}})

    async def _entry(self, request: web.Request) -> web.Response:
        self.counts["entry"] += 1
        return web.Response(text=ENTRY.format(base=self.url))

    async def _script(self, request: web.Request) -> web.Response:
        node = self.nodes.get(request.match_info["mac"].replace("-", ":"))
        if node is None or not node.boots:
            raise web.HTTPNotFound
        return web.Response(text=NODE.format(base=self.url, parameters=node.parameters))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, content = request.match_info["name"], self.files.get(request.match_info["name"])
        self.counts[name] += 1
        if content is None:
            raise web.HTTPNotFound
        part = request.http_range
        content = content[part] if part.start is not None else content
        answer = web.StreamResponse(status=200 if part.start is None else 206)
        answer.content_length = len(content)
        await answer.prepare(request)
        for place in range(0, len(content), CHUNK):
            await answer.write(content[place:place + CHUNK])
        return answer

    async def _lookup(self, request: web.Request) -> web.Response:
        if request.headers.get("X-OpenStack-Ironic-API-Version") != "1.62":
            self.wrong.append(f"lookup with {request.headers.get('X-OpenStack-Ironic-API-Version')}")
        node = next((self.nodes[mac] for mac in request.query["addresses"].split(",") if mac in self.nodes), None)
        if node is None:
            return _fault(404, "nobody")
        node.lookups += 1
        if node.refuse:
            return _fault(node.refuse.pop(0), "not now")
        given = "******" if node.token else secrets.token_urlsafe(32)
        node.token = node.token or given
        return web.json_response({"node": {"uuid": node.uuid, "properties": {}, "instance_info": {},
                                           "driver_internal_info": {}, "links": []},
                                  "config": {"heartbeat_timeout": self.heartbeat_timeout, "agent_token": given,
                                             "agent_token_required": True, "something_new": {}}})

    async def _heartbeat(self, request: web.Request) -> web.Response:
        node = next((node for node in self.nodes.values() if node.uuid == request.match_info["uuid"]), None)
        body = await request.json()
        if node is None:
            return _fault(404, "nobody")
        node.bodies.append(body)
        if node.refuse:
            return _fault(node.refuse.pop(0), "locked")
        if body["agent_token"] != node.token or node.url not in ("", body["callback_url"]) \
                or node.ca not in ("", body["agent_verify_ca"]):
            return _fault(400, "wrong token, url or certificate")
        node.url, node.ca = body["callback_url"], body["agent_verify_ca"]
        node.beats.append(time.monotonic())
        return web.Response(status=202)

    async def _report(self, request: web.Request) -> web.Response:
        body = await request.json()
        macs = [nic["mac_address"] for nic in body["inventory"]["interfaces"]]
        node = next((self.nodes[mac] for mac in macs if mac in self.nodes), None)
        if node is None:
            return _fault(404, "nobody")
        node.reports.append(body)
        return web.json_response({"uuid": node.uuid}, status=202)

    # --- what tests ask agents ---

    async def call(self, node: Node, method: str = "GET", path: str = "/v1/commands/", body: typing.Any = None,
                   token: str | None = None) -> tuple[int, typing.Any]:
        """Call an agent, its certificate verified."""
        context = ssl.create_default_context(cadata=node.ca)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.request(
                method, node.url + path, json=body, ssl=context,
                params={"agent_token": node.token if token is None else token}) as answer:
            return answer.status, await answer.json()

    async def command(self, node: Node, name: str, /, **params: typing.Any) -> dict[str, typing.Any]:
        """Give a command and wait for its end, as the service does by polling."""
        status, result = await self.call(node, "POST", body={"name": name, "params": params})
        assert status == 200, result
        while result["command_status"] == "RUNNING":
            await asyncio.sleep(0.05)
            _, result = await self.call(node, path=f"/v1/commands/{result['id']}")
        return result

    async def order(self, node: Node, name: str, /, **params: typing.Any) -> None:
        """Give a command that ends the agent: nobody may be there to tell how it went."""
        status, result = await self.call(node, "POST", body={"name": name, "params": params})
        assert status == 200 and result["command_status"] in ("RUNNING", "SUCCEEDED"), result

    async def step(self, node: Node, kind: str, name: str, /, **args: typing.Any) -> dict[str, typing.Any]:
        """Have a step executed."""
        return await self.command(node, f"{kind}.execute_{kind}_step", step={
            "step": name, "interface": "deploy", "args": args}, node=plain(node), ports=[])


def plain(node: Node) -> dict[str, typing.Any]:
    """The node as commands carry it."""
    return {"uuid": node.uuid, "instance_info": {}, "properties": {}, "driver_internal_info": {}}


def _fault(status: int, text: str) -> web.Response:
    return web.json_response({"error_message": {"faultstring": text}}, status=status)


def image(size: int = 1 << 20) -> bytes:
    """A raw image with a partition table, and data that is not all alike."""
    table = bytes(446) + bytes([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0]) + bytes(48) + b"\x55\xaa"
    return table + hashlib.sha256(str(size).encode()).digest() * ((size - 512) // 32)


def info(url: str, content: bytes, **more: typing.Any) -> dict[str, typing.Any]:
    """An image_info."""
    return {"id": url.rpartition("/")[2], "urls": [url], "os_hash_algo": "sha256", "disk_format": "raw",
            "stream_raw_images": True, "os_hash_value": hashlib.sha256(content).hexdigest(), **more}
