"""Faults of images: not there, not allowed, not what was promised, or too large."""

from baremetal.errors import fault


class ImageFault(fault.Fault):
    """Something is wrong with an image; ``source`` and ``why`` are always known."""

    kind, code = "invalid", "image"
    says = "Image {source}: {why}"
