"""Stamps in an object store: an object for each installation, as several may keep their attachments in one bucket."""

from __future__ import annotations

import msgspec
import obstore

from lrs.attachments.objects import bucket_store, object_store_errors
from lrs.processes.stamp_places import SharedStamp, decode_stamp


class StampBucket:
    """The stamps in a bucket, or in a part of one."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._store = bucket_store(bucket, prefix)

    def read(self, installation: str) -> SharedStamp | None:
        with object_store_errors():
            try:
                return decode_stamp(bytes(obstore.get(self._store, _object(installation)).bytes()))
            except FileNotFoundError:
                return None

    def write(self, stamp: SharedStamp) -> None:
        with object_store_errors():
            obstore.put(self._store, _object(stamp.installation), msgspec.json.encode(stamp))

    def close(self) -> None:
        pass


def _object(installation: str) -> str:
    return f"stamps/{installation}.json"
