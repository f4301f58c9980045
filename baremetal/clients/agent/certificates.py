"""Whose certificate is believed: contexts of TLS, made once for each set of authorities. Opens no connection."""

import collections
import ssl

from baremetal.clients.agent import address

#: contexts that are kept; an agent has one of its own for each boot
KEPT = 512


class Contexts:
    """TLS contexts by what they believe. For one thread."""

    def __init__(self) -> None:
        self._kept: collections.OrderedDict[tuple[bool, str], ssl.SSLContext] = collections.OrderedDict()

    def of(self, where: address.Address) -> ssl.SSLContext:
        """Return the context for an agent; ValueError says which certificate cannot be read."""
        key = (where.ca is not None, where.ca if where.ca is not None else where.verify)
        if key not in self._kept:
            self._kept[key] = _made(where)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def forget(self, where: address.Address) -> None:
        """Drop what was kept for an agent that has ended."""
        if where.ca is not None:
            self._kept.pop((True, where.ca), None)


def _made(where: address.Address) -> ssl.SSLContext:
    """Return a context that checks name or address and certificate, unless it was told to believe anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if where.ca is not None:
            context.load_verify_locations(cadata=where.ca)
        elif where.verify.lower() in ("false", "no", "0", "off"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif where.verify.lower() in ("true", "yes", "1", "on", ""):
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=where.verify)
    except (OSError, ValueError, TypeError) as error:       # TypeError: a certificate that is not ASCII
        what = "the agent's own certificate" if where.ca is not None else f"the authorities in {where.verify}"
        raise ValueError(f"{what} cannot be read: {error}") from error
    return context
