"""Networks: what of an address stands for one household or company when uses are counted."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """The address itself for IPv4; for IPv6 its /64, which is given to one customer whole (RFC 6177).

    An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 one. What is no address stands for itself.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"
