"""The WSGI application, built from a conf: pecan carries requests to the handlers of ``routes.py``."""

import dataclasses
import logging
import random
import typing

import pecan.core
import webob
from oslo_config import cfg
from oslo_db import exception
from pecan import hooks

from baremetal import clock, errors
from baremetal.api import access, announce, discovery, expose, faults, holdings, members, policy, routes, versions
from baremetal.api.guards import address, auth, body, requests
from baremetal.api.ops import watcher
from baremetal.db import engine
from baremetal.notify import bus, outbox
from baremetal.rpc import client

LOG = logging.getLogger(__name__)

ANY, JSON = "*/*", "application/json"
#: how often a request is tried whose transaction met another one
TRIES = 6
#: what pecan and WebOb leave in the environment that refers to the environment; a page of nodes is megabytes
CIRCLES = ("pecan.locals", "webob._parsed_query_vars")
#: old clients may write it behind any path
SUFFIX = ".json"


@dataclasses.dataclass
class House:
    """What handlers work with; one per process."""

    conf: cfg.ConfigOpts
    database: engine.Database
    rpc: client.Client
    members: members.Members
    enforcer: policy.enforcer.Enforcer
    clock: clock.Clock
    #: reads for all live event streams
    watcher: watcher.Watcher
    #: hears what has happened
    outbox: outbox.Outbox
    #: sends notifications to others' programs
    bus: bus.Bus
    #: the routes, for the documents that list them
    table: tuple[routes.Route, ...]
    #: knows which projects have many nodes
    holdings: holdings.Holdings


def build(conf: cfg.ConfigOpts, database: engine.Database, transport: typing.Any,
          time: clock.Clock = clock.REAL) -> typing.Any:
    """Return the WSGI callable of the operators' listener: guards around the application."""
    application = bounded(conf, database, transport, time, routes.TABLE)
    application = auth.wrap(application, conf, time)
    application = address.wrap(application)
    return requests.wrap(application)


def build_agents(conf: cfg.ConfigOpts, database: engine.Database, transport: typing.Any,
                 time: clock.Clock = clock.REAL) -> typing.Any:
    """Return the WSGI callable of the agents' listener: only what agents ask, and nobody has credentials there."""
    return requests.wrap(address.wrap(bounded(conf, database, transport, time, routes.AGENTS)))


def bounded(conf: cfg.ConfigOpts, database: engine.Database, transport: typing.Any, time: clock.Clock,
             table: tuple[routes.Route, ...]) -> typing.Any:
    """Return the application with these routes, guarded against bodies that are too large or too deep."""
    house = House(conf, database, client.Client(conf, transport), members.Members(conf, database, time),
                  policy.enforcer.Enforcer(conf, time), time, watcher.Watcher(conf, database, time),
                  outbox.Outbox(conf, database, time), bus.Bus(conf, "api"), table,
                  holdings.Holdings(database, time))
    application = Application(house)
    return body.wrap(application, conf, application.is_open)


class Root:
    """Pecan wants a root object; the routes stand in a table instead."""


class FaultHook(hooks.PecanHook):
    """Turns what a handler raises into a response."""

    def on_error(self, state: typing.Any, error: Exception) -> webob.Response:
        """Return the response for an exception; an unexpected one is logged with its request id."""
        request_id = state.request.environ["baremetal.context"].request_id
        if not isinstance(error, errors.Fault):
            LOG.exception("%s: %s %s broke", request_id, state.request.method, state.request.path)
            error = errors.DatabaseAway(name=type(error).__name__) if isinstance(error, engine.AWAY) else \
                errors.Internal(name=type(error).__name__, where=state.request.path, host="the API",
                                request_id=request_id)
        response = webob.Response(status=faults.status(error), body=faults.body(error, root=state.request.path == "/"),
                                  content_type="application/json")
        response.headers.extend([*faults.headers(error), *_version_headers(state.request)])
        return response


class Application(pecan.core.ExplicitPecan):
    """Pecan with a table of routes instead of a tree of controllers."""

    def __init__(self, house: House) -> None:
        super().__init__(Root(), default_renderer="json", hooks=[FaultHook()], force_canonical=False)
        self.house = house
        self.root_place = routes.tree(house.table)

    def __call__(self, environ: typing.Any, start_response: typing.Any) -> typing.Any:
        """Answer a request, and undo the circles that would keep its body and its answer until garbage is collected."""
        try:
            return super().__call__(environ, start_response)
        finally:
            for name in CIRCLES:
                environ.pop(name, None)

    def find_controller(self, state: typing.Any) -> tuple[typing.Any, tuple[typing.Any, ...], dict[str, typing.Any]]:
        """Return the handler of the request and its arguments, all checked."""
        request = state.request
        state.controller = found = routes.find(request.path_info, self.root_place)
        why: errors.Fault | None = request.environ.get(auth.ANONYMOUS)
        if why is not None and not self.is_open(request.path_info) and request.method != "OPTIONS":
            raise why
        version = _version(request, found)
        if request.method == "OPTIONS" and not found.beyond:
            return discovery.options, (expose.Call(request, self.house, version), routes.methods(found, version)), {}
        return self._handler(request, found, version)

    def is_open(self, path: str) -> bool:
        """Return whether anybody may come to a path without credentials, also with the suffix of old clients."""
        return routes.find(path, self.root_place).open or (
            path.endswith(SUFFIX) and routes.find(path.removesuffix(SUFFIX), self.root_place).open)

    def _handler(self, request: typing.Any, found: routes.Found, version: int) -> typing.Any:
        """Return the handler and its arguments; for both readings of a path whose end may be a suffix."""
        full = found
        if (found.versioned and version < versions.NO_SUFFIX and found.path.endswith(SUFFIX)
                and versions.OLDER in request.headers):
            found = routes.find(found.path.removesuffix(SUFFIX), self.root_place)
        route = routes.choose(found, request.method, version)
        declared = expose.declared(route.handler)
        why: errors.Fault | None = request.environ.get(auth.ANONYMOUS)
        if why is not None and not declared.open:
            raise why
        call = expose.Call(request, self.house, version)
        call.route, call.idents = (route.method, route.path), found.idents
        access.enter(call, declared.policy)
        expose.arrange(call, declared)
        if found is full:
            return route.handler, (call, *found.idents), {}
        call.idents_in_full = full.idents
        return expose.either, (call, route.handler, found.idents, full.idents), {}

    def invoke_controller(self, controller: typing.Any, args: typing.Any, kwargs: typing.Any,
                          state: typing.Any) -> None:
        """Run the handler and fill the response."""
        call = args[0]
        with announce.around(call, call.route) as answers:
            result = _run(self.house.clock, controller, args)
            access.leave(call)
            answers.append(result)
        expose.answer(call, result, state.response)
        state.response.headers.extend(_version_headers(state.request))

    def _handle_empty_response_body(self, state: typing.Any) -> None:
        """Leave the status as the handler chose it."""

    def determine_hooks(self, controller: typing.Any = None) -> typing.Any:
        """Return the hooks of the application; handlers have none of their own."""
        return self.hooks


def _run(ticker: clock.Clock, handler: typing.Any, args: typing.Any) -> typing.Any:
    """Run a handler; anew when the database ended its transaction because it and another one waited for each other.

    Nothing of it was written then, and a handler that writes asks no conductor.
    """
    for tries in range(1, TRIES):
        try:
            return handler(*args)
        except exception.DBDeadlock:
            ticker.sleep(random.uniform(0, 0.02 * 2 ** tries))
    return handler(*args)


def _version(request: webob.Request, found: routes.Found) -> int:
    """Return the version of the request, and note it for the answer; raises ``BadVersion`` and ``BadMediaType``."""
    if not found.versioned:
        request.environ["baremetal.unversioned"] = True
        return versions.LOWEST
    version = versions.negotiate(request.headers.get(versions.STANDARD), request.headers.get(versions.OLDER))
    request.environ["baremetal.version"] = version
    asked = request.headers.get("Accept", ANY)
    if ANY not in asked and not request.accept.acceptable_offers([JSON]):
        raise errors.BadMediaType(asked=asked[:200], served=JSON)
    return version


def _version_headers(request: webob.Request) -> list[tuple[str, str]]:
    if "baremetal.unversioned" in request.environ:
        return []
    return versions.headers(request.environ.get("baremetal.version"))
