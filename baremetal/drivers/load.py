"""Finds drivers by their entry points, loads what is enabled, binds it to nodes. Calls none of it."""

import collections.abc
import importlib.metadata
import typing

from oslo_config import cfg
from stevedore import extension, named

from baremetal import errors
from baremetal.drivers import hardware, interface

NAMESPACE = "baremetal."
"""What stands before ``hardware`` or a kind in the name of an entry point group."""


def every(namespace: str) -> list[typing.Any]:
    """Return one object of each implementation in ``namespace`` ("baremetal.power"), enabled or not, by name."""
    found = extension.ExtensionManager(namespace, invoke_on_load=True, on_load_failure_callback=_refuse)
    return [e.obj for e in sorted(found, key=lambda e: str(e.name))]


def _refuse(_manager: typing.Any, entry: importlib.metadata.EntryPoint, error: BaseException) -> None:
    raise ValueError(f"Driver {entry.name!r} of {entry.group} cannot be loaded from {entry.value}: {error!r}. "
                     "Reinstall the package that brings it, or do not enable it.") from error


class Drivers:
    """The hardware types and implementations that this conductor has enabled."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        """Load what is enabled. ValueError names a wrong option; InterfaceUndecided a type that lacks a kind."""
        self._conf = conf
        #: name: enabled hardware type
        self.types: dict[str, hardware.HardwareType] = _enabled(conf, "hardware", "enabled_hardware_types")
        self._enabled: dict[str, dict[str, interface.Interface]] = {
            kind: _enabled(conf, kind, f"enabled_{kind}_interfaces") for kind in interface.KINDS}
        for kind, known in self._enabled.items():
            name = conf[f"default_{kind}_interface"]
            if name and name not in known:
                raise ValueError(f"[DEFAULT]default_{kind}_interface is {name!r}, which is not among "
                                 f"[DEFAULT]enabled_{kind}_interfaces: {', '.join(known) or 'none'}.")
        self._supported = {name: {kind: self._order(sort, kind) for kind in interface.KINDS}
                           for name, sort in self.types.items()}

    def _order(self, sort: hardware.HardwareType, kind: str) -> dict[str, interface.Interface]:
        """Return the enabled implementations of ``kind`` that ``sort`` supports, its default first."""
        enabled = self._enabled[kind]
        listed = [name for name in sort.preferences(kind) if name in enabled]
        ordered = listed + [name for name, found in enabled.items() if name not in listed and sort.supports(found)]
        chosen = self._conf[f"default_{kind}_interface"]
        if chosen in ordered:
            ordered.sort(key=lambda name: name != chosen)
        if not ordered:
            able = sorted(set(sort.preferences(kind)) | {f.name for f in every(NAMESPACE + kind) if sort.supports(f)})
            raise errors.InterfaceUndecided(kind_of=kind, driver=sort.name, known=", ".join(able) or "none")
        return {name: enabled[name] for name in ordered}

    def interfaces(self, driver: str) -> dict[str, dict[str, typing.Any]]:
        """Return ``{kind: {"default": name, "enabled": [names]}}`` for a hardware type."""
        return {kind: {"default": next(iter(found)), "enabled": list(found)}
                for kind, found in self._of(driver).items()}

    def properties(self, driver: str) -> dict[str, str]:
        """Return the driver_info keys that a node of the type uses when it takes all defaults."""
        told: dict[str, str] = {}
        for found in self._of(driver).values():
            told.update(next(iter(found.values())).properties())
        return told

    def choose(self, driver: str, kind: str, name: str | None) -> interface.Interface:
        """Return the implementation ``name`` of ``kind`` for a hardware type; None is the default.

        Raises DriverUnknown, InterfaceUnknown.
        """
        supported = self._of(driver)[kind]
        if name is None:
            return next(iter(supported.values()))
        known = supported if self.types[driver].picky else self._enabled[kind]
        if name not in known:
            raise errors.InterfaceUnknown(kind_of=kind, name=name, driver=driver, known=", ".join(known))
        return known[name]

    def bind(self, node: typing.Any) -> dict[str, interface.Interface]:
        """Return ``{kind: implementation}`` as the node's ``driver`` and ``*_interface`` say. As ``choose``."""
        return {kind: self.choose(node.driver, kind, getattr(node, f"{kind}_interface"))
                for kind in interface.KINDS}

    def _of(self, driver: str) -> dict[str, dict[str, interface.Interface]]:
        try:
            return self._supported[driver]
        except KeyError:
            raise errors.DriverUnknown(driver=driver, known=", ".join(sorted(self.types))) from None


def _enabled(conf: cfg.ConfigOpts, group: str, option: str) -> dict[str, typing.Any]:
    """Return ``{name: object}`` of what ``option`` names, in its order; nothing else is imported."""
    def missing(names: collections.abc.Iterable[str]) -> None:
        known = sorted(importlib.metadata.entry_points(group=NAMESPACE + group).names)
        raise ValueError(f"[DEFAULT]{option} names {', '.join(map(repr, sorted(names)))}, which is not installed; "
                         f"possible are: {', '.join(known) or 'none'}.")

    found = named.NamedExtensionManager(
        NAMESPACE + group, list(conf[option]), invoke_on_load=True, name_order=True,
        on_load_failure_callback=_refuse, on_missing_entrypoints_callback=missing)
    return {e.name: e.obj for e in found}
