"""Pages that take a file, show what it would change, and apply it: who asks, on whose threads, and what went wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.auth.credentials import Credential
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.people.roster_uploads import MOST_UPLOAD_BYTES, KeptUpload
from lrs.web.file_forms import UploadedFile, read_file
from lrs.web.forms import read_fields
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, Templates, root
from schemas.wording import worded

SHOWN_ROWS = 200  # rows of each table; the report has all
_GONE = worded("this upload is not kept any longer, or was never sent: choose the file again")

Render = Callable[[ApiParts, Credential], Response]
RenderFile = Callable[[UploadedFile, dict[str, str], ApiParts, Credential], Response]
ApplyUpload = Callable[[str, KeptUpload, dict[str, str], ApiParts, Credential], Response | bytes]


class UploadPages:
    """The answers of one kind of upload.

    Whatever is in TRANSLATED_ERRORS becomes the page that says what is wrong: that of the form, where it has to be
    filled in again. Templates have `shown`, the rows of each table, and `most`, the MiB of a file.

    Args:
        field: of the form, in which the file is.
        at: the path of the page that the form is on.
    """

    def __init__(self, templates: Templates, field: str, at: str) -> None:
        templates.extend({}, {"shown": SHOWN_ROWS, "most": MOST_UPLOAD_BYTES >> 20})
        self._templates = templates
        self._field = field
        self._at = at

    async def answer(
        self, request: Request, render: Render, long: bool = True, form: Mapping[str, str] | None = None
    ) -> Response:
        """A page; `long`: in its turn among the imports of the tenant; form: what was sent."""
        try:
            who, parts = await credential(request), parts_of(request)
            if long:
                return await parts.long.imports.run(who.tenant, partial(render, parts, who))
            return await run_in_threadpool(render, parts, who)
        except TRANSLATED_ERRORS as error:
            if form is None:
                return self._templates.problem(request, error)
            return await shown_again(request, self._templates, error, form, self._at)

    async def preview(self, request: Request, render: RenderFile) -> Response:
        """The page that `render` makes of the file and the other fields of a form."""
        try:
            refuse_cross_site(request)
            await credential(request)  # before the file is read
            file, fields = await read_file(request, self._field, MOST_UPLOAD_BYTES)
        except TRANSLATED_ERRORS as error:
            return self._templates.problem(request, error)
        return await self.answer(request, partial(render, file, fields), form={self._field: file.name, **fields})

    async def apply(self, request: Request, make: ApplyUpload) -> Response:
        """Make the changes of an upload once, and go back to the form's page.

        make: makes the changes of the upload with a token, and gives the report that is kept of it; or, where more has
        to be asked before, the page that asks.
        """
        try:
            refuse_cross_site(request)
            await credential(request)
            fields = await read_fields(request)
        except TRANSLATED_ERRORS as error:
            return self._templates.problem(request, error)
        token = fields.pop("upload", "")

        def render(parts: ApiParts, who: Credential) -> Response:
            upload = upload_of(parts, who.tenant, token)
            if not upload.imported:
                outcome = make(token, upload, fields, parts, who)
                if isinstance(outcome, Response):
                    return outcome
                parts.uploads.finish(who.tenant, token, outcome)
            return RedirectResponse(f"{root(request)}{self._at}?applied={token}", 303, HEADERS)

        return await self.answer(request, render)


def just_applied(parts: ApiParts, tenant: str, token: str) -> dict[str, Any]:
    """What the form's page says of the upload with a token: `applied`, None where there is none, and its `token`."""
    upload = parts.uploads.find(tenant, token) if token else None
    return {"applied": upload if upload is not None and upload.imported else None, "token": token}


def upload_of(parts: ApiParts, tenant: str, token: str) -> KeptUpload:
    """The upload that a token finds. Raises HttpError (404)."""
    upload = parts.uploads.find(tenant, token)
    if upload is None:
        raise HttpError(404, _GONE)
    return upload


@contextmanager
def written_down(upload: KeptUpload) -> Iterator[Path]:
    """An upload as a file, which is called as it was when it was chosen."""
    with tempfile.TemporaryDirectory(prefix="lrs-import-") as folder:
        path = Path(folder) / upload.file_name
        path.write_bytes(upload.content)
        yield path
