"""Where attachments are kept: one setting, or a folder among the data."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from lrs.attachments import Attachments
from lrs.attachments.folder import FolderAttachments
from lrs.extras import needs


def open_attachments(data: Path, setting: str | None) -> Attachments:
    """The object store or the folder of a setting, else the data's own folder. Raises ValueError."""
    if setting is None or "://" not in setting:
        return FolderAttachments(data / "attachments" if setting is None else Path(setting))
    with needs("s3"):
        from lrs.attachments.objects import BucketAttachments

    return BucketAttachments(*parse_bucket(setting), data / "attachments")


def folder_of(data: Path, setting: str | None) -> Path | None:
    """The folder of a setting; None where it is an object store."""
    if setting is None:
        return data / "attachments"
    return None if "://" in setting else Path(setting)


def check_setting(setting: str | None) -> None:
    """Check the setting of attachments: ValueError for one that is neither a folder nor an object store."""
    if setting is None:
        return
    if "://" in setting:
        parse_bucket(setting)
    elif "/" not in setting:  # a bucket's name alone is a slip, and would become a folder
        raise ValueError("give an object store as s3://bucket/prefix, or a folder with a slash in its path")


def parse_bucket(url: str) -> tuple[str, str]:
    """The bucket and the prefix of s3://bucket/prefix. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("give an object store as s3://bucket or s3://bucket/prefix")
    return parts.netloc, parts.path.strip("/")
