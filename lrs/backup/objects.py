"""A backup in an object store that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError

from lrs.attachments.objects import bucket_store, object_store_errors
from lrs.backup.target import PIECE
from lrs.errors import Conflict, Missing


class BackupBucket:
    """A bucket, or a part of one; keys, endpoint and region come from AWS_… variables."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._store = bucket_store(bucket, prefix)

    def put(self, name: str, file: Path) -> None:
        with object_store_errors():
            obstore.put(self._store, name, file)

    def create(self, name: str, file: Path) -> None:
        with object_store_errors():
            try:
                obstore.put(self._store, name, file, mode="create", use_multipart=False)
            except AlreadyExistsError as error:
                raise Conflict(f"{name} exists already") from error

    def read(self, name: str) -> Iterator[bytes]:
        with object_store_errors():
            try:
                stored_object = obstore.get(self._store, name)
            except FileNotFoundError as error:
                raise Missing(f"the backup lacks {name}") from error
            for piece in stored_object.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def names(self, folder: str) -> Iterator[tuple[str, int]]:
        with object_store_errors():
            for page in obstore.list(self._store, prefix=folder):
                yield from ((str(listed["path"]), int(listed["size"])) for listed in page)
