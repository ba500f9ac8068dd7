"""Attachments in an object store that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from lrs.attachments import TENANT, AttachmentKey, AttachmentsUnavailable
from lrs.attachments.incoming import SpooledAttachment, spool_folder

_READ_BYTES = 1 << 16
_PART = 5 << 20  # bytes of a part of an upload: the least that S3 takes
_PARTS = 2  # at a time: with their size, what an upload may hold in memory


class BucketAttachments:
    """A bucket, or a part of one.

    Keys, endpoint and region come from the environment, as for AWS's own tools: AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, and AWS_ALLOW_HTTP=true for one without TLS.

    Args:
        prefix: what the keys in it begin with, if anything.
        folder: where data waits until all of it has come; made if missing.
    """

    def __init__(self, bucket: str, prefix: str, folder: Path) -> None:
        self._folder = spool_folder(folder)
        self._store = bucket_store(bucket, prefix)

    def receive(self, sha2: str) -> SpooledAttachment:
        return SpooledAttachment(self._folder, sha2, self._keep)

    def size(self, tenant: str, owner: str, sha2: str) -> int | None:
        return self._size(AttachmentKey(tenant, owner, sha2))

    def _size(self, key: AttachmentKey) -> int | None:
        with object_store_errors():
            try:
                return int(obstore.head(self._store, key.path())["size"])
            except FileNotFoundError:
                return None

    def read(self, tenant: str, owner: str, sha2: str) -> Iterator[bytes]:
        with object_store_errors():
            for piece in obstore.get(self._store, AttachmentKey(tenant, owner, sha2).path()).stream(
                min_chunk_size=_READ_BYTES
            ):
                yield bytes(piece)

    def names(self) -> Iterator[AttachmentKey]:
        with object_store_errors():
            for page in obstore.list(self._store):
                for stored_object in page:
                    if str(stored_object["path"]).startswith(TENANT):
                        yield AttachmentKey.parse(str(stored_object["path"]))

    def _keep(self, key: AttachmentKey, file: Path) -> None:
        if self._size(key) is None:
            with object_store_errors():
                # All at once or not at all, also in parts: an object is there when its last part is.
                obstore.put(self._store, key.path(), file, chunk_size=_PART, max_concurrency=_PARTS)


def bucket_store(bucket: str, prefix: str) -> S3Store:
    """A bucket, or the part of it whose keys begin with `prefix`."""
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={
            "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true",  # unsaid, these options say no
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(hours=1),  # of a whole request: its client may be slow to take the answer
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)},
    )


@contextmanager
def object_store_errors() -> Iterator[None]:
    """What the object store's library says, in this store's words: without the URL, which names the bucket."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:  # not found: the bucket, or an object that somebody took away
        raise AttachmentsUnavailable(f"the object store gave an unexpected answer: {type(error).__name__}") from error
