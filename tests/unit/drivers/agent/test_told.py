"""What agents are told is masked as oslo.utils would do it."""

import pytest
from oslo_utils import strutils

from baremetal.drivers.agent import told

VALUES = [
    {"ipmi_password": "x", "ipmi_address": "1.2.3.4", "ipmi_port": 623, "flag": True, "none": None},
    {"nested": {"auth_token": "x", "list": [{"secret": 1, "plain": "a"}, ["password=x", 5]]}},
    {"adminPass": {"a": "b", "admin_pass": "x"}, "passwords": ["a"]},
    {"text": "--password x and 'token': 'y'", "url": "http://user:name@host/?auth_token=x"},
    {"x" * 70 + "password": "x", "y" * 70: "x"},
    {},
]


@pytest.mark.parametrize("value", VALUES)
def test_secrets_are_masked_as_by_oslo(value):
    for _ in range(2):
        assert told.masked(value) == strutils.mask_dict_password(value, told.MASK)
