"""Which network addresses are of the public internet.

Our own table, from IANA's registries of special-purpose addresses (IPv4: RFC 6890, updated 2025; IPv6: the same, and RFC
9637 for 3fff::/20), as they stood on 1 November 2026: `ipaddress.is_global` has gaps before Python 3.11.10 and 3.12.4
(CVE-2024-4032). Anycast relays and blocks with few exceptions count as special whole: nobody receives webhooks there.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_SPECIAL_V4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is handed out of IPv6; everything else is special, written IPv4 among it."""
_SPECIAL_V6 = [
    IPv6Network(network)
    # IETF's own (Teredo, benchmarks, ORCHID …), documentation, 6to4, AS112, documentation again.
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_NAT64 = IPv6Network("64:ff9b::/96")
"""How a machine without IPv4 reaches it (RFC 6052): as public as the address inside."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one a stranger may have; of one written inside another, the one inside counts."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL_V6)
