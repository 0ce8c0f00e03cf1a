"""Signed URLs, written from their description and not from the product's code."""

import hashlib
import hmac

NEVER_EXPIRES = 4102444800  # 2100-01-01


def push_md5(channel, expires, key):
    """`<exp>-<md5>` over /stream/<id>-<exp>-<key>."""
    return f"{expires}-{hashlib.md5(f'/stream/{channel}-{expires}-{key}'.encode()).hexdigest()}"


def push_hmac(channel, expires, key):
    """`<exp>-<hmac>` over /stream/<id>-<exp>, keyed."""
    text = f"/stream/{channel}-{expires}".encode()
    return f"{expires}-{hmac.new(key.encode(), text, hashlib.sha256).hexdigest()}"


def push_name(channel, key, expires=NEVER_EXPIRES, form=push_hmac):
    """The stream name that an encoder publishes."""
    return f"{channel}?sign={form(channel, expires, key)}"
