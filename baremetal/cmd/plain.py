"""Connections without TLS. A client that begins with a TLS handshake would wait for an answer until it gives up; it is
shut out at once, and the log says why.
"""

import logging

from baremetal.cmd import sending

LOG = logging.getLogger(__name__)

#: the first byte of a TLS handshake; no request of HTTP begins with it
HANDSHAKE = b"\x16"


class Channel(sending.Channel):
    """A connection that understands HTTP only."""

    def received(self, data: bytes) -> bool:
        """Take what has come, unless a request would begin like TLS."""
        if self.request is None and data.startswith(HANDSHAKE):
            if not self.pool.met_tls:
                self.pool.met_tls = True      # once: such a client tries again and again
                LOG.warning("A client at %s speaks TLS to a plain port; is the URL https:// that must be http://?",
                            self.addr[0] if self.addr else "an unknown address")
            self.handle_close()
            return False
        return bool(super().received(data))
