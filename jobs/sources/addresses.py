"""Which network addresses belong to the public internet.

Written out rather than asked of `ipaddress.is_global`, whose answers differ between Python's
releases. After IANA's special-purpose registries.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # unspecified, this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host services of a cloud, on an address that looks public
        "169.254.0.0/16",  # link-local, the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IPv6 has handed out so far
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # how networks without IPv4 name all of it


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the public internet; anything doubtful does not.

    IPv4 inside IPv6 counts as the IPv4 address where systems really dial it so (mapped, NAT64);
    the other ways to hide one (compatible, 6to4, Teredo, local NAT64) are never public.
    """
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv6Address):
        if number.scope_id is not None:
            return False
        if number in _MAPPED or number in _NAT64:
            number = IPv4Address(number.packed[-4:])
        elif number not in _GLOBAL_UNICAST:
            return False
    return not any(number in block for block in _NOT_PUBLIC)
