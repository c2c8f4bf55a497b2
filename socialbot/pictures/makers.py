"""Names under which pictures are made: those we know may be written on, since any other may be a prompt or a person.

Gathered in November 2026; a name that is missing here is left out of what is published, and nothing else depends on it.
"""

from __future__ import annotations

import re

_SYSTEMS = (
    *("Adobe Firefly", "Amazon Nova Canvas", "Amazon Titan", "Azure OpenAI", "Bing Image Creator", "Black Forest Labs"),
    *("ByteDance", "Canva", "ChatGPT", "ComfyUI", "DALL-E", "DALL·E", "DALL·E", "Doubao", "豆包", "Draw Things", "Firefly"),
    *("FLUX", "Fooocus", "Gemini", "Google AI", "GPT-4o", "GPT-Image", "Grok", "Ideogram", "Imagen", "InvokeAI", "Jimeng"),
    *("即梦", "Leonardo AI", "Meta AI", "Microsoft Copilot", "Microsoft Designer", "Midjourney", "Nano Banana", "NovelAI"),
    *("OpenAI", "Qwen-Image", "Recraft", "Reve", "SDXL", "Seedream", "Sora", "Stability AI", "Stable Diffusion", "SwarmUI"),
)
_PROGRAMS = (
    *("adobe_c2pa", "Adobe Express", "Adobe Illustrator", "Adobe Lightroom", "Adobe Photoshop", "c2pa-python", "c2pa-rs"),
    *("c2patool", "Google C2PA Core Generator Library", "Google Photos", "OpenAI API", "OpenAI-API", "socialbot", "TikTok"),
)
_MORE = "Classic|Dev|Fast|Flash|Generator|Image|ImageGen|Large|Lite|Max|Medium|Mini|Model|Preview|Pro|Schnell|Turbo|Ultra|XL"
_VERSION = r"v?\d[\d.:]{0,24}(?:-?(?:alpha|beta|dev|rc)\.?\d{0,3})?"
_NAMED = r"(?:{})(?:[ ./_-]?{}|[ _-](?:{})){{0,5}}(?: \([\d./-]{{1,12}}\))?"
_SYSTEM = re.compile(_NAMED.format("|".join(map(re.escape, _SYSTEMS)), _VERSION, _MORE), re.IGNORECASE)
_PROGRAM = re.compile(_NAMED.format("|".join(map(re.escape, _SYSTEMS + _PROGRAMS)), _VERSION, _MORE), re.IGNORECASE)
_MAX_CHARACTERS = 60


def is_system(name: str) -> bool:
    """Is it the name of an AI system we know, with nothing behind it but its edition and version?"""
    return len(name) <= _MAX_CHARACTERS and bool(_SYSTEM.fullmatch(name))


def is_program(name: str) -> bool:
    """The same of a program that makes, edits or signs pictures, AI or not."""
    return len(name) <= _MAX_CHARACTERS and bool(_PROGRAM.fullmatch(name))


def is_version(text: str) -> bool:
    """Is it a version's number?"""
    return bool(re.fullmatch(_VERSION, text))
