"""Faults of images: not there, not allowed, not what was promised, or too large."""

from baremetal.errors import fault


class ImageFault(fault.Fault):
    """Something is wrong with an image; ``source`` and ``why`` are always known."""

    kind, code = "invalid", "image"
    says = "Image {source}: {why}"


class ImageForbidden(ImageFault):
    """Its source is not one that this service may read."""

    code = "image-forbidden"
    says = "Image {source} may not be fetched: {why}"


class ImageUnavailable(ImageFault):
    """Its server does not answer, or does not give it whole; another time it may."""

    kind, code, transient = "refused", "image-unavailable", True
    says = "Image {source} could not be fetched: {why}"


class ImageChecksumWrong(ImageFault):
    """What came is not what the checksum promised; ``algorithm``, ``expected`` and ``got`` are known."""

    code = "image-checksum-wrong"
    says = "Image {source} is not what was promised: its {algorithm} is {got}, expected was {expected}"


class ImageTooLarge(ImageFault):
    """It is larger than what it must fit into; ``size``, ``room`` (bytes) and ``what`` are known."""

    code = "image-too-large"
    says = "Image {source} is too large: it has {size} bytes, {what} has {room}"


class ImageFolderFull(ImageFault):
    """The folder for images has no room, whatever is thrown away that no node uses."""

    kind, code, transient = "busy", "image-folder-full", True
    says = "Image {source}: folder {folder} needs {needed} more bytes and has {free} free"


class ConfigDriveWrong(fault.Fault):
    """A config drive is not what can be written to a disk."""

    kind, code = "invalid", "config-drive"
    says = "The config drive cannot be used: {why}"


class ProgramMissing(fault.Fault):
    """A foreign program that this work needs is not installed."""

    kind, code = "refused", "program-missing"
    says = "{program} is not installed on the conductor and is needed for {purpose}; install package {package}"
