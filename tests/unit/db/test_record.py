"""Secrets of dict columns: split off, put back, kept where the mask comes back."""

import time

import pytest

from baremetal.db import record

CASES = [
    ("a password", {"at": "1.2.3.4", "ipmi_password": "x"}, {"at": "1.2.3.4", "ipmi_password": "******"}),
    ("a key", {"snmp_auth_key": "k", "redfish_username": "u"}, {"snmp_auth_key": "******", "redfish_username": "u"}),
    ("below", {"a": {"b": {"admin_pass": "x"}}}, {"a": {"b": {"admin_pass": "******"}}}),
    ("in a list", {"users": [{"name": "n"}, {"password": "x"}]}, {"users": [{"name": "n"}, {"password": "******"}]}),
    ("none", {"cpus": 4}, {"cpus": 4}),
    ("an empty one", {"ipmi_password": ""}, {"ipmi_password": ""}),
    ("a whole object", {"secret": {"a": 1}}, {"secret": "******"}),
    ("big numbers", {"n": 2 ** 80, "token": "x"}, {"n": 2 ** 80, "token": "******"}),
]


@pytest.mark.parametrize(("value", "shown"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_secrets_are_split_off_and_put_back(value, shown):
    public, hidden = record.split("driver_info", value)
    assert record.load(public) == shown
    assert (hidden is None) == (value == shown)
    assert record.join(public, hidden) == value


def test_the_mask_keeps_what_is_stored():
    known = {"ipmi_password": "old", "list": [{"token": "one"}]}
    public, hidden = record.split("driver_info", {"ipmi_password": "******", "list": [{"token": "******"}]}, known)
    assert record.join(public, hidden) == known
    public, hidden = record.split("driver_info", {"ipmi_password": "new"}, known)
    assert record.join(public, hidden) == {"ipmi_password": "new"}


def test_what_is_secret_in_one_column_only():
    assert record.load(record.split("instance_info", {"configdrive": "abc"})[0]) == {"configdrive": "******"}
    assert record.load(record.split("driver_info", {"configdrive": "abc"})[0]) == {"configdrive": "abc"}


def test_arguments_of_a_step_are_masked_where_they_are_shown():
    step = {"interface": "bios", "step": "apply_configuration", "args": {"settings": [{"password": "x", "name": "n"}]}}
    assert record.mask(step)["args"] == {"settings": [{"password": "******", "name": "n"}]}


#: a text in which there are secrets, and how it is shown
TEXTS = [
    ("console=ttyS0 ipa-api-token=abc quiet", "console=ttyS0 ipa-api-token=****** quiet"),
    ('rescue_password="x y" z', "rescue_password=****** z"),
    ("password=a, ADMIN_PASS=b;x", "password=******, ADMIN_PASS=******;x"),
    ('{"admin_password": "a b", "n": 1}', '{"admin_password": "******", "n": 1}'),
    (r'{\"secret\":\"a\"}', r'{\"secret\":\"******\"}'), ("'token' : 'a'", "'token' : '******'"),
    ("http://localhost/x?token=abc&y=1", "http://localhost/x?token=******&y=1"),
    *[(text, text) for text in ("Invalid token: expired", "a=b", "password=", "", "passport=1", "x" * 70 + "=")],
]


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_secrets_within_texts(text, shown):
    value = {"a": text, "b": [text, [text]], "c": {"d": [{"e": text}]}}
    public, hidden = record.split("driver_info", value)
    assert record.load(public) == {"a": shown, "b": [shown, [shown]], "c": {"d": [{"e": shown}]}}
    assert record.join(public, hidden) == value and (hidden is None) == (text == shown)
    # who sends back what it was shown changes nothing
    again = record.split("driver_info", record.load(public), value)
    assert record.join(*again) == value
    assert record.mask(value) == record.load(public)


def test_a_text_that_was_changed_beside_its_secret_is_new():
    public, hidden = record.split("driver_info", {"a": "token=****** x"}, {"a": "token=abc"})
    assert record.join(public, hidden) == {"a": "token=****** x"}


def test_long_texts_are_looked_through_in_a_moment():
    begin = time.perf_counter()
    for text in ("abcdEFGH" * 2 ** 17 + "=", "token" * 2 ** 17 + "=", 'secret"' + " " * 10 ** 6 + ':"'):
        record.split("instance_info", {"a": text})
    assert time.perf_counter() - begin < 10


def test_the_value_of_a_setting_whose_name_is_a_secrets_is_one():
    value = {"settings": [{"name": "AdminPassword", "value": "geheim"}, {"name": "BootMode", "value": "uefi"}]}
    public, hidden = record.split("steps", value)
    assert record.load(public)["settings"] == [{"name": "AdminPassword", "value": record.MASK}, value["settings"][1]]
    assert record.join(public, hidden) == value
    assert record.join(*record.split("steps", record.load(public), value)) == value


def test_what_held_no_secret_is_looked_at_again_when_it_has_changed():
    steps = {"deploy": [{"step": "erase", "args": {"passes": 1}}]}
    for _ in range(2):
        assert record.split("driver_internal_info", {"steps": steps}) == (record.dump({"steps": steps}), None)
    steps["deploy"][0]["args"]["password"] = "x"
    public, hidden = record.split("driver_internal_info", {"steps": steps})
    assert '"x"' not in public
    assert record.join(public, hidden) == {"steps": steps}


def test_a_mask_that_stood_for_nothing_stands_for_what_is_known_later():
    shown = {"users": [{"password": "******"}]}
    assert record.split("extra", shown)[1] is None
    public, hidden = record.split("extra", shown, {"users": [{"password": "x"}]})
    assert record.join(public, hidden) == {"users": [{"password": "x"}]}


def test_what_is_secret_in_one_column_is_no_secret_in_another_one_below_a_key():
    value = {"a": {"configdrive": "abc"}}
    assert record.split("driver_info", value)[1] is None
    assert record.load(record.split("instance_info", value)[0]) == {"a": {"configdrive": "******"}}
