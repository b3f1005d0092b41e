"""Networks: what counts as one origin where uses are counted by address."""

import ipaddress


def network_of(address: str) -> str:
    """An IPv4 address as it is, of IPv6 the /64 a subscriber has to himself; any other text as it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> 64 << 64)) + "/64"
