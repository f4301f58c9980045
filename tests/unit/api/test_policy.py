"""Answers of the policy: remembered while the rules are the same, for all objects that are the same to them."""

import pathlib
import time as seconds
from typing import Any

import pytest
from oslo_policy import policy

from baremetal import clock, config, context
from baremetal.api.policy import enforcer, nature

RED = context.Context(user="u", project="red", roles=("reader",))
#: a rule, and what it hangs on: (nothing outside of the request, of tenants whether they are the caller's project)
NATURES = [
    ("@", True, True), ("!", True, True), ("role:admin and not role:reader", True, True),
    ("project_id:%(node.owner)s or not (project_id:%(node.lessee)s and role:x)", True, True),
    ("rule:x or project_name:%(config.service_project_name)s", True, True),
    ("user_id:%(node.owner)s", True, False), ("role:admin and not 'red':%(node.owner)s", True, False),
    ("project_name:%(allocation.owner)s", True, False), ("project_id:x%(node.owner)s", True, True),
    ("http://localhost/%(node.uuid)s", False, False), ("role:x or (role:y and https://localhost/x)", False, False),
]


@pytest.mark.parametrize(("text", "lasting", "own_or_not"), NATURES)
def test_nature(text: str, lasting: bool, own_or_not: bool) -> None:
    rule = policy.RuleDefault("x", text).check
    assert nature.of([rule]) == nature.Nature(lasting, own_or_not)
    assert nature.of([policy.RuleDefault("y", "@").check, rule]) == nature.Nature(lasting, own_or_not)


class Asked(enforcer.Enforcer):
    """Counts what the library is asked."""

    count = 0

    def _ask(self, *args: Any) -> bool:
        self.count += 1
        return super()._ask(*args)


def opened(folder: pathlib.Path, text: str | None, kind: type[Any] = Asked
           ) -> tuple[Any, clock.MovedClock, pathlib.Path]:
    """An enforcer with a policy file of the operator's."""
    own, conf = folder / "policy.yaml", folder / "baremetal.conf"
    if text is not None:
        own.write_text(text)
    conf.write_text(f"[oslo_policy]\npolicy_file = {own}\n")
    time = clock.MovedClock()
    return kind(config.build(files=[str(conf)]), time), time, own


def owned(whose: str | None) -> enforcer.Target:
    """Something of a project."""
    return {"node.owner": whose, "node.lessee": None}


def test_other_projects_are_all_the_same(tmp_path: pathlib.Path) -> None:
    asked, time, _own = opened(tmp_path, None)
    for round_ in range(3):
        for whose in ("red", None, *map(str, range(100))):
            assert asked.allows("node:get", RED, owned(whose)) == (whose == "red")
        time.move(100 * round_)
    assert asked.count == 3
    assert not asked.allows("node:get", context.Context(user="u", project="blue", roles=("reader",)), owned("red"))
    assert not asked.allows("node:get", context.Context(user="u", project="red"), owned("red"))


def test_rules_that_look_closer_are_asked_of_each(tmp_path: pathlib.Path) -> None:
    asked, _time, _own = opened(tmp_path, '"baremetal:node:get": "user_id:%(node.owner)s"\n')
    assert [asked.allows("node:get", RED, owned(whose)) for whose in ("red", "u", "v", "u")] == [
        False, True, False, True]
    assert asked.count == 3


def test_a_changed_file_is_obeyed(tmp_path: pathlib.Path) -> None:
    asked, time, own = opened(tmp_path, '"baremetal:node:get": "@"\n')
    assert asked.allows("node:get", RED, owned("blue"))
    seconds.sleep(0.05)
    own.write_text('"baremetal:node:get": "!"\n')
    assert asked.allows("node:get", RED, owned("blue"))
    time.move(asked.LOOK + 1)
    assert not asked.allows("node:get", RED, owned("blue"))


class Slow(Asked):
    """Asks, and is told of a changed file before it can note the answer."""

    meanwhile: Any = None

    def _ask(self, *args: Any) -> bool:
        answer, meanwhile, self.meanwhile = super()._ask(*args), self.meanwhile, None
        if meanwhile:
            meanwhile()
        return answer


def test_an_answer_of_rules_that_have_changed_meanwhile_is_not_kept(tmp_path: pathlib.Path) -> None:
    asked, time, own = opened(tmp_path, '"baremetal:node:get": "@"\n', Slow)
    seconds.sleep(0.05)

    def change() -> None:
        own.write_text('"baremetal:node:get": "!"\n')
        time.move(asked.LOOK + 1)
        assert not asked.allows("node:get", context.Context(user="v", project="blue"), owned("blue"))
    asked.meanwhile = change
    assert asked.allows("node:get", RED, owned("blue"))
    assert not asked.allows("node:get", RED, owned("blue"))


@pytest.mark.parametrize("text", ['"baremetal:node:get": [\n', "no: [rules"])
def test_a_broken_file_changes_nothing(tmp_path: pathlib.Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    asked, time, own = opened(tmp_path, '"baremetal:node:get": "@"\n')
    seconds.sleep(0.05)
    own.write_text(text)
    for _ in range(3):
        time.move(asked.LOOK + 1)
        assert asked.allows("node:get", RED, owned("blue"))
        assert not asked.allows("node:delete", RED, owned("blue"))
    assert "policy file cannot be read" in caplog.text
    own.write_text('"baremetal:node:get": "!"\n')
    time.move(asked.LOOK + 1)
    assert not asked.allows("node:get", RED, owned("blue"))


def test_a_file_that_is_broken_at_the_start_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="x"):
        opened(tmp_path, '"baremetal:node:get": [\n')
