"""The signature vectors hold for an implementation that shares nothing with ours."""

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
SIGNATURES = json.loads((VECTORS / "signatures.json").read_text())


def signature(row):
    key = row["key"].encode()
    if row["use"] == "play":
        text = f"/{row['id']}/-{row['expires_s']}"
    else:
        text = f"/stream/{row['id']}-{row['expires_s']}"
    if row["kind"] == "md5":
        return hashlib.md5(text.encode() + b"-" + key).hexdigest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("row", SIGNATURES["signatures"], ids=lambda row: row["name"])
def test_a_vector_is_what_python_computes(row):
    assert row["sign"] == f"{row['expires_s']}-{signature(row)}"


def test_the_published_example_is_among_the_vectors():
    published = "1670544000-63497837275539bdb8e21800887e2db9"

    assert published in [row["sign"] for row in SIGNATURES["signatures"]]


@pytest.mark.parametrize("row", SIGNATURES["malformed"], ids=lambda row: row["name"])
def test_a_malformed_vector_is_none_by_the_documented_form(row):
    form = re.fullmatch(r"([0-9]{1,19})-([0-9a-fA-F]{32}|[0-9a-fA-F]{64})", row["sign"])

    assert form is None or int(form[1]) > 2**63 - 1
