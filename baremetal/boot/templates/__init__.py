"""Boot scripts and configurations as Jinja2 templates: the ones that come with us, or an operator's own.

All are rendered strictly: a template that names what it is not given is refused when the conductor starts.
"""

import collections.abc
import dataclasses
import functools
import pathlib
import typing

import jinja2
from oslo_config import cfg

from baremetal import errors
from baremetal.boot import san

FOLDER = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Boot:
    """What a node's script is made of."""

    node: str
    mode: str
    kernel: str
    """URL of the kernel, or its path in the folder of TFTP."""
    ramdisk: str
    parameters: str
    """The kernel line without BOOTIF, which the template adds."""
    base: str = ""
    """URL of the file server's /boot."""
    mac: str = ""
    """The port's address with hyphens, where the configuration is one port's own."""


#: name: (file of ours, option of section pxe that names another one)
# fmt: off
TABLE = {
    "chain":    ("boot.ipxe.j2",    ""),
    "ipxe":     ("node.ipxe.j2",    "ipxe_config_template"),
    "grub":     ("grub.cfg.j2",     "pxe_config_template"),
    "pxelinux": ("pxelinux.cfg.j2", ""),
    "san":      ("san.ipxe.j2",     ""),
}
# fmt: on
SAMPLE = Boot("00000000-0000-0000-0000-000000000000", "deploy", "http://conductor/kernel", "http://conductor/ramdisk",
              "nofb", "http://conductor/boot", "52-54-00-00-00-01")


def chain(base: str) -> str:
    """Return the script that every server runs first."""
    return _template(str(FOLDER / TABLE["chain"][0])).render(base=base)


def volume(node: str, disks: collections.abc.Sequence[san.Disk], initiator: str, base: str) -> str:
    """Return the script of a node that boots from the first of these volumes."""
    return _template(str(FOLDER / TABLE["san"][0])).render(node=node, disks=disks, initiator=initiator, base=base,
                                                           first=san.FIRST)


def render(conf: cfg.ConfigOpts, name: str, boot: Boot) -> str:
    """Return a node's script or configuration. BootFileMissing for an operator's template that cannot be used."""
    own, option = TABLE[name]
    named = conf.pxe[option] if option else ""
    path = named or str(FOLDER / own)
    try:
        return _template(path).render(**dataclasses.asdict(boot))
    except (OSError, UnicodeError, jinja2.TemplateError) as error:
        raise errors.BootFileMissing(what=f"Template [pxe]{option}", path=path, why=_why(error),
                                     hint="It is Jinja2 text and may use " + ", ".join(
                                         field.name for field in dataclasses.fields(Boot)) + ".") from error


def check(conf: cfg.ConfigOpts) -> None:
    """Render each template once; BootFileMissing names the one that is wrong."""
    for name, (_, option) in TABLE.items():
        if option:
            render(conf, name, SAMPLE)


@functools.cache
def _template(path: str) -> jinja2.Template:
    source = pathlib.Path(path).read_text("utf-8")
    return _environment().from_string(source)


@functools.cache
def _environment() -> jinja2.Environment:
    # text for boot loaders, no HTML: nothing is to be escaped; kernel.py refuses what would need it
    return jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)


def _why(error: typing.Any) -> str:
    line = getattr(error, "lineno", None)
    return f"{getattr(error, 'strerror', None) or error}" + (f" (line {line})" if line else "")
