"""A strict reader of multipart/form-data (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: `filename` and `mime` are None where the sender gives none."""

    name: str
    filename: str | None
    mime: str | None
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The content as text. Raises ValueError when it is not UTF-8."""
        return self.content.decode()


def read(headers: Message, body: bytes) -> list[Part]:
    """The parts in order. Raises ValueError with a sentence for anything that is not a well-formed form."""
    boundary = headers.get_boundary()
    if headers.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("expected multipart/form-data with a boundary")
    before, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if before or not pieces or pieces.pop() not in (b"--", b"--\r\n"):
        raise ValueError("the form does not begin and end with its boundary")
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> Part:
    head, found, content = piece.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not found:
        raise ValueError("a part of the form has no header")
    headers = HeaderParser().parsestr(head.removeprefix(b"\r\n").decode())
    name = headers.get_param("name", header="content-disposition")
    if headers.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise ValueError("a part of the form has no name")
    mime = headers.get_content_type() if "Content-Type" in headers else None
    return Part(name, headers.get_filename(), mime, content)
