"""A client, pictures to upload, and which tests of the conformance kit must fail for a broken adapter."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image


def picture(width: int = 60, height: int = 40, kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return picture()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of an adapter that is broken on purpose the tests that its `fails` names must fail, and in the slow run no other may."""
    for item in items:
        if isinstance(item, pytest.Function) and (fails := getattr(item.cls, "fails", None)):
            names = (item.name, item.originalname)
            if any(name in fails for name in names):
                item.add_marker(pytest.mark.xfail(strict=True, reason="the adapter is broken on purpose"))
            if fails[0] not in names:
                item.add_marker(pytest.mark.slow)
