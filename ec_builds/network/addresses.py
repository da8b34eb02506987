"""Which addresses may be reached from a server that somebody else tells where to go."""

import ipaddress
import socket

#: What the addresses of a network are; the first line that fits holds. From the registries
#: of special-purpose addresses (RFC 6890 and its successors), written down here because
#: the answer of the standard library differs between patch releases of Python.
KINDS = [
    (ipaddress.ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address behind carrier-grade NAT"),
        ("127.0.0.0/8", "a loopback address"),
        # the host of a virtual machine in a well-known cloud, though it looks public
        ("168.63.129.16/32", "a link-local address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a reserved address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a reserved address"),
        ("198.51.100.0/24", "a reserved address"),
        ("203.0.113.0/24", "a reserved address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a reserved address"),
        ("3fff::/20", "a reserved address"),
    )
]
#: All that is in use of IPv6, apart from the lines above.
UNICAST = ipaddress.ip_network("2000::/3")
#: IPv6 networks whose addresses carry an IPv4 address, and how many bits to the right.
CARRIERS = [
    (ipaddress.ip_network(network), shift)
    for network, shift in (
        ("::/96", 0),  # compatible, of old
        ("::ffff:0:0/96", 0),  # mapped
        ("::ffff:0:0:0/96", 0),  # translated
        ("64:ff9b::/96", 0),  # NAT64
        ("2002::/16", 80),  # 6to4
    )
]


def lookup(host):
    """The addresses of a host, in the order in which they should be tried.

    Cannot be given a time limit; the resolver of the system has its own.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [address[0] for *_, address in found]


def refusal(address):
    """What speaks against reaching an address, or None."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    for network, kind in KINDS:
        if ip in network:
            return kind
    if ip.version == 4:
        return None
    carried = embedded(ip)
    if carried:
        return refusal(str(carried))
    return None if ip in UNICAST else "a reserved address"


def embedded(ip):
    """The IPv4 address that an IPv6 address stands for, or None."""
    for network, shift in CARRIERS:
        if ip in network:
            return ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF)
    if (int(ip) >> 32) & 0xFCFFFFFF == 0x5EFE:  # ISATAP, in any network
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
