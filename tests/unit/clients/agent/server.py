"""A small agent on loopback over TLS, that does what a test tells it. Not the lab's, which is true to the protocol."""

import asyncio
import datetime
import ipaddress
import ssl
import tempfile
import threading
import typing
import uuid

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from baremetal.clients import agent

TOKEN = "t" * 43


def certificate(host: str = "127.0.0.1") -> tuple[str, str]:
    """A self-signed certificate of an address, and its key, as PEM texts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "agent")])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=True)
            .sign(key, hashes.SHA256()))
    return (made.public_bytes(serialization.Encoding.PEM).decode(),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()).decode())


class Agent:
    """Serves commands: ``answers`` says what comes of each, ``plays`` what goes wrong with the next requests."""

    def __init__(self, *, tls: bool = True, host: str = "127.0.0.1", names: str | None = None) -> None:
        self.ca, self._key = certificate(names or host)
        self.results: list[dict[str, typing.Any]] = []
        self.asked: list[tuple[str, dict[str, typing.Any]]] = []
        #: command: its command_result, an Exception's text as ("FAILED", text), or "RUNNING"
        self.answers: dict[str, typing.Any] = {}
        #: what happens to the next POSTs: "lost" (done, connection cut), "cut" (not done), "busy", "garbage", …
        self.plays: list[str] = []
        self.polls = 0
        #: from where lists were asked for
        self.peers: set[object] = set()
        self._host, self._tls = host, tls
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = 0

    def __enter__(self) -> "Agent":
        self._thread.start()
        assert self._up.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def address(self, **changed: typing.Any) -> agent.Address:
        """Where it is, with what proves both sides."""
        return agent.Address(**{"url": self.url, "token": TOKEN, "ca": self.ca, **changed})

    def end(self, ident: str, result: typing.Any = None, status: str = "SUCCEEDED") -> None:
        """Let a command that runs end."""
        found = next(one for one in self.results if one["id"] == ident)
        found.update(_result(found["command_name"], ("FAILED", result) if status == "FAILED" else result),
                     id=ident)
        if status not in ("FAILED", "SUCCEEDED"):
            found["command_status"] = status

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=100 << 20)
        app.router.add_get("/v1/commands/", self._list)
        app.router.add_get("/v1/commands/{ident}", self._one)
        app.router.add_post("/v1/commands/", self._post)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, self._host, 0, ssl_context=self._context() if self._tls else None)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.02))    # transports close in the turn after
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.ca + self._key)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.query.get("agent_token") != TOKEN:
            return web.json_response({"faultcode": "Client", "faultstring": "Token invalid."}, status=401)
        return None

    async def _list(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        return self._refused(request) or web.json_response({"commands": self.results})

    async def _one(self, request: web.Request) -> web.Response:
        self.polls += 1
        if request.match_info["ident"] == "vanished":
            return web.json_response({"faultcode": "Client", "faultstring": "not found"}, status=404)
        found = [one for one in self.results if one["id"] == request.match_info["ident"]]
        return self._refused(request) or web.json_response(found[0])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        refused = self._refused(request)
        if refused is not None:
            return refused
        body = await request.json()
        play = self.plays.pop(0) if self.plays else ""
        if play in REFUSED:
            return REFUSED[play]()
        if play == "cut":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if play == "slow":
            await asyncio.sleep(3)
        self.asked.append((body["name"], body["params"]))
        made = _result(body["name"].rpartition(".")[2], self.answers.get(body["name"]))
        self.results.append(made)
        if play == "lost":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(made)


REFUSED: dict[str, typing.Any] = {
    "busy": lambda: web.json_response({"faultcode": "Client", "faultstring": "Agent is busy"}, status=409),
    "unknown": lambda: web.json_response({"faultcode": "Client", "faultstring": "no such thing"}, status=404),
    "broken": lambda: web.Response(text="<html>boom</html>", status=500),
    "garbage": lambda: web.Response(text="hello"),
    "shape": lambda: web.json_response({"id": 1}),
    "list": lambda: web.json_response([1]),
    "elsewhere": lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    "large": lambda: web.json_response({"id": "x", "command_status": "SUCCEEDED", "command_result": "x" * 100000}),
}


def _result(name: str, answer: typing.Any) -> dict[str, typing.Any]:
    status, result, error = "SUCCEEDED", answer, None
    if answer == "RUNNING":
        status, result = "RUNNING", None
    elif isinstance(answer, tuple):
        status, result = answer[0], None
        error = {"type": "Boom", "code": 500, "message": "Error", "details": answer[1]}
    return {"id": str(uuid.uuid4()), "command_name": name, "command_status": status, "command_result": result,
            "command_error": error}
