"""How an agent downloads: streamed, hashed on the way, tried again; errors in the real agent's words."""

import asyncio
import base64
import binascii
import dataclasses
import hashlib
import re
import typing

import aiohttp

from baremetal.lab.agent import disks, failures

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

CHUNK = 256 * 1024
LONGEST_TEXT = 1024 * 1024
BY_LENGTH = {32: "md5", 64: "sha256", 128: "sha512"}
HEXADECIMAL = re.compile(r"(?<![0-9a-fA-F])([0-9a-fA-F]{128}|[0-9a-fA-F]{64}|[0-9a-fA-F]{32})(?![0-9a-fA-F])")
Info = dict[str, typing.Any]


@dataclasses.dataclass
class Got:
    """What a download brought, without its bytes."""

    size: int = 0
    """Bytes."""
    head: bytes = b""
    """The first of them."""
    sha256: str = ""
    """Their SHA-256."""


async def text(agent: "process.Agent", info: Info, url: str) -> str:
    """Return a small text; raise Failure."""
    content = b""
    async for chunk in stream(agent, info, url, url):
        content += chunk
        if len(content) > LONGEST_TEXT:
            raise failures.download(url, "it is too long for what it should be")
    return content.decode("utf-8", "replace")


async def stream(agent: "process.Agent", info: Info, url: str, name: str,
                 part: tuple[int, int] | None = None) -> typing.AsyncIterator[bytes]:
    """Give the bytes of an address, or a part of them: first byte and number; raise Failure for what HTTP refuses."""
    headers = _authorization(info, name)
    if part is not None:
        headers["Range"] = f"bytes={part[0]}-{part[0] + part[1] - 1}"
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=agent.profile.silence, sock_read=agent.profile.silence)
    async with agent.session.get(url, headers=headers, timeout=timeout) as answer:
        if answer.status != (200 if part is None else 206):
            said = (f"Received status code {answer.status} from {url}, expected {200 if part is None else 206}. "
                    f"Response body: {await answer.text()} Response headers: {dict(answer.headers)}")
            raise failures.download(name, said, fatal=answer.status < 500)
        async for chunk in answer.content.iter_chunked(CHUNK):
            for fault in agent.faults:
                if pause := fault.pause(len(chunk)):
                    await asyncio.sleep(pause)
            yield chunk


def _authorization(info: Info, name: str) -> dict[str, str]:
    if given := info.get("image_request_authorization"):
        try:
            return {"Authorization": base64.b64decode(given).decode()}
        except (binascii.Error, ValueError) as error:
            raise failures.Failure("CommandExecutionError", str(error)) from error
    if info.get("image_server_auth_strategy") != "http_basic":
        return {}
    user, password = info.get("image_server_user"), info.get("image_server_password")
    lacking = [key for key, value in (("user", user), ("password", password)) if not value]
    if lacking:
        raise failures.download(name, f"Missing {lacking} fields from HTTP(S) basic auth config")
    return {"Authorization": aiohttp.BasicAuth(str(user), str(password)).encode()}


async def image(agent: "process.Agent", info: Info, room: int, where: str) -> Got:
    """Download an image to where there is room for so many bytes and verify it; raise Failure after the last try."""
    for attempt in range(agent.profile.attempts):
        try:
            return await _image(agent, info, room, where)
        except failures.Failure as failure:
            last = attempt + 1 == agent.profile.attempts
            if last or failure.kind not in ("ImageDownloadError", "ImageChecksumError"):
                raise
            agent.tell(f"image download failed, {attempt + 1} of {agent.profile.attempts}: {failure}")
        except (aiohttp.ClientError, TimeoutError) as error:
            if attempt + 1 == agent.profile.attempts:
                raise failures.Failure("CommandExecutionError", f"{type(error).__name__}: {error}") from error
            agent.tell(f"cannot connect to {info['urls'][0]}, retrying: {error}")
        await asyncio.sleep(agent.profile.pause)
    raise AssertionError("unreachable")


async def _image(agent: "process.Agent", info: Info, room: int, where: str) -> Got:
    name, expected, algorithm = info["id"], *await _expected(agent, info)
    digest, mark, got = hashlib.new(algorithm), hashlib.sha256(), Got()
    url = info["urls"][0]
    started = False
    try:
        async for chunk in stream(agent, info, url, name):
            started = True
            if got.size + len(chunk) > room:
                raise OSError(28, "No space left on device")
            digest.update(chunk)
            if algorithm != "sha256":
                mark.update(chunk)
            got.size += len(chunk)
            if len(got.head) < disks.HEAD:
                got.head += chunk[:disks.HEAD - len(got.head)]
    except (OSError, aiohttp.ClientPayloadError) as error:
        if not started and not isinstance(error, aiohttp.ClientPayloadError):
            raise
        raise failures.download(name, f"Unable to write image to {where}. Error: {error}") from error
    if digest.hexdigest() != expected.lower():
        # the real agent has name and place the other way round, too
        raise failures.Failure("ImageChecksumError", "Image failed to verify against checksum. location: "
                               f"{name}; image ID: {where.removeprefix('device ')}; image checksum: {expected}; "
                               f"verification checksum: {digest.hexdigest()}")
    got.sha256 = expected.lower() if algorithm == "sha256" else mark.hexdigest()
    return got


async def _expected(agent: "process.Agent", info: Info) -> tuple[str, str]:
    """Return the checksum that an image must have and its algorithm; it may have to be fetched first."""
    algorithm, value = info.get("os_hash_algo"), info.get("os_hash_value")
    if not algorithm or algorithm not in hashlib.algorithms_available:
        algorithm, value = None, info.get("checksum")
    if value and value.startswith(("http://", "https://")):
        value = _listed(value, await text(agent, info, value), info["urls"][0])
    if not value:
        raise failures.Failure("RESTError", f"Unable to verify image {info['id']} with available checksums. Please "
                               f"make sure the specified 'os_hash_algo' (currently {info.get('os_hash_algo')}) is "
                               "supported by this ramdisk, or provide a md5 checksum via the 'checksum' field")
    algorithm = algorithm or BY_LENGTH.get(len(value))
    if algorithm is None or (algorithm == "md5" and not agent.config.get("agent_md5_checksum_enable")):
        raise failures.Failure("RESTError", f"Unable to proceed with image {info['id']} as the checksum indicator "
                               "has been used but the algorithm could not be identified. Error: Unable to identify "
                               "checksum algorithm used, and a value is not specified in the os_hash_algo setting.")
    return value, algorithm


def _listed(url: str, listing: str, image_url: str) -> str:
    """Return the checksum of a file in a list of checksums."""
    lines = [line.strip() for line in listing.split("\n") if line.strip() and not line.startswith("#")]
    name = image_url.partition("?")[0].rpartition("/")[2]
    if not lines:
        raise failures.download(url, "Empty checksum file")
    fitting = [line for line in lines if len(lines) == 1 and " " not in line or name in line]
    found = next((found[1] for line in fitting if (found := HEXADECIMAL.search(line))), None)
    if found is None:
        raise failures.download(url, f"Checksum file does not contain name {name}")
    return found
