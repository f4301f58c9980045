"""Secrets of dict columns: split off, put back, kept where the mask comes back."""

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
