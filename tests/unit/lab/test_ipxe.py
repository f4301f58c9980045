"""Boot scripts, line by line."""

import asyncio

import pytest

from baremetal.lab.agent import ipxe

BASE = "http://boot/boot/boot.ipxe"
VARIABLES = {"net0/mac": "52:54:77:00:00:01", "netX/mac": "52:54:77:00:00:01", "platform": "efi"}


class Shop:
    """Files by their addresses."""

    def __init__(self, **files: str) -> None:
        self.files = {f"http://boot/boot/{name}": text.encode() for name, text in files.items()}
        self.asked: list[str] = []

    async def text(self, url: str) -> bytes:
        """Return a file."""
        self.asked.append(url)
        if url not in self.files:
            raise ipxe.Failed(f"{url}: HTTP status 404")
        return self.files[url]

    async def file(self, url: str) -> int:
        """Return the size of a file."""
        return len(await self.text(url))


def run(script: str, **files: str) -> tuple[ipxe.Outcome, list[str]]:
    """Run a script beside some files."""
    shop = Shop(**files)
    shop.files[BASE] = b"#!ipxe\n" + script.encode()
    return asyncio.run(ipxe.Interpreter(shop, VARIABLES).run(BASE)), shop.asked[1:]


def test_kernel_and_ramdisk() -> None:
    outcome, asked = run("kernel k initrd=r a=${net0/mac} BOOTIF=01-${netX/mac:hexhyp}\n"
                         "initrd --name r http://boot/boot/r\nboot",
                         k="kernel", r="ramdisk")
    assert asked == ["http://boot/boot/k", "http://boot/boot/r"]
    assert outcome == ipxe.Outcome("boot", "http://boot/boot/k",
                                   "initrd=r a=52:54:77:00:00:01 BOOTIF=01-52-54-77-00-00-01", ("http://boot/boot/r",))


#: script: what it ends with
ENDS = [
    ("exit", "exit"),
    ("sanboot --no-describe --drive 0x80", "disk"),
    ("reboot", "reboot"),
    ("poweroff", "poweroff"),
    ("chain none || exit", "exit"),
    ("chain none || goto there\nreboot\n:there\nsanboot", "disk"),
    ("iseq ${platform} pcbios && reboot ||\nsanboot", "disk"),
    ("iseq ${platform} efi && reboot ||\nsanboot", "reboot"),
    ("isset ${nothing} || sanboot", "disk"),
    ("set n:int32 0\n:again\ninc n\niseq ${n} 3 && sanboot ||\ngoto again", "disk"),
    ("chain other\nsanboot", "disk"),
    ("chain --replace other\nsanboot", "exit"),
    ("# nothing\n\necho ${net0/mac}", "exit"),
]


@pytest.mark.parametrize(("script", "kind"), ENDS)
def test_ends(script: str, kind: str) -> None:
    assert run(script, other="#!ipxe\nexit")[0].kind == kind


#: script: why it fails
FAILURES = [
    ("chain none", "404"), ("boot", "nothing to boot"), ("fly", "not known"), ("goto none", "no label"),
    ("exit 1", "ended with 1"), ("shell", "nobody"), ("kernel", "address is missing"), ("chain text", "no iPXE script"),
    (":a\ngoto a", "circles"), ("imgargs k x", "no kernel yet"),
]


@pytest.mark.parametrize(("script", "why"), FAILURES)
def test_failures(script: str, why: str) -> None:
    with pytest.raises(ipxe.Failed, match=why):
        run(script, text="hello")


def test_parameters() -> None:
    found = ipxe.parameters('a=1 quiet b="x y" ipa-api-url=http://x:1/?a=b')
    assert found == {"a": "1", "quiet": "", "b": "x y", "ipa-api-url": "http://x:1/?a=b"}
