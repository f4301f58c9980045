"""The outermost layer: gives each request its id and context, and says the id in the answer."""

import typing

from baremetal import context


def wrap(application: typing.Any) -> typing.Any:
    """Return ``application`` with a context in its environ and the request id in its headers."""
    def wrapped(environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        ctx = environ["baremetal.context"] = context.Context()

        def start(status: str, headers: list[tuple[str, str]], exc_info: typing.Any = None) -> typing.Any:
            named = [*headers, ("openstack-request-id", ctx.request_id), ("X-OpenStack-Request-Id", ctx.request_id)]
            return start_response(status, named, exc_info) if exc_info else start_response(status, named)
        return application(environ, start)
    return wrapped
