"""What holds for every implementation of every socket: names, sentences, promises kept in signature."""

import importlib
import inspect
import typing

import pytest
from oslo_config import cfg

from baremetal import errors, steps
from baremetal.drivers import hardware, interface, load, vendor, wires
from tests.contract import booting, devices

EVERY = [found for kind in interface.KINDS for found in load.every(load.NAMESPACE + kind)]
TYPES: list[hardware.HardwareType] = load.every("baremetal.hardware")


def _name(found: typing.Any) -> str:
    return f"{getattr(found, 'kind', 'hardware')}-{found.name}"


def _socket(kind: str) -> type[interface.Interface]:
    return typing.cast(type[interface.Interface],
                       getattr(importlib.import_module(f"baremetal.drivers.{kind}"), kind.capitalize()))


def _methods(owner: type) -> dict[str, typing.Any]:
    return {name: member for name, member in inspect.getmembers(owner, inspect.isfunction) if name[0] != "_"}


def test_entry_points_bear_the_names_of_their_classes() -> None:
    for group in ("hardware", *interface.KINDS):
        for entry in importlib.metadata.entry_points(group=load.NAMESPACE + group):
            assert entry.load().name == entry.name, f"{group}: {entry.value}"


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_fits_its_socket(found: interface.Interface) -> None:
    socket = _socket(found.kind)
    assert isinstance(found, socket)
    left = [name for name, method in _methods(socket).items()
            if getattr(type(found), name) is method and "raise NotImplementedError" in inspect.getsource(method)]
    assert left == [], "promised and not built"


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_takes_what_the_socket_says(found: interface.Interface) -> None:
    for name, promised in _methods(_socket(found.kind)).items():
        takes = inspect.signature(getattr(type(found), name))
        if any(p.kind is p.VAR_KEYWORD for p in takes.parameters.values()):
            continue
        assert list(takes.parameters) == list(inspect.signature(promised).parameters), f"{_name(found)}.{name}"


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_says_what_it_does(found: interface.Interface) -> None:
    owners = [type(found), *(getattr(type(found), name) for name in _methods(type(found)))]
    assert [owner for owner in owners if not (owner.__doc__ or "").strip().endswith((".", "``"))] == []
    assert all(says.endswith(".") for says in (*found.needs.values(), *found.optional.values()))


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_keeps_nothing_between_calls(found: interface.Interface) -> None:
    assert vars(found) == {}


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_each_step_says_whether_it_may_be_repeated(found: interface.Interface) -> None:
    for name, method in _methods(type(found)).items():
        mark = getattr(method, "step", None)
        if not isinstance(mark, steps.Mark):
            continue
        assert ("Safe to run twice" if mark.repeatable else "Not repeatable") in method.__doc__, name
        assert mark.undo is None or hasattr(found, mark.undo)
        taken = [p.name for p in list(inspect.signature(method).parameters.values())[2:] if p.kind is not p.VAR_KEYWORD]
        assert sorted(mark.args) == sorted(taken), name


@pytest.mark.parametrize("found", EVERY, ids=_name)
def test_says_which_key_is_missing(found: interface.Interface, conf: cfg.ConfigOpts, lines: wires.Wires) -> None:
    task = devices.task_for(devices.Device(), conf, lines, found, *booting.beside(found))
    try:
        found.validate(task)
    except errors.Unsupported:
        assert found.name.startswith("no-")
    except errors.MissingField as fault:
        assert "instance_info/" in fault.text
    except errors.DriverInfoMissing as fault:
        assert [key for key in found.needs if key not in fault.text] == []
    else:
        assert not found.needs


@pytest.mark.parametrize("found", [found for found in EVERY if found.name.startswith("no-")], ids=_name)
def test_refusing_ones_refuse_everything(found: interface.Interface, conf: cfg.ConfigOpts, lines: wires.Wires) -> None:
    task = devices.task_for(devices.Device(), conf, lines, found)
    harmless = ("clean_up", "leave", "cache_bios_settings", "properties", "logical_disk_properties", "methods",
                "driver_methods", "check_driver", "call_driver", "tell_agent", "agent_ended")
    for name, method in _methods(type(found)).items():
        if name not in harmless:
            wanted = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
            given = [None for p in wanted[2:] if p.kind is p.POSITIONAL_OR_KEYWORD]
            with pytest.raises(errors.Unsupported, match=found.kind):
                getattr(found, name)(task, *given)


@pytest.mark.parametrize("sort", TYPES, ids=_name)
def test_preferences_exist_or_are_to_come(sort: hardware.HardwareType) -> None:
    known = {kind: {found.name for found in EVERY if found.kind == kind} for kind in interface.KINDS}
    for kind in interface.KINDS:
        assert set(sort.preferences(kind)) <= known[kind], f"{sort.name} prefers a {kind} that nobody brings"
        assert sort.preferences(kind), f"{sort.name} has no {kind}"


@pytest.mark.parametrize("found", [found for found in EVERY if found.kind == "vendor"], ids=_name)
def test_vendor_methods_have_sentences(found: vendor.Vendor) -> None:
    for name, method in found.methods().items():
        assert method.says.endswith("."), name
        assert set(method.http) <= {"GET", "POST", "PUT", "PATCH", "DELETE"}
