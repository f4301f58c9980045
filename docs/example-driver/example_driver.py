"""Power over HTTP: a hardware type and a power implementation in a package of their own.

The device answers GET with the word on or off, and takes one of them by PUT. Knows nothing of other devices.
"""

import collections.abc
import contextlib
import urllib.parse

import requests

from baremetal import errors, states
from baremetal.drivers import hardware, power, task

FROM_WIRE = {"on": states.POWER_ON, "off": states.POWER_OFF}
#: target: the words to put, one after the other
WORDS = {"power on": ("on",), "power off": ("off",), "rebooting": ("off", "on")}
PATIENCE = 10
"""Seconds that the device has for one answer."""


class Example(hardware.Generic):
    """Servers behind a web service that switches them."""

    name = "example"
    prefers = {"power": ("webhook",), "management": ("noop",)}


class WebhookPower(power.Power):
    """Switches a server by the web service at ``example_url``."""

    name, serves = "webhook", ("example",)
    needs = {"example_url": "URL that tells the power when it is read and switches it when 'on' or 'off' is put."}

    def validate(self, task: task.Task) -> None:
        """Check the URL."""
        super().validate(task)
        url = urllib.parse.urlsplit(str(task.node.driver_info["example_url"]))
        if url.scheme not in ("http", "https") or not url.hostname:
            raise errors.DriverInfoWrong(key="example_url", value=task.node.driver_info["example_url"],
                                         wanted="It is an address that begins with http:// or https://.")

    def read(self, task: task.Task) -> str | None:
        """Ask the device."""
        with _foreign(task, "power_read") as url:
            answer = requests.get(url, timeout=PATIENCE)
            answer.raise_for_status()
            return FROM_WIRE[answer.text.strip()]

    def set(self, task: task.Task, target: str, timeout: float | None = None) -> None:
        """Put each word of ``target``, and wait until the device tells the same."""
        for word in WORDS[target]:
            with _foreign(task, "power_set") as url:
                requests.put(url, data=word, timeout=PATIENCE).raise_for_status()
            self._wait(task, FROM_WIRE[word], timeout or task.conf.conductor.power_state_change_timeout)

    def supported(self, task: task.Task) -> list[str]:
        """Return what the device can do; it has no soft way."""
        return list(WORDS)

    def _wait(self, task: task.Task, wanted: str, seconds: float) -> None:
        began = task.clock.tick()
        while (now := self.read(task)) != wanted:
            if task.clock.tick() - began >= seconds:
                raise errors.PowerFailed(target=wanted, why=f"the device still tells '{now}' after {seconds:g} s.")
            task.clock.sleep(0.2)


@contextlib.contextmanager
def _foreign(task: task.Task, operation: str) -> collections.abc.Iterator[str]:
    """Give the device's URL; make faults of what goes wrong with it."""
    url = str(task.node.driver_info["example_url"])
    place = urllib.parse.urlsplit(url)
    try:
        yield url
    except (requests.RequestException, KeyError) as error:
        raise errors.BmcFault(host=place.hostname, port=place.port or place.scheme, operation=operation,
                              why=f"{type(error).__name__}: {error}") from error
