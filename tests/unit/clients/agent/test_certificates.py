"""Certificates that agents tell and that are none."""

import pytest

from baremetal.clients.agent import address, certificates


@pytest.mark.parametrize("ca", ["\u00e9", "-----BEGIN CERTIFICATE-----", "nothing", "a\0b"])
def test_a_certificate_that_is_none_is_a_sentence(ca: str) -> None:
    where = address.Address(url="https://10.0.0.1:9999", token="t", ca=ca)
    with pytest.raises(ValueError, match="own certificate cannot be read"):
        certificates.Contexts().of(where)
