"""Which addresses may be reached."""

import socket

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network, addresses


@pytest.mark.parametrize(
    "address, kind",
    [
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "carrier-grade"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "link-local"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.1", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "reserved"),
        ("198.51.100.7", "reserved"),
        ("203.0.113.7", "reserved"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:0:10.0.0.1", "private"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::1", "reserved"),
        ("2002:7f00:1::", "loopback"),
        ("2002:c0a8:101::1", "private"),
        ("2a00:1450::5efe:a00:1", "private"),
        ("2a00:1450::200:5efe:a00:1", "private"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("4000::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
    ],
)
def test_addresses_that_only_a_server_can_reach_are_refused(address, kind):
    assert kind in addresses.refusal(address)

    network = Network(lookup=lambda host: [address])
    with pytest.raises(BuildError, match=kind) as refused:
        network.resolve("innocent.example")
    assert refused.value.info["host"] == "innocent.example"
    assert Network(private="allow", lookup=lambda host: [address]).resolve("x") == (address,)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "2a00:1450:4001:81b::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_addresses_of_the_internet_may_be_reached(address):
    assert addresses.refusal(address) is None
    assert Network(lookup=lambda host: [address]).resolve("x") == (address,)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    network = Network(lookup=lambda host: ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(BuildError, match="private"):
        network.resolve("mixed.example")


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
        "localhost", "LocalHost", "::1", "::ffff:127.1.2.3",
    ],
)
def test_other_ways_to_write_the_loopback_address_are_seen_through(host):
    with pytest.raises(BuildError, match="loopback"):
        Network().resolve(host)


def test_a_host_with_many_addresses_has_each_of_them_checked_and_a_few_tried():
    many = [f"8.8.4.{number}" for number in range(200)]
    assert Network(lookup=lambda host: many).resolve("many.example") == tuple(many[:16])

    with pytest.raises(BuildError, match="private"):
        Network(lookup=lambda host: [*many, "10.0.0.1"]).resolve("many.example")


def test_anything_but_allow_denies():
    with pytest.raises(BuildError, match="loopback"):
        Network(private="ALLOW ").resolve("127.0.0.1")


def refuse_to_know(host):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("lookup", [refuse_to_know, lambda host: []])
def test_a_host_that_is_not_found_is_named(lookup):
    with pytest.raises(BuildError, match="The host “nowhere.example” ") as failed:
        Network(lookup=lookup).resolve("nowhere.example")
    assert failed.value.info == {"host": "nowhere.example"}


def test_a_name_that_no_name_service_takes_is_not_found():
    with pytest.raises(BuildError, match="could not be found"):
        Network().resolve("a" * 64 + ".example")


def test_a_network_does_not_change():
    with pytest.raises(AttributeError):
        Network().private = "allow"
