"""What TFTP serves for one node: its kernel and ramdisk under its key, a configuration for each of its ports.

dnsmasq (or an operator's own server) reads the folder; nothing is served here.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil

from oslo_config import cfg

from baremetal.boot import shelf, templates

#: template: where loaders look for a port's configuration; mac has colons, hyphened has none
# fmt: off
CONFIGS = {
    "grub":     ("grub/grub.cfg-01-{hyphened}", "grub/grub.cfg-{mac}"),
    "pxelinux": ("pxelinux.cfg/01-{hyphened}",),
}
# fmt: on
#: for a GRUB that does not look for its port's file by itself
GRUB = "configfile /grub/grub.cfg-$net_default_mac\n"
#: items that a loader fetches
FILES = ("kernel", "ramdisk")


def lay(conf: cfg.ConfigOpts, place: shelf.Place, parameters: str) -> None:
    """Lay what the node of ``place`` boots into the folder, under the place's key."""
    root = pathlib.Path(conf.pxe.tftp_root)
    with shelf.writing(root):
        _lay(conf, root, place, parameters)


def _lay(conf: cfg.ConfigOpts, root: pathlib.Path, place: shelf.Place, parameters: str) -> None:
    folder = root / place.key
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in FILES:
        _bring(str(place.items[name].path), folder / name)
    _write(root / "grub" / "grub.cfg", GRUB)
    boot = templates.Boot(place.node, place.mode, f"/{place.key}/kernel", f"/{place.key}/ramdisk", parameters)
    for mac in place.macs:
        hyphened = mac.replace(":", "-")
        for template, files in CONFIGS.items():
            text = templates.render(conf, template, dataclasses.replace(boot, mac=hyphened))
            for file in files:
                _write(root / file.format(mac=mac, hyphened=hyphened), text)


def clear(conf: cfg.ConfigOpts, place: shelf.Place) -> None:
    """Take away what ``lay`` laid. Nothing there is no fault."""
    root = pathlib.Path(conf.pxe.tftp_root)
    for mac in place.macs:
        for files in CONFIGS.values():
            for file in files:
                path = root / file.format(mac=mac, hyphened=mac.replace(":", "-"))
                with contextlib.suppress(FileNotFoundError):
                    if place.key in path.read_text("utf-8"):    # not that of another node that has the port now
                        path.unlink()
    shutil.rmtree(root / place.key, ignore_errors=True)


def _bring(path: str, to: pathlib.Path) -> None:
    draft = to.with_name(f".{to.name}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    try:
        os.link(path, draft)
    except OSError:     # another file system
        shutil.copyfile(path, draft)
    draft.replace(to)


def _write(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(text, "utf-8")
    draft.chmod(0o644)
    draft.replace(path)
