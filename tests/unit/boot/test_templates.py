"""Scripts and configurations, ours and an operator's."""

import dataclasses
from pathlib import Path

import pytest

from baremetal import config, errors
from baremetal.boot import templates


def test_ours_can_be_rendered(tmp_path: Path) -> None:
    conf = config.build(state_path=str(tmp_path))
    templates.check(conf)
    made = templates.render(conf, "ipxe", templates.SAMPLE)
    assert made.startswith("#!ipxe\n")
    assert "kernel http://conductor/kernel initrd=ramdisk nofb BOOTIF=01-${netX/mac:hexhyp} || goto failed\n" in made
    assert "initrd --name ramdisk http://conductor/ramdisk" in made
    grub = templates.render(conf, "grub", dataclasses.replace(templates.SAMPLE, kernel="/key/kernel"))
    assert "linux /key/kernel nofb BOOTIF=01-52-54-00-00-00-01\n" in grub
    assert templates.chain("http://c/boot").startswith("#!ipxe\n")


def test_an_operators_own(tmp_path: Path) -> None:
    (tmp_path / "own.j2").write_text("#!ipxe\nkernel {{ kernel }} <&>\n")
    conf = config.build(state_path=str(tmp_path), pxe__ipxe_config_template=str(tmp_path / "own.j2"))
    assert templates.render(conf, "ipxe", templates.SAMPLE) == "#!ipxe\nkernel http://conductor/kernel <&>\n"


@pytest.mark.parametrize(("text", "why"), [("{{ kernel", "line 1"), ("{{ what }}", "what"), (None, "No such file")])
def test_a_wrong_one_is_named_at_start(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / f"wrong-{why[:4]}.j2"
    if text is not None:
        path.write_text(text)
    conf = config.build(state_path=str(tmp_path), pxe__ipxe_config_template=str(path))
    with pytest.raises(errors.BootFileMissing, match=r"\[pxe\]ipxe_config_template .*wrong-") as failed:
        templates.check(conf)
    assert why in str(failed.value)
