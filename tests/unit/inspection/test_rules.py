"""Inspection rules on a real report: each condition, each action, loops, what texts refer to, secrets, faults."""

import logging
import pathlib
import types
from typing import Any

import pytest

from baremetal import config, inspection
from baremetal.inspection.rules import actions, conditions, form
from tests.unit.inspection import reports

UUID = "7f3b6f4e-2c0e-4a53-9d2f-5f1f7f0b8a11"
PORT = "0b1c2d3e-0000-4000-8000-000000000001"


def node(**columns: Any) -> Any:
    """A node with these columns beside those that most rules look at."""
    return types.SimpleNamespace(**{
        "uuid": UUID, "name": "rack-7", "properties": {"cpus": 1}, "driver_info": {"ipmi_password": "geheim"},
        "extra": {}, "description": None, "resource_class": None, **columns})


def rule(*does: dict[str, Any], when: list[dict[str, Any]] | None = None, **more: Any) -> form.Rule:
    """A rule as the API stores it."""
    return form.Rule("r-1", form.read_actions(list(does)), form.read_conditions(when or []), **more)


def run(*rules: form.Rule, ask: Any = None, of: Any = None, report: Any = None, **options: Any) -> inspection.Outcome:
    """What comes of a report under these rules."""
    conf = config.build(**{f"inspection_rules__{name}": value for name, value in options.items()})
    ports = (reports.port(reports.BOOTED, PORT),)
    around = inspection.Around(ports, rules, None, ask)
    return inspection.process(report or reports.report(), of or node(), around, conf)


def holds(op: str, args: Any, **more: Any) -> bool:
    """Whether a condition holds."""
    found = run(rule({"op": "set-plugin-data", "args": {"path": "held", "value": True}},
                     when=[{"op": op, "args": args, **more}]))
    assert found.failed is None, found.failed
    return bool(found.plugin_data.get("held"))


# fmt: off
CONDITIONS: list[tuple[str, Any, bool]] = [
    ("eq",       {"values": ["{inventory[cpu][architecture]}", "x86_64"]},        True),
    ("eq",       {"values": ["{inventory[cpu][count]}", 2]},                      True),
    ("eq",       {"values": ["{inventory[cpu][count]}", "2"]},                    True),
    ("eq",       {"values": ["{inventory[cpu][count]}", 3]},                      False),
    ("eq",       ["a", "a"],                                                     True),
    ("eq",       [["a", "b"]],                                                   False),
    ("eq",       {"values": ["x"]},                                              True),
    ("eq",       {"values": [10, "10.0"], "force_strings": True},                True),
    ("!eq",      {"values": ["a", "b"]},                                         True),
    ("! eq",     {"values": ["a", "a"]},                                         False),
    ("lt",       {"values": [1, "{inventory[cpu][count]}", 3]},                  True),
    ("lt",       {"values": ["9", 10]},                                          True),
    ("lt",       {"values": [2, 2]},                                             False),
    ("gt",       {"values": ["{inventory[memory][physical_mb]}", 1024]},         True),
    ("gt",       {"values": ["b", "a"]},                                         True),
    ("is-empty", {"value": "{inventory[cpu][nothing]}"},                         True),
    ("is-empty", {"value": "{inventory[interfaces][1][lldp]}"},                  True),
    ("is-empty", {"value": "{node.name}"},                                       False),
    ("is-none",  {"value": "{node.description}"},                                True),
    ("is-none",  {"value": "{node.name}"},                                       False),
    ("is-true",  {"value": "{inventory[interfaces][1][has_carrier]}"},           True),
    ("is-true",  {"value": "Yes"},                                               True),
    ("is-true",  {"value": 0},                                                   False),
    ("is-true",  {"value": None},                                                False),
    ("is-false", {"value": "{inventory[interfaces][2][has_carrier]}"},           True),
    ("is-false", {"value": "no"},                                                True),
    ("is-false", {"value": None},                                                True),
    ("is-false", {"value": "{node.no_such_thing}"},                              False),
    ("in-net",   {"address": "{inventory[interfaces][1][ipv4_address]}", "subnet": "10.77.0.0/24"}, True),
    ("in-net",   ["10.1.0.1", "10.77.0.0/24"],                                   False),
    ("in-net",   ["fe80::1", "10.77.0.0/24"],                                    False),
    ("matches",  {"value": "{inventory[system_vendor][manufacturer]}", "regex": "QE.*"}, True),
    ("matches",  {"value": "QEMU", "regex": "QE"},                               False),
    ("contains", {"value": "{inventory[system_vendor][product_name]}", "regex": "i4+0FX"}, True),
    ("contains", {"value": "QEMU", "regex": "^E"},                               False),
    ("one-of",   {"value": "{inventory[boot][current_boot_mode]}", "values": ["bios", "uefi"]}, True),
    ("one-of",   {"value": "{inventory[cpu][count]}", "values": ["1", "2"]},     True),
    ("one-of",   ["c", ["a", "b"]],                                              False),
    ("one-of",   {"value": "c"},                                                 False),
]
LOOPS: list[tuple[str, Any, Any, bool]] = [
    # multiple, value, loop, holds
    ("any",   "{item}",       ["no", "yes"],               True),
    ("any",   "{item}",       ["no", "no"],                False),
    ("all",   "{item}",       ["yes", "true"],             True),
    ("all",   "{item}",       ["yes", "no"],               False),
    ("first", "{item}",       ["no", "yes"],               True),
    ("last",  "{item}",       ["yes", "no"],               False),
    ("last",  "{item}",       ["no", "yes"],               True),
    ("any",   "{item[up]}",   [{"up": True}],              True),
    ("any",   "{item[up]}",   {"up": "yes"},               True),
    ("any",   "{item[has_carrier]}", "{inventory[interfaces]}", True),
]
ACTIONS: list[tuple[dict[str, Any], str, Any]] = [
    # action, where it is seen, what is there
    ({"op": "set-attribute", "args": {"path": "description", "value": "a {inventory[system_vendor][manufacturer]}"}},
     "attributes.description", "a QEMU"),
    ({"op": "set-attribute", "args": ["resource_class", "cpu{inventory[cpu][count]}"]},
     "attributes.resource_class", "cpu2"),
    ({"op": "set-attribute", "args": {"path": "extra/a/b", "value": "{inventory[cpu][count]}"}},
     "attributes.extra.a.b", 2),
    ({"op": "set-attribute", "args": {"path": "properties.cpus", "value": 64}}, "properties.cpus", 64),
    ({"op": "set-attribute", "args": {"path": "driver_info/ipmi_address", "value": "10.0.0.9"}},
     "attributes.driver_info", {"ipmi_password": "geheim", "ipmi_address": "10.0.0.9"}),
    ({"op": "set-attribute", "args": {"path": "extra/{item[k]}", "value": "{item[v]}"}, "loop": [{"k": "x", "v": 1}]},
     "attributes.extra.x", 1),
    ({"op": "set-attribute", "args": {"path": "retired", "value": "yes"}}, "attributes.retired", True),
    ({"op": "extend-attribute", "args": {"path": "extra/tags", "value": "{item}"}, "loop": ["a", "b", "a"]},
     "attributes.extra.tags", ["a", "b", "a"]),
    ({"op": "extend-attribute", "args": {"path": "extra/tags", "value": "{item}", "unique": True},
      "loop": ["a", "b", "a"]},
     "attributes.extra.tags", ["a", "b"]),
    ({"op": "del-attribute", "args": {"path": "driver_info/ipmi_password"}}, "attributes.driver_info", {}),
    ({"op": "del-attribute", "args": {"path": "name"}}, "attributes.name", None),
    ({"op": "set-capability", "args": {"name": "vendor", "value": "{inventory[system_vendor][manufacturer]}"}},
     "properties.capabilities", "boot_mode:uefi,vendor:QEMU"),
    ({"op": "unset-capability", "args": {"name": "boot_mode"}}, "capabilities", {}),
    ({"op": "add-trait", "args": {"name": "CUSTOM_SEEN"}}, "traits", {"CUSTOM_SEEN": True}),
    ({"op": "remove-trait", "args": ["CUSTOM_OLD"]}, "traits", {"CUSTOM_OLD": False}),
    ({"op": "set-plugin-data", "args": {"path": "a.b", "value": "{inventory[cpu][flags]}"}},
     "plugin_data.a.b", ["fpu", "pse", "aes", "vmx", "pdpe1gb"]),
    ({"op": "extend-plugin-data", "args": {"path": "macs", "value": "x"}}, "plugin_data.macs",
     [reports.BOOTED, reports.OTHER, "x"]),
    ({"op": "unset-plugin-data", "args": {"path": "configuration/managers"}}, "plugin_data.configuration",
     {"collectors": ["default", "logs"]}),
    ({"op": "set-port-attribute", "args": {"port_id": PORT, "path": "physical_network", "value": "net1"}},
     "changed_ports", [(PORT, {"physical_network": "net1"})]),
    ({"op": "set-port-attribute", "args": {"port_id": reports.BOOTED.upper(), "path": "extra/a",
      "value": "{inventory[cpu][count]}"}},
     "changed_ports", [(PORT, {"extra": {"a": 2}})]),
    ({"op": "extend-port-attribute", "args": {"port_id": PORT, "path": "extra/l", "value": "a"}},
     "changed_ports", [(PORT, {"extra": {"l": ["a"]}})]),
    ({"op": "del-port-attribute", "args": {"port_id": PORT, "path": "pxe_enabled"}}, "changed_ports", []),
    ({"op": "log", "args": {"msg": "hello {node.name}"}}, "attributes", {}),
]
FAILURES: list[tuple[dict[str, Any], str]] = [
    ({"op": "fail", "args": {"msg": "no {inventory[system_vendor][manufacturer]} here"}}, "no QEMU here"),
    ({"op": "set-attribute", "args": {"path": "description", "value": "{inventory[nothing][here]}"}}, "is not there"),
    ({"op": "set-attribute", "args": {"path": "extra", "value": "text"}}, "extra must be an object"),
    ({"op": "set-attribute", "args": {"path": "retired", "value": "perhaps"}}, "must be true or false"),
    ({"op": "set-attribute", "args": {"path": "name", "value": "not a name"}}, "name must be"),
    ({"op": "set-attribute", "args": {"path": "properties/cpus/x", "value": 1}}, "is no object"),
    ({"op": "del-attribute", "args": {"path": "extra/absent"}}, "no extra/absent to delete"),
    ({"op": "extend-attribute", "args": {"path": "properties/cpus", "value": 1}}, "no list"),
    ({"op": "set-capability", "args": {"name": "a:b", "value": 1}}, "no name of a capability"),
    ({"op": "add-trait", "args": {"name": "plain"}}, "is no trait"),
    ({"op": "set-port-attribute", "args": {"port_id": "nobody", "path": "name", "value": "x"}}, "no port"),
    ({"op": "api-call", "args": {"url": "http://192.0.2.1/"}}, "calls nobody"),
]
# fmt: on


@pytest.mark.parametrize(("op", "args", "expected"), CONDITIONS)
def test_conditions(op: str, args: Any, expected: bool) -> None:
    assert holds(op, args) is expected


def test_every_condition_and_action_is_tried_here() -> None:
    assert {form.inverted(op)[0] for op, _args, _holds in CONDITIONS} == set(conditions.TABLE)
    assert {row[0]["op"] for row in (*ACTIONS, *FAILURES)} == set(actions.TABLE)


@pytest.mark.parametrize(("multiple", "value", "loop", "expected"), LOOPS)
def test_loops_of_conditions(multiple: str, value: str, loop: Any, expected: bool) -> None:
    if isinstance(loop, str):
        # the API takes lists and objects; what these refer to is filled in
        loop = [loop]
        value = "{item[1][has_carrier]}"
    assert holds("is-true", {"value": value}, loop=loop, multiple=multiple) is expected


@pytest.mark.parametrize(("action", "where", "expected"), ACTIONS)
def test_actions(action: dict[str, Any], where: str, expected: Any) -> None:
    found = run(rule(action))
    assert found.failed is None, found.failed
    top, *way = where.split(".")
    value = getattr(found, top)
    for key in way:
        value = value[key]
    assert value == expected


@pytest.mark.parametrize(("action", "says"), FAILURES)
def test_what_cannot_be_done_fails_the_inspection_and_names_the_rule(action: dict[str, Any], says: str) -> None:
    found = run(rule(action))
    assert found.failed is not None
    assert found.failed.startswith(f"Inspection rule r-1, action {action['op']!r}: ") and says in found.failed
    assert found.inventory and found.plugin_data        # what was found is kept all the same


def test_rules_run_by_priority_after_the_hooks() -> None:
    def noting(text: str, priority: int) -> form.Rule:
        return rule({"op": "extend-plugin-data", "args": {"path": "order", "value": text}}, priority=priority)
    found = run(noting("low", 1), noting("high", 9), noting("first of the same", 5), noting("second", 5))
    assert found.plugin_data["order"] == ["high", "first of the same", "second", "low"]
    # what the hooks found is there
    assert run(rule({"op": "set-attribute", "args": ["extra/x", "{node.properties[memory_mb]}"]})
               ).attributes["extra"] == {"x": 2048}


def test_later_rules_see_what_earlier_ones_did() -> None:
    first = rule({"op": "set-attribute", "args": ["description", "seen"]}, priority=9)
    second = rule({"op": "set-attribute", "args": ["extra/d", "{node.description}"]},
                  when=[{"op": "eq", "args": ["{node.description}", "seen"]}])
    assert run(first, second).attributes == {"description": "seen", "extra": {"d": "seen"}}


def test_all_conditions_must_hold() -> None:
    yes, no = {"op": "is-true", "args": [True]}, {"op": "is-true", "args": [False]}
    act = {"op": "set-plugin-data", "args": ["x", 1]}
    assert "x" in run(rule(act, when=[yes, yes])).plugin_data
    assert "x" not in run(rule(act, when=[yes, no])).plugin_data


# fmt: off
@pytest.mark.parametrize(("mask", "sensitive", "seen"), [
    ("always",    False, "***"),    ("always",    True, "***"),
    ("never",     False, "geheim"), ("never",     True, "geheim"),
    ("sensitive", False, "***"),    ("sensitive", True, "geheim"),
])
# fmt: on
def test_secrets_are_masked_as_configured(mask: str, sensitive: bool, seen: str) -> None:
    action = {"op": "set-plugin-data", "args": ["{item}", {"one": "{node.driver_info[ipmi_password]}",
                                                           "all": "{node.driver_info}"}], "loop": ["x"]}
    found = run(rule(action, sensitive=sensitive), mask_secrets=mask)
    assert found.plugin_data["x"] == {"one": seen, "all": {"ipmi_password": seen}}


@pytest.mark.parametrize("text", [
    "{node.__class__}", "{node.uuid.__class__}", "{inventory.__class__}", "{node.driver_internal_info}", "{0}", "{}",
    "{node!r}", "{conf}", "{item}", "{inventory[cpu]", '{"a": 1}'])
def test_nothing_but_documents_can_be_reached(text: str) -> None:
    found = run(rule({"op": "fail", "args": [text]}))
    assert found.failed == f"Inspection rule r-1, action 'fail': {text}"


def test_sensitive_rules_do_not_tell_why_they_failed() -> None:
    found = run(rule({"op": "set-attribute", "args": ["retired", "geheim"]}, sensitive=True))
    assert found.failed is not None and "geheim" not in found.failed and "r-1" in found.failed
    assert "told" in found.failed
    found = run(rule({"op": "fail", "args": ["in words"]}, sensitive=True))
    assert found.failed is not None and found.failed.endswith("in words")


def test_a_condition_that_cannot_be_asked_names_the_rule() -> None:
    found = run(rule({"op": "log", "args": ["x"]}, when=[{"op": "in-net", "args": ["{node.name}", "10.0.0.0/8"]}]))
    assert found.failed is not None and found.failed.startswith("Inspection rule r-1, condition 'in-net': 'rack-7'")


def test_log_lines_have_their_level_and_no_line_breaks(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        run(rule({"op": "log", "args": {"msg": "a\nb {inventory[cpu][nothing]}", "level": "WARNING"}}))
    assert [(r.levelname, r.getMessage()) for r in caplog.records if "a?b" in r.getMessage()] == [
        ("WARNING", f"Node {UUID}: a?b {{inventory[cpu][nothing]}}")]


def test_calls_are_bounded_and_asked_by_who_runs_the_rules() -> None:
    asked: list[inspection.Asked] = []
    found = run(rule({"op": "api-call", "args": {"url": "http://192.0.2.1/{node.name}", "headers": {"x": "y"},
                                                 "timeout": "7", "retries": 1}}), ask=asked.append)
    assert found.failed is None
    assert asked == [inspection.Asked("http://192.0.2.1/rack-7", {"x": "y"}, 7.0, 1, 0.3)]

    def refuses(_asked: inspection.Asked) -> None:
        raise ValueError("answered 404.")
    assert "answered 404" in str(run(rule({"op": "api-call", "args": ["http://192.0.2.1/"]}), ask=refuses).failed)


def test_rules_of_a_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("""
- description: first
  priority: -5
  actions: [{op: extend-plugin-data, args: {path: order, value: file low}}]
- uuid: mine
  priority: 10000
  conditions: [{op: is-none, args: {value: null}}]
  actions: [{op: extend-plugin-data, args: {path: order, value: file high}}]
""")
    stored = rule({"op": "extend-plugin-data", "args": ["order", "stored"]})
    found = run(stored, built_in_rules=str(file))
    assert found.plugin_data["order"] == ["file high", "stored", "file low"]


@pytest.mark.parametrize(("text", "says"), [
    ("{}", "must hold a list"), ("- 7", "rule 0"), ("- {actions: [{op: explode, args: {}}]}", "explode"),
    ("- {actions: []}", "actions"), ("- {colour: red}", "colour"), ("[", "is no YAML"),
    ("- {priority: high, actions: [{op: log, args: [m]}]}", "priority"),
    ("- {phase: early, actions: [{op: log, args: [m]}]}", "phase"), (None, "cannot be read")])
def test_a_wrong_file_is_named(tmp_path: pathlib.Path, text: str | None, says: str) -> None:
    file = tmp_path / "rules.yaml"
    if text is not None:
        file.write_text(text)
    found = run(built_in_rules=str(file))
    assert found.failed is not None and "[inspection_rules]built_in_rules" in found.failed and says in found.failed
