"""Forms with a file, as browsers send them (multipart/form-data)."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from lrs.http import body
from lrs.http.errors import HttpError
from lrs.http.request_memory import hold_memory
from lrs.web.forms import typed_fields
from schemas.wording import worded

_FIELDS = 20


class UploadedFile(NamedTuple):
    """A file as it was chosen."""

    name: str
    content: bytes


async def read_file(request: Request, field: str, most: int) -> tuple[UploadedFile, dict[str, str]]:
    """The file of a field, and the other fields. Raises HttpError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise HttpError(400, worded("the form must be multipart/form-data"), "Content-Type")
    refusal = worded("%(field)s: the file is larger than %(number)s MiB", field=field, number=most >> 20)
    stream = body.body_pieces(request, most + (64 << 10), refusal)
    try:
        form = await MultiPartParser(request.headers, stream, max_files=1, max_fields=_FIELDS).parse()
    except MultiPartException as error:
        raise HttpError(400, worded("the form cannot be read: %(message)s", message=error.message), "body") from None
    try:
        sent_file = form.get(field)
        if not isinstance(sent_file, UploadFile) or not sent_file.filename:
            raise HttpError(400, worded("%(field)s: choose a file", field=field), field)
        if (sent_file.size or 0) > most:
            raise HttpError(413, refusal, field)
        hold_memory(request.scope, sent_file.size or 0, 2)
        fields = typed_fields({name: value for name, value in form.multi_items() if isinstance(value, str)})
        return UploadedFile(sent_file.filename, await sent_file.read()), fields
    finally:
        await form.close()
