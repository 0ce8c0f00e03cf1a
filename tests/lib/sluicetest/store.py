"""What lies in the control plane's store and in the channels snapshot, read from their files."""

import json
import struct

import lmdb

_HEAD = struct.Struct("<QQ")  # version and revision, before each value


def documents(folder, prefix):
    """The store's documents below a prefix, in order of their keys: {key without prefix: document}."""
    # With its lock: the control plane may be writing, and must not use pages again that are read here.
    with lmdb.open(str(folder / "control.mdb"), subdir=False, readonly=True, max_dbs=8) as env:
        data = env.open_db(b"data")
        with env.begin(db=data) as txn:
            found, cursor = {}, txn.cursor()
            if cursor.set_range(prefix.encode()):
                for key, value in cursor:
                    if not key.startswith(prefix.encode()):
                        break
                    found[key.decode().removeprefix(prefix)] = json.loads(value[_HEAD.size :])
            return found


def snapshot(folder):
    """The snapshot's records by channel: FlatBuffers, as bytes."""
    manifest = json.loads((folder / "channels/manifest.json").read_text())
    with lmdb.open(str(folder / "channels" / manifest["file"]), subdir=False, readonly=True, lock=False) as env:
        with env.begin() as txn:
            return {key.decode(): bytes(value) for key, value in txn.cursor()}
