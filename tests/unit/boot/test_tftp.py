"""What TFTP serves for a node: laid, replaced, taken away."""

import dataclasses
from pathlib import Path

from baremetal import config
from baremetal.boot import shelf, tftp

NODE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MAC = "52:54:00:aa:00:01"


def test_a_round(tmp_path: Path) -> None:
    conf = config.build(state_path=str(tmp_path))
    root = Path(conf.pxe.tftp_root)
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"k")
    item = shelf.Item(str(kernel), None, 1)
    place = shelf.Place(NODE, "k" * 43, (MAC,), "deploy", {"kernel": item, "ramdisk": item})
    tftp.lay(conf, place, "nofb")
    tftp.lay(conf, place, "nofb")
    configs = [root / "grub" / "grub.cfg-01-52-54-00-aa-00-01", root / "pxelinux.cfg" / "01-52-54-00-aa-00-01"]
    for path in configs:
        assert f"/{place.key}/kernel" in path.read_text()
        assert "nofb BOOTIF=01-52-54-00-aa-00-01" in path.read_text()
    assert (root / place.key / "ramdisk").read_bytes() == b"k"
    heir = dataclasses.replace(place, node=OTHER, key="o" * 43)
    tftp.lay(conf, heir, "nofb")
    tftp.clear(conf, place)     # leaves what the heir of the port has
    assert not (root / place.key).exists()
    assert heir.key in configs[0].read_text()
    tftp.clear(conf, heir)
    tftp.clear(conf, heir)
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["grub.cfg"]
