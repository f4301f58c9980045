"""iPXE's scripts: enough of the language to boot what a boot server hands out. Loads nothing itself.

``run`` asks a Loader for files and ends with what is to be booted. A command that fails ends its script unless
``||`` follows, as in iPXE.
"""

import asyncio
import dataclasses
import re
import typing
import urllib.parse

MAGIC = b"#!ipxe"
MOST_COMMANDS = 2000
LONGEST_SLEEP = 60.0
VARIABLE = re.compile(r"\$\{([^${}]*)\}")
#: options that take a value of their own
VALUED = frozenset({"--name", "-n", "--timeout", "-t", "--drive", "-d"})
#: commands of which the outcome never matters here
HARMLESS = frozenset({"echo", "imgfree", "imgstat", "ifopen", "ifconf", "ifstat", "dhcp", "login", "config", "menu",
                      "item", "console", "colour", "cpair", "clear", "show", "sync", "imgtrust", "imgverify", "route"})


class Failed(Exception):
    """A command or a whole script failed; the text says why."""


@dataclasses.dataclass
class Outcome:
    """What a script ended with."""

    kind: str
    """boot (a kernel), disk (the local one), exit (the next boot device), poweroff or reboot."""
    kernel: str = ""
    """Address of the kernel."""
    parameters: str = ""
    """The kernel's command line."""
    initrds: tuple[str, ...] = ()
    """Addresses of the ramdisks."""


class Loader(typing.Protocol):
    """Whoever fetches files for a script."""

    async def text(self, url: str) -> bytes:
        """Return a script; raise Failed."""

    async def file(self, url: str) -> int:
        """Fetch a file whole and return its size; raise Failed."""


class Jump(Exception):
    """A script goes on at a label."""


class Interpreter:
    """One boot: variables and loaded images, as scripts that chain to each other share them."""

    def __init__(self, loader: Loader, variables: dict[str, str]) -> None:
        self.loader, self.variables = loader, dict(variables)
        self.kernel: tuple[str, str] | None = None
        self.initrds: list[str] = []
        self._commands = 0

    async def run(self, url: str) -> Outcome:
        """Fetch a script and run it to its end."""
        return await self.script(url, await self.loader.text(url))

    async def script(self, url: str, content: bytes) -> Outcome:
        """Run a script that was fetched to its end."""
        if not content.startswith(MAGIC):
            raise Failed(f"{url} is no iPXE script")
        lines = [line.strip() for line in content.decode("utf-8", "replace").replace("\\\n", " ").split("\n")]
        labels = {line[1:].strip(): number for number, line in enumerate(lines) if line.startswith(":")}
        place = 0
        while place < len(lines):
            line, place = lines[place], place + 1
            if not line or line[0] in "#:":
                continue
            try:
                if (ended := await self._line(url, line)) is not None:
                    return ended
            except Jump as jump:
                if str(jump) not in labels:
                    raise Failed(f"{url} has no label {jump}") from jump
                place = labels[str(jump)]
        return Outcome("exit")

    async def _line(self, url: str, line: str) -> Outcome | None:
        """Run the commands of a line; one that follows ``||`` runs when the one before it failed."""
        self._commands += 1
        if self._commands > MOST_COMMANDS:
            raise Failed(f"{url} goes round in circles")
        wrong: Failed | None = None
        for number, piece in enumerate(re.split(r"(?:^|\s)(\|\||&&)(?=\s|$)", line)):
            if number % 2:
                skip = (wrong is None) == (piece == "||")
                continue
            if number and skip:
                continue
            try:
                wrong = None
                if (ended := await self._command(url, self._expand(url, piece).split())) is not None:
                    return ended
            except Failed as failed:
                wrong = failed
        if wrong is not None:
            raise wrong
        return None

    def _expand(self, url: str, text: str) -> str:
        while found := VARIABLE.search(text):
            text = text[:found.start()] + self._value(url, found[1]) + text[found.end():]
        return text

    def _value(self, url: str, name: str) -> str:
        name, _, form = name.partition(":")
        value = {"cwuri": url, "cwduri": urllib.parse.urljoin(url, ".")}.get(name, self.variables.get(name, ""))
        if form == "hexhyp":
            return value.replace(":", "-")
        if form == "hexraw":
            return value.replace(":", "")
        return urllib.parse.quote(value, safe="") if form == "uristring" else value

    async def _command(self, url: str, words: list[str]) -> Outcome | None:
        if not words:
            return None
        name, rest = words[0], words[1:]
        if name in HARMLESS:
            return None
        work = COMMANDS.get(name)
        if work is None:
            raise Failed(f"{url}: iPXE's command {name} is not known here")
        return await work(self, url, rest)


# --- commands ---

async def _kernel(boot: Interpreter, url: str, words: list[str]) -> None:
    target, rest = _target(url, words)
    await boot.loader.file(target)
    boot.kernel = (target, " ".join(rest))


async def _initrd(boot: Interpreter, url: str, words: list[str]) -> None:
    target, _ = _target(url, words)
    await boot.loader.file(target)
    boot.initrds.append(target)


async def _arguments(boot: Interpreter, url: str, words: list[str]) -> None:
    if boot.kernel is None:
        raise Failed(f"{url}: there is no kernel yet")
    boot.kernel = (boot.kernel[0], " ".join(words[1:]))


async def _boot(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    if words:
        await _kernel(boot, url, words)
    if boot.kernel is None:
        raise Failed(f"{url}: there is nothing to boot")
    return Outcome("boot", *boot.kernel, tuple(boot.initrds))


async def _chain(boot: Interpreter, url: str, words: list[str]) -> Outcome | None:
    target, _ = _target(url, words)
    ended = await boot.script(target, await boot.loader.text(target))
    return None if ended.kind == "exit" and "--replace" not in words and "-r" not in words else ended


async def _goto(boot: Interpreter, url: str, words: list[str]) -> None:
    raise Jump(words[0] if words else "")


async def _set(boot: Interpreter, url: str, words: list[str]) -> None:
    boot.variables[words[0].partition(":")[0]] = " ".join(words[1:])


async def _isset(boot: Interpreter, url: str, words: list[str]) -> None:
    if not words:
        raise Failed("not set")


async def _iseq(boot: Interpreter, url: str, words: list[str]) -> None:
    if len(words) != 2 or words[0] != words[1]:
        raise Failed("not equal")


async def _inc(boot: Interpreter, url: str, words: list[str]) -> None:
    boot.variables[words[0]] = str(int(boot.variables.get(words[0]) or 0)
                                    + int(words[1] if len(words) > 1 else 1))


async def _sleep(boot: Interpreter, url: str, words: list[str]) -> None:
    await asyncio.sleep(min(float(words[-1]) if words else 1, LONGEST_SLEEP))


async def _prompt(boot: Interpreter, url: str, words: list[str]) -> None:
    raise Failed("nobody presses a key")


async def _exit(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    if words and words[0] != "0":
        raise Failed(f"{url} ended with {words[0]}")
    return Outcome("exit")


async def _sanboot(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    return Outcome("disk")


async def _shell(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    raise Failed(f"{url} opened a shell, and nobody is there")


async def _reboot(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    return Outcome("reboot")


async def _poweroff(boot: Interpreter, url: str, words: list[str]) -> Outcome:
    return Outcome("poweroff")


def _target(url: str, words: list[str]) -> tuple[str, list[str]]:
    """Return the address among a command's words, and what follows it."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] in VALUED else 1
    if place >= len(words):
        raise Failed(f"{url}: an address is missing")
    return urllib.parse.urljoin(url, words[place]), words[place + 1:]


Work = typing.Callable[[Interpreter, str, list[str]], typing.Awaitable[Outcome | None]]
COMMANDS: dict[str, Work] = {
    "kernel": _kernel, "imgexec": _boot,
    "initrd": _initrd, "imgfetch": _initrd, "module": _initrd,
    "imgargs": _arguments, "boot": _boot, "chain": _chain,
    "goto": _goto, "set": _set, "isset": _isset,
    "iseq": _iseq, "inc": _inc, "sleep": _sleep,
    "prompt": _prompt, "choose": _prompt, "exit": _exit,
    "sanboot": _sanboot, "shell": _shell, "reboot": _reboot,
    "poweroff": _poweroff,
}


def parameters(line: str) -> dict[str, str]:
    """Return the parameters of a kernel's command line; a word without ``=`` has an empty value."""
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
    return {name: value.replace('"', "") for name, _, value in (word.partition("=") for word in words)}
