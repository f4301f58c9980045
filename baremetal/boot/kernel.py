"""The kernel line of a ramdisk: what operators append, and what the agent is told. Text only.

The line passes through the languages of iPXE, GRUB and PXELINUX, so a word that means something to one of them is
refused and not quoted: each of them quotes differently.
"""

import collections.abc
import re
import typing

from baremetal import errors

DEFAULT = "%default%"
"""What stands for the option's value in a node's own kernel_append_params."""

#: where a node may say what to append, the first one counts
SOURCES = ("instance_info", "driver_info", "properties")

#: printable, without blanks, quotes, and what iPXE and GRUB read as theirs
WORD = re.compile(r"[!%()*+,\-./0-9:=?@A-Z\[\]^_a-z~]+")
WANTED = "A word of a kernel line has no quotes, blanks and none of $ ; & | < > { } \\ ` #."
#: longest line that kernels take
MOST = 2048


def appended(node: typing.Any, default: str) -> list[str]:
    """Return the words that operators append: the node's own kernel_append_params, or the option's."""
    for source in SOURCES:
        text = getattr(node, source).get("kernel_append_params")
        if text is not None:
            return _words(f"{source}/kernel_append_params", str(text).replace(DEFAULT, default))
    return _words("[pxe]kernel_append_params", default)


def line(node: typing.Any, default: str, parameters: collections.abc.Mapping[str, str]) -> str:
    """Return the whole line. ``parameters`` come last: of what stands there twice, the agent takes the last one."""
    return _whole([*appended(node, default), *(_parameter(name, value) for name, value in parameters.items())])


def instance(node: typing.Any, default: str) -> str:
    """Return the line of a ramdisk that is the node's instance: what is appended, and ramdisk_kernel_arguments."""
    own = str(node.instance_info.get("ramdisk_kernel_arguments") or "")
    return _whole([*appended(node, default), *_words("instance_info/ramdisk_kernel_arguments", own)])


def _whole(words: list[str]) -> str:
    made = " ".join(words)
    if len(made) > MOST:
        raise errors.BadField(field="kernel_append_params", value=f"{made[:60]}…",
                              wanted=f"The kernel line would have {len(made)} characters; kernels take {MOST}.")
    return made


def _words(field: str, text: str) -> list[str]:
    if any(ord(char) < 32 and char != "\t" for char in text):
        raise errors.BadField(field=field, value=text[:60], wanted="It is one line.")
    found = [word for word in re.split("[ \t]+", text) if word]     # split() also parts at what is no blank to others
    for word in found:
        if not WORD.fullmatch(word):
            raise errors.BadField(field=field, value=word[:60], wanted=WANTED)
    return found


def _parameter(name: str, value: str | None) -> str:
    word = name if value in (None, "") else f"{name}={value}"
    if not WORD.fullmatch(word):
        raise errors.BadField(field=f"kernel parameter {name}"[:60], value=str(value)[:60], wanted=WANTED)
    return word
