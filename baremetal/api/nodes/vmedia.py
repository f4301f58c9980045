"""Virtual media of a node: images that its controller shows to the server as drives."""

import typing
import urllib.parse

from baremetal import errors
from baremetal.api import expose, shapes, types
from baremetal.api.nodes import find

#: the kinds of drive
DEVICES = ("disk", "cdrom", "floppy")
#: how controllers fetch images
SCHEMES = ("http", "https", "nfs", "cifs")
MEDIA = shapes.Shape({
    "device_type": types.Choice(*DEVICES), "image_url": types.String(2048, 1),
    "image_download_source": types.Choice("http", "local", "swift")}, ("device_type", "image_url"))
DETACH = {"device_types": expose.Param(types.WORDS)}


@expose.handler("node:vmedia:get")
def show(call: expose.Call, name: str) -> typing.Any:
    """Show what is attached, as the node's controller tells it."""
    found = find.one(call, name, *find.DRIVEN_BY)
    return call.rpc(find.host(call, found), "vmedia_get", node=found.uuid)


@expose.handler("node:vmedia:attach", body="document")
def attach(call: expose.Call, name: str) -> expose.Answer:
    """Begin to attach an image; what goes wrong is told by the node's last_error."""
    found = find.one(call, name, *find.DRIVEN_BY)
    media = shapes.check("vmedia", MEDIA, call.body)
    try:
        url = urllib.parse.urlsplit(media["image_url"])
        fits = url.scheme in SCHEMES and bool(url.netloc)
    except ValueError:
        fits = False
    if not fits:
        # not shown: it may hold a password
        raise errors.Invalid(text=f"Field 'image_url' must be an address of scheme {', '.join(SCHEMES)} with a host, "
                                  f"such as http://images.example/rescue.iso.")
    call.rpc(find.host(call, found), "vmedia_attach", node=found.uuid, media=media["device_type"],
             image_url=media["image_url"], source=media.get("image_download_source", "local"))
    return expose.Answer(204)


@expose.handler("node:vmedia:detach", params=DETACH)
def detach(call: expose.Call, name: str) -> expose.Answer:
    """Begin to empty the drives of the kinds that are named; none named are all."""
    found = find.one(call, name, *find.DRIVEN_BY)
    kinds = call.params["device_types"]
    unknown = [kind for kind in kinds or () if kind not in DEVICES]
    if unknown:
        raise errors.BadField(field="device_types", value=", ".join(unknown)[:64],
                              wanted=f"There are: {', '.join(DEVICES)}.")
    call.rpc(find.host(call, found), "vmedia_detach", node=found.uuid, media=kinds)
    return expose.Answer(204)
