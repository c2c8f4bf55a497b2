"""Small real pictures with metadata put where programs put it."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
C2PA_TYPE = bytes.fromhex("6332706100110010800000aa00389b71")
USER_COMMENT = 0x9286


def picture(kind: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    content = picture()
    made = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return content[:2] + made + content[2:]


def png(*chunks: tuple[bytes, bytes], late: bool = False) -> bytes:
    content = picture("PNG")
    made = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    at = len(content) - 12 if late else 33
    return content[:at] + made + content[at:]


def text(keyword: str, said: str | bytes, kind: str = "tEXt") -> tuple[bytes, bytes]:
    """A text chunk; `kind` iTXz is iTXt compressed."""
    words = said.encode() if isinstance(said, str) else said
    head = keyword.encode() + b"\0"
    return {
        "tEXt": (b"tEXt", head + words),
        "zTXt": (b"zTXt", head + b"\0" + zlib.compress(words)),
        "iTXt": (b"iTXt", head + b"\0\0en\0\0" + words),
        "iTXz": (b"iTXt", head + b"\1\0\0\0" + zlib.compress(words)),
    }[kind]


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    content = picture("WEBP")
    made = b"".join(name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for name, body in chunks)
    return b"RIFF" + struct.pack("<I", len(content) - 8 + len(made)) + content[8:] + made


def gif(extension: bytes, *, early: bool = False) -> bytes:
    content = picture("GIF")
    at = content.index(b",", 13 + 3 * 256) if early else len(content) - 1
    return content[:at] + extension + content[at:]


def blocks(content: bytes) -> bytes:
    """Content as a GIF's sub-blocks."""
    parts = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def tiff(tags: dict[int, bytes], order: str = "<", inner: dict[int, bytes] | None = None) -> bytes:
    """A TIFF structure of byte and text tags; `inner` is its EXIF directory."""

    def directory(entries: dict[int, bytes], start: int, pointer: int | None) -> bytes:
        count = len(entries) + (pointer is not None)
        heap_at, table, heap = start + 2 + 12 * count + 4, struct.pack(order + "H", count), b""
        for tag, value in sorted(entries.items()):
            place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", heap_at + len(heap))
            table += struct.pack(order + "HHI", tag, 7, len(value)) + place
            heap += value if len(value) > 4 else b""
        if pointer is not None:
            table += struct.pack(order + "HHII", 0x8769, 4, 1, pointer)
        return table + bytes(4) + heap

    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    if inner is None:
        return head + directory(tags, 8, None)
    length = len(directory(tags, 8, 0))
    return head + directory(tags, 8, 8 + length) + directory(inner, 8 + length, None)


def exif(tags: dict[int, str | bytes] | None = None, comment: bytes | None = None) -> bytes:
    """An EXIF block without the header that JPEG puts before it."""
    encoded = {tag: value.encode() if isinstance(value, str) else value for tag, value in (tags or {}).items()}
    return tiff(encoded, inner=None if comment is None else {USER_COMMENT: comment})


def with_exif(block: bytes, kind: str = "JPEG") -> bytes:
    if kind == "JPEG":
        return jpeg((0xE1, b"Exif\0\0" + block))
    return {"PNG": png((b"eXIf", block)), "WEBP": webp((b"EXIF", block)), "TIFF": block}[kind]


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def manifest(said: str) -> bytes:
    """A C2PA store: JUMBF boxes and, where the CBOR would be, its strings."""
    description = box(b"jumd", C2PA_TYPE + b"\3c2pa\0")
    return box(
        b"jumb", description + box(b"jumb", box(b"jumd", bytes(17)) + box(b"cbor", b"\xa1qdigitalSourceType" + said.encode()))
    )


def app11(store: bytes, size: int = 60_000) -> list[tuple[int, bytes]]:
    """The store cut into segments, each with the box's own header again."""
    inner = store[8:]
    parts = [inner[at : at + size] for at in range(0, len(inner), size)]
    return [(0xEB, b"JP" + struct.pack(">HI", 1, number) + store[:8] + part) for number, part in enumerate(parts, 1)]


def packet(properties: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{properties}</rdf:RDF></x:xmpmeta>"
    ).encode()


def described(namespace: str, name: str, value: str) -> bytes:
    """A packet of one property."""
    return packet(f'<rdf:Description xmlns:n="{namespace}"><n:{name}>{value}</n:{name}></rdf:Description>')


def with_xmp(content: bytes, kind: str = "JPEG") -> bytes:
    made = {
        "JPEG": lambda: jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + content)),
        "PNG": lambda: png(text("XML:com.adobe.xmp", content, "iTXt")),
        "PNG, late and compressed": lambda: png(text("XML:com.adobe.xmp", content, "iTXz"), late=True),
        "PNG, raw profile": lambda: png(text("Raw profile type xmp", f"\nxmp\n  {len(content)}\n{content.hex()}\n", "zTXt")),
        "WEBP": lambda: webp((b"XMP ", content)),
        "GIF": lambda: gif(b"!\xff\x0bXMP DataXMP" + content + b'<?xpacket end="w"?>\x01' + bytes(range(255, -1, -1)) + b"\0"),
        "TIFF": lambda: tiff({0x02BC: content}),
        "TIFF, big-endian": lambda: tiff({0x02BC: content}, ">"),
        "AVIF": lambda: picture("AVIF", xmp=content),
        "HEIF, uuid box": lambda: (
            box(b"ftyp", b"heic" + bytes(4)) + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + content)
        ),
    }
    return made[kind]()


XMP_KINDS = (
    *("JPEG", "PNG", "PNG, late and compressed", "PNG, raw profile", "WEBP", "GIF", "TIFF", "TIFF, big-endian"),
    *("AVIF", "HEIF, uuid box"),
)


def filed(folder: Path, content: bytes) -> Path:
    file = folder / "picture"
    file.write_bytes(content)
    return file
