"""``POST /v1/heartbeat/{node}``: an agent says that it is there and how to reach it. The conductor judges and acts."""

import typing
import urllib.parse

from baremetal import errors
from baremetal.api import expose, types
from baremetal.api.nodes import find
from baremetal.api.ramdisk import answers

SCHEMES = ("http", "https")
#: what agents of one deploy interface say beside that
STATUSES = ("start", "end", "error")
#: longest certificate that is taken
PEM = 65536


class Callback(types.Kind):
    """The URL under which the agent's own API is reached."""

    basetype = str
    wanted = "It must be http:// or https:// with an address and a port, such as https://10.0.0.5:9999."
    schema: dict[str, typing.Any] = {"type": "string", "format": "uri"}

    def validate(self, value: typing.Any) -> str:
        """Return the URL; the empty text is one that has no API."""
        try:
            parts = urllib.parse.urlsplit(value) if isinstance(value, str) and len(value) < 1024 else None
            sound = value == "" or (parts is not None and parts.scheme in SCHEMES and parts.hostname
                                    and parts.path in ("", "/") and (parts.port or 1)
                                    and not parts.username and not parts.query
                                    and value.isascii() and value.isprintable() and " " not in value)
        except ValueError:
            sound = False
        if not sound:
            raise ValueError(self.wanted)
        return str(value)


# fmt: off
PARAMS = {
    "callback_url":         expose.Param(Callback(), required=True),
    "agent_version":        expose.Param(types.String(255), since=36, late="invalid"),
    "agent_token":          expose.Param(types.String(255)),
    "agent_verify_ca":      expose.Param(types.String(PEM), since=68, late="invalid"),
    "agent_status":         expose.Param(types.Choice(*STATUSES), since=72, late="invalid"),
    "agent_status_message": expose.Param(types.String(4096), since=72, late="invalid"),
}
# fmt: on


@expose.handler("node:ipa_heartbeat", without_credentials=True, params=PARAMS, body="flat")
def take(call: expose.Call, name: str) -> expose.Answer:
    """Take note of an agent that calls back."""
    beat = {key: value for key, value in call.params.items() if value is not None}
    if not beat.get("agent_token"):
        raise errors.MissingField(field="agent_token", resource="this call",
                                  wanted="It is the token that the first lookup of this boot answered.")
    if not beat.get("agent_version") and "agent_status" not in beat:
        raise errors.MissingField(field="agent_version", resource="this call",
                                  wanted="It is the version of the agent; those that have none are too old.")
    if not beat["callback_url"] and "agent_status" not in beat:
        raise errors.BadField(field="callback_url", value="", wanted=PARAMS["callback_url"].kind.wanted)
    found = find.one(call, name, *find.DRIVEN_BY)
    call.rpc(answers.host(call, found), "heartbeat", node=found.uuid, beat=beat)
    return expose.Answer(202)
