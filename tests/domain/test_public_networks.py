"""What is of the public network, whatever the interpreter's own table says."""

from ipaddress import ip_address

import pytest

from webdoc_app.domain.public_networks import is_public

INSIDE = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::10.0.0.1", "::93.184.216.34", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1",
    "::ffff:0:93.184.216.34", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "64:ff9b:1::93.184.216.34", "100::1",
    "2001::1", "2001:0:5ef5:79fd::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:a00:1::",
    "2002:5db8:d822::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1",
)  # fmt: skip
OUTSIDE = ("93.184.216.34", "1.1.1.1", "172.32.0.1", "192.0.1.1", "223.255.255.254", "2606:4700::1111",
           "2a00:1450:4007::1", "::ffff:93.184.216.34", "64:ff9b::93.184.216.34", "2001:200::1")  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_special_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_handed_out_is(address: str) -> None:
    assert is_public(ip_address(address))
