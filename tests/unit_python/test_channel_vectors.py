"""The vectors of channel ids and address ranges hold for Python's own regular expressions and ipaddress."""

import ipaddress
import json
import re
from pathlib import Path

import pytest

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
IDS = json.loads((VECTORS / "channel_ids.json").read_text())
ADDRESSES = json.loads((VECTORS / "addresses.json").read_text())
RESERVED = "api console assets videostream videostreams streamdns health metrics -".split()


def is_channel_id(text):
    return re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is not None and text not in RESERVED


def plain(address):
    """IPv4 for a v4-mapped address, anything else unchanged."""
    address = ipaddress.ip_address(address)
    return getattr(address, "ipv4_mapped", None) or address


def network(text):
    found = ipaddress.ip_network(text, strict=False)
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is None or found.prefixlen < 96:
        return found
    return ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")


@pytest.mark.parametrize("text", IDS["good"])
def test_a_good_id_is_one_by_the_documented_form(text):
    assert is_channel_id(text)


@pytest.mark.parametrize("text", IDS["bad"])
def test_a_bad_id_is_none_by_the_documented_form(text):
    assert not is_channel_id(text)


@pytest.mark.parametrize(("cidr", "address", "inside"), ADDRESSES["contains"])
def test_an_address_is_in_its_range_or_not(cidr, address, inside):
    assert (plain(address) in network(cidr)) is inside
