"""The reader of forms, against the writer that httpx is."""

from __future__ import annotations

from email.message import Message

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.testing.fakes import multipart


def headers_of(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = content_type
    return message


@given(content=st.binary(max_size=300), text=st.text(st.characters(codec="utf-8"), max_size=50))
def test_files_and_fields_come_back_byte_for_byte(content: bytes, text: str) -> None:
    request = httpx.Request("POST", "http://x", data={"text": text}, files={"file": ("ü.jpg", content, "image/jpeg")})
    field, file = multipart.read(headers_of(request.headers["Content-Type"]), request.read())
    assert (field.name, field.filename, field.mime, field.content) == ("text", None, None, text.encode())
    assert (file.name, file.filename, file.mime, file.content) == ("file", "ü.jpg", "image/jpeg", content)


GOOD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", GOOD),
        ("application/json", GOOD),
        ("multipart/form-data; boundary=other", GOOD),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", GOOD[:-6]),
        ("multipart/form-data; boundary=b", GOOD + b"more"),
        ("multipart/form-data; boundary=b", b"before" + GOOD),
        ("multipart/form-data; boundary=b", GOOD.replace(b"form-data", b"attachment")),
        ("multipart/form-data; boundary=b", GOOD.replace(b'; name="a"', b"")),
        ("multipart/form-data; boundary=b", GOOD.replace(b"\r\n\r\n", b"\r\n")),
    ],
)
def test_a_malformed_form_is_refused(content_type: str, body: bytes) -> None:
    assert multipart.read(headers_of("multipart/form-data; boundary=b"), GOOD)[0].content == b"1"
    with pytest.raises(ValueError):
        multipart.read(headers_of(content_type), body)
