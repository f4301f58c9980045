"""The local link connection of a port: which shapes it may have, and since when its keys are known."""

import re
import typing

from baremetal import errors
from baremetal.api import types, versions

#: key: (first, last) microversion that takes it
# fmt: off
KEYS: dict[str, tuple[int, int | None]] = {
    "port_id":              (1, None),
    "switch_id":            (1, None),
    "switch_info":          (1, None),
    "hostname":             (1, None),
    "network_type":         (64, None),
    "vtep-logical-switch":  (90, 104),
    "vtep-physical-switch": (90, 104),
}
# fmt: on
#: one of these sets of keys must be complete
SHAPES = (("port_id", "switch_id"), ("port_id", "hostname"),
          ("port_id", "vtep-logical-switch", "vtep-physical-switch"))
NETWORK_TYPES = ("managed", "unmanaged")
#: what a smart NIC must say
SMART = ("port_id", "hostname")
_DATAPATH = re.compile(r"[0-9a-f]{16}\Z")


class Link(types.Json):
    """The object that names a switch port."""

    wanted = (f"It must be an object of strings with port_id and switch_id, or with port_id and hostname, or "
              f"with network_type 'unmanaged', or empty. Its keys may be: {', '.join(KEYS)}. network_type is one of: "
              f"{', '.join(NETWORK_TYPES)}.")
    switch = "Its switch_id must be a MAC address or an OpenFlow datapath id of 16 hexadecimal digits."

    def validate(self, value: typing.Any) -> dict[str, typing.Any]:
        """Return the link, its switch_id in lower case."""
        link = super().validate(value)
        if not link:
            return link
        wrong = [key for key, item in link.items() if key not in KEYS or not isinstance(item, str)]
        if wrong:
            why = "no string" if wrong[0] in KEYS else "not known"
            raise ValueError(f"Its key {wrong[0]!r} is {why}. {self.wanted}")
        if link.get("network_type", "managed") not in NETWORK_TYPES:
            raise ValueError(self.wanted)
        if not any(set(shape) <= set(link) for shape in SHAPES) and link.get("network_type") != "unmanaged":
            raise ValueError(self.wanted)
        return {**link, "switch_id": self._switch(link["switch_id"])} if "switch_id" in link else link

    def _switch(self, ident: str) -> str:
        ident = ident.lower()
        try:
            return ident if _DATAPATH.match(ident) else types.MAC.validate(ident)
        except ValueError:
            raise ValueError(self.switch) from None


LINK = Link()


def require(link: dict[str, typing.Any] | None, version: int) -> None:
    """Raise ``NotAcceptable`` where the link has a key that this version does not take."""
    for key in link or ():
        first, last = KEYS[key]
        if version < first:
            raise versions.too_new(f"Key {key!r} of local_link_connection", first, version)
        if last is not None and version > last:
            raise versions.too_new(
                f"Key {key!r} of local_link_connection", first, version,
                f"It was withdrawn; the last version that takes it is {versions.text(last)}.")


def smart(link: dict[str, typing.Any]) -> None:
    """Raise ``BadField`` unless the link says what that of a smart NIC must."""
    if not all(link.get(key) for key in SMART):
        raise errors.BadField(field="local_link_connection", value=link,
                              wanted="A port with is_smartnic must have port_id and hostname in it.")
