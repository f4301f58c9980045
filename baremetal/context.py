"""The context of a request: who asks, and under which id; it crosses RPC as plain JSON."""

import dataclasses
import functools
import typing
import uuid


@dataclasses.dataclass(frozen=True)
class Context:
    """Who asks for something, and the id under which every log line of it can be found."""

    request_id: str = dataclasses.field(default_factory=lambda: "req-" + str(uuid.uuid4()))
    user: str | None = None
    project: str | None = None
    roles: tuple[str, ...] = ()
    #: whether the caller has system scope (operators); noauth and http_basic callers have
    system: bool = False
    #: the domain that the caller's token is for, when it is for neither a project nor the system
    domain: str | None = None
    #: what policy files may compare with, beside ids
    project_name: str | None = None
    project_domain: str | None = None
    user_domain: str | None = None

    @functools.cached_property
    def who(self) -> tuple[typing.Any, ...]:
        """All that permissions may hang on."""
        return (self.user, self.project, self.roles, self.system, self.domain, self.project_name, self.project_domain,
                self.user_domain)

    def to_wire(self) -> dict[str, typing.Any]:
        """Return the context as plain JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_wire(cls, wire: dict[str, typing.Any]) -> "Context":
        """Rebuild a context; keys that a newer peer sends are ignored."""
        known = {f.name for f in dataclasses.fields(cls)}
        facts = {k: v for k, v in wire.items() if k in known}
        facts["roles"] = tuple(facts.get("roles") or ())
        return cls(**facts)


#: what an operator is: each role brings those below it
OPERATOR = ("admin", "manager", "member", "reader")


def internal(why: str) -> Context:
    """Return the context of work that nobody asked for: sweeps, recovery."""
    return Context(user=f"system:{why}", roles=OPERATOR, system=True)
