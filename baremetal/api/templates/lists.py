"""Reading deploy templates: one, a page. Never crosses RPC."""

import dataclasses
import typing

import sqlalchemy as sa

from baremetal.api import expose, lists, named, resource
from baremetal.api.templates import template
from baremetal.db import models

NOUN = named.Noun("deploy template", models.DEPLOY_TEMPLATES)
COLLECTION = lists.Collection(template.DeployTemplate)


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int


@expose.handler("deploy_template:get", params=named.PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List deploy templates."""
    shown = lists.view(call, template.DeployTemplate)
    return lists.collect(call, COLLECTION, shown, [], lambda *_: Around(call.base, call.version))


@expose.handler("deploy_template:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a deploy template."""
    asked, kind = call.params.get("fields"), template.DeployTemplate
    shown = resource.full(kind, call.version) if asked is None else resource.chosen(kind, call.version, asked)
    with call.house.database.read() as connection:
        return show(call, connection, shown, name)


def show(call: expose.Call, connection: sa.Connection, shown: resource.View, ident: str) -> dict[str, typing.Any]:
    """Return the document of a deploy template; raises ``NotFound``."""
    row = connection.execute(shown.one(NOUN.key(ident)), {"key": ident}).first()
    if row is None:
        raise NOUN.missing(ident)
    document: dict[str, typing.Any] = shown.build(Around(call.base, call.version), row)
    return document
