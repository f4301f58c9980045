"""Every option, field, microversion and fault has its sentence. (States have theirs in ``test_tables``.)"""

import importlib
import inspect
import pkgutil

import pytest

import baremetal.api
from baremetal import config, errors
from baremetal.api import resource, versions

OPTIONS = [(section, option) for section, options in config.SECTIONS.items() for option in options]


def _declared() -> list[tuple[str, str, str]]:
    """Each field of each resource: (resource, field, its sentence)."""
    for module in pkgutil.walk_packages(baremetal.api.__path__, "baremetal.api."):
        importlib.import_module(module.name)
    found, ahead = [], [resource.Resource]
    while ahead:
        kind = ahead.pop()
        ahead += kind.__subclasses__()
        found += [(kind.__name__, name, field.doc) for name, field in kind.fields().items()]
    return found


@pytest.mark.parametrize(("section", "option"), OPTIONS, ids=lambda value: getattr(value, "dest", value))
def test_option_has_a_sentence(section: str, option: object) -> None:
    assert _is_sentence(getattr(option, "help", None)), f"[{section}]: {option}"


def test_field_has_a_sentence() -> None:
    declared = _declared()
    assert declared
    assert [(kind, name) for kind, name, doc in declared if not _is_sentence(doc)] == []


def test_microversion_has_a_sentence() -> None:
    assert list(versions.HISTORY) == list(range(1, len(versions.HISTORY) + 1))
    assert [minor for minor, told in versions.HISTORY.items() if not _is_sentence(told)] == []


def test_fault_says_something_and_has_a_code_of_its_own() -> None:
    faults = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)
              if issubclass(kind, errors.Fault) and kind is not errors.Fault]
    assert [kind.__name__ for kind in faults if not (kind.says and inspect.getdoc(kind))] == []
    codes = [kind.code for kind in faults]
    assert sorted(codes) == sorted(set(codes))


def _is_sentence(text: str | None) -> bool:
    return len(text or "") >= 8 and (text or "").rstrip().endswith((".", ")", "…"))
