"""Where the API is and who we are there: from the environment that clients of this API share, and from options.

A password never comes from the command line, where all users of the machine would see it.
"""

import base64
import collections.abc
import dataclasses
import urllib.parse
import urllib.request

#: OS_AUTH_TYPE: how one gets in
TYPES = ("http_basic", "none", "password", "v3password", "token", "v3token")
#: those that ask Keystone; its library reads the rest of the environment
KEYSTONE = TYPES[2:]
SERVICE = "baremetal"


class Wrong(Exception):
    """What was asked for cannot be done, in a sentence for who has asked."""


@dataclasses.dataclass(frozen=True)
class Access:
    """An endpoint, and the credentials for it: a user with a password, or what makes a token of Keystone."""

    url: str
    user: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    token: collections.abc.Callable[[], str] | None = dataclasses.field(default=None, repr=False)

    def request(self, path: str, headers: dict[str, str]) -> urllib.request.Request:
        """Return a request for a path below the endpoint; credentials do not follow redirections."""
        made = urllib.request.Request(self.url + path, headers=headers)
        if self.token is not None:
            made.add_unredirected_header("X-Auth-Token", self.token())
        elif self.user is not None:
            both = f"{self.user}:{self.password or ''}".encode()
            made.add_unredirected_header("Authorization", "Basic " + base64.b64encode(both).decode())
        return made


def of(given: collections.abc.Mapping[str, str], endpoint: str | None, user: str | None,
       ask: collections.abc.Callable[[str], str] | None) -> Access:
    """Return the access that environment and options name; ``ask`` asks a person for the password."""
    named = endpoint or given.get("OS_ENDPOINT") or given.get("OS_ENDPOINT_OVERRIDE") or ""
    user = user or given.get("OS_USERNAME") or None
    kind = given.get("OS_AUTH_TYPE") or ("password" if given.get("OS_AUTH_URL") else "http_basic" if user else "none")
    if kind not in TYPES:
        raise Wrong(f"OS_AUTH_TYPE is {kind!r}; this command knows: {', '.join(TYPES)}.")
    if kind in KEYSTONE:
        return _keystone(given, kind, named, user)
    url = _endpoint(named)
    if kind == "none":
        return Access(url)
    if not user:
        raise Wrong("OS_AUTH_TYPE is http_basic, but nobody says who asks: export OS_USERNAME, or give --user.")
    password = given.get("OS_PASSWORD")
    if password is None:
        if ask is None:
            raise Wrong("There is no password: export OS_PASSWORD (it is never taken from the command line).")
        password = ask(f"Password of {user}: ")
    return Access(url, user, password)


def _keystone(given: collections.abc.Mapping[str, str], kind: str, named: str, user: str | None) -> Access:
    """Return the access that Keystone gives; without an endpoint its catalog names one."""
    from keystoneauth1 import exceptions, loading, session  # half a second that other ways in do not need
    options = {option.dest: given[f"OS_{option.dest.upper()}"] for option in loading.get_plugin_options(kind)
               if given.get(f"OS_{option.dest.upper()}")}
    if user is not None and "password" in kind:
        options["username"] = user
    try:
        opened = session.Session(auth=loading.get_plugin_loader(kind).load_from_options(**options),
                                 verify=given.get("OS_CACERT") or True, timeout=30)
        opened.get_token()
        found = named or opened.get_endpoint(service_type=SERVICE, region_name=given.get("OS_REGION_NAME") or None,
                                             interface=given.get("OS_INTERFACE") or "public")
    except exceptions.ClientException as error:
        raise Wrong(f"Keystone at {given.get('OS_AUTH_URL') or '(export OS_AUTH_URL)'} does not let us in: "
                    f"{error}") from error
    if not found:
        raise Wrong(f"Keystone's catalog has no {SERVICE!r} service for us; export OS_ENDPOINT, or give --endpoint.")
    return Access(_endpoint(found), token=lambda: opened.get_token() or "")


def _endpoint(text: str) -> str:
    if not text:
        raise Wrong("Where is the API? Export OS_ENDPOINT, or give --endpoint, as in --endpoint http://127.0.0.1:6385.")
    try:
        parts = urllib.parse.urlsplit(text)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(f"The endpoint is {text!r}; it must be a URL like http://127.0.0.1:6385.")
    if parts.username is not None:
        raise Wrong("The endpoint has a user in it; give that in OS_USERNAME or --user, and the password in "
                    "OS_PASSWORD.")
    return text.rstrip("/").removesuffix("/v1").rstrip("/")
