"""What an agent says when it fails: type, code and message as the real agent's answers have them."""

import typing

#: type of the error: its code, and the message before its details
KINDS: dict[str, tuple[int, str]] = {
    "AgentIsBusy": (409, "Agent is busy"),
    "BlockDeviceEraseError": (500, "Error erasing block device"),
    "CleaningError": (500, "Clean step failed"),
    "CommandExecutionError": (500, "Command execution failed"),
    "DeploymentError": (500, "Deploy step failed"),
    "DeviceNotFound": (404, "Error finding the disk or partition device to deploy the image onto"),
    "HardwareManagerMethodNotFound": (500, "No HardwareManager found to handle method"),
    "ImageChecksumError": (500, "Error verifying image checksum"),
    "ImageDownloadError": (500, "Error downloading image"),
    "ImageDownloadFatalError": (500, "Error downloading image"),
    "InvalidCommandError": (400, "Invalid command"),
    "InvalidCommandParamsError": (400, "Invalid command parameters"),
    "InvalidImage": (500, "The provided image is not valid for use"),
    "RESTError": (500, "An error occurred"),
    "RequestedObjectNotFoundError": (404, "Not found"),
    "ServicingError": (500, "Service step failed"),
    "SoftwareRAIDError": (500, "Software RAID caused unknown error"),
    "VersionMismatch": (409, "Hardware managers version mismatch, reload agent with correct version"),
}

#: answered at once as HTTP errors, never kept as the result of a command
CONTENT = frozenset({"InvalidCommandError", "InvalidCommandParamsError"})


class Failure(Exception):
    """An agent's error of one of KINDS."""

    def __init__(self, kind: str, details: str) -> None:
        self.kind, self.details = kind, details
        self.code, self.message = KINDS[kind]
        super().__init__(f"{self.message}: {details}")

    def plain(self) -> dict[str, typing.Any]:
        """Return it as it stands in the result of a command."""
        return {"type": self.kind, "code": self.code, "message": self.message, "details": self.details}


def download(image: str, text: str, *, fatal: bool = False) -> Failure:
    """Return the failure of a download; a fatal one is not tried again."""
    return Failure("ImageDownloadFatalError" if fatal else "ImageDownloadError",
                   f"Download of image {image} failed: {text}")


def missing(what: str, name: str) -> Failure:
    """Return the failure to find something that was asked for."""
    return Failure("RequestedObjectNotFoundError", f"{what} with id {name} not found.")
