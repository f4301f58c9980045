"""Where an agent is reached, and what both sides know of each other."""

import dataclasses
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Address:
    """One agent of one boot. It is never shown with its token."""

    url: str
    """As the agent said it: scheme, address and port."""
    token: str = dataclasses.field(repr=False)
    """What was given to this boot of the agent alone."""
    ca: str | None = dataclasses.field(default=None, repr=False)
    """The agent's own certificate as PEM text; None where it told none."""
    verify: str = "true"
    """What is believed where it told none: true (system's authorities), false (anybody), or a path of authorities."""

    def why_wrong(self) -> str | None:
        """Return what keeps the URL from being an agent's, or None."""
        try:
            parts = urllib.parse.urlsplit(self.url)
            if parts.scheme not in ("http", "https"):
                return "the URL must begin with http:// or https://"
            if not parts.hostname or parts.username is not None or parts.path.strip("/") or parts.query:
                return "the URL must have an address and a port only"
            return None if parts.port != 0 else "there is no port 0"
        except ValueError as error:
            return f"the URL cannot be read: {error}"

    def path(self, rest: str) -> str:
        """Return the URL of something that the agent serves."""
        return f"{self.url.rstrip('/')}/v1/{rest}"
