"""``GET /ops/v1/reference``: every route of the API as a page to read, made from what routes and handlers declare."""

import html
import typing

from baremetal.api import expose, policy, versions

HEAD = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>baremetal API</title>
<style>body{font-family:sans-serif;margin:2em}td,th{text-align:left;vertical-align:top;padding:.3em 1em .3em 0}
code{white-space:nowrap}</style></head><body><h1>baremetal API</h1>
<p>Microversions {lowest} to {highest}. What <code>/ops/v1</code> answers is described by
<a href="openapi.json">its OpenAPI document</a>.</p>
<table><tr><th>Method</th><th>Path</th><th>Since</th><th>What</th><th>Parameters</th><th>Policy</th></tr>
"""
TAIL = "</table></body></html>\n"


@expose.handler(policy.PUBLIC, without_credentials=True)
def show(call: expose.Call) -> expose.Answer:
    """Show every route."""
    return expose.Answer(body=page(call.house.table).encode(), content_type="text/html")


def page(table: typing.Iterable[typing.Any]) -> str:
    """Return the page."""
    lowest, highest = versions.text(versions.LOWEST), versions.text(versions.HIGHEST)
    head = HEAD.replace("{lowest}", lowest).replace("{highest}", highest)
    return head + "".join(_row(route) for route in table if route.method != "HEAD") + TAIL


def _row(route: typing.Any) -> str:
    declared = expose.declared(route.handler)
    params = ", ".join(name if param.since <= versions.LOWEST else f"{name} ({versions.text(param.since)})"
                       for name, param in declared.params.items())
    since = "" if route.since <= versions.LOWEST else versions.text(route.since)
    says = (route.handler.__doc__ or "").strip().partition("\n")[0]
    cells = [html.escape(text) for text in (since, says, params, declared.policy)]
    return (f"<tr><td>{html.escape(route.method)}</td><td><code>{html.escape(route.path)}</code></td>"
            + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n")
