"""`socialbot init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CONFIG = """\
# socialbot's configuration. Everything here can be set in the environment instead, and the environment wins:
# SOCIALBOT_SITE__URL, SOCIALBOT_ACCOUNTS__BLUE__PASSWORD, … Keep secrets there, and out of this file.

[site]
url = "https://example.org"        # base for links and for pictures given as site-root paths
root = "public"                    # where /photos/a.jpg lies on disk; what is not there is fetched from url
posts = "content/posts"            # read after a deploy
language = "en"                    # of posts that name none
timezone = "UTC"                   # IANA, like Europe/London; for slots, and for dates without a zone
rules = ["platforms"]              # what laws and networks ask where AI took part; socialbot rules lists the packs

# [site.ai]                        # what AI does on this site unless a post says otherwise
# text = "generated"               # unknown, none, assisted or generated
# images = "none"                  # unknown, none, possible, edited, composite or generated

# [credentials]                    # sign pictures with Content Credentials; needs the extra c2pa
# certificate = "certificate.pem"  # socialbot certificate makes one for trying out
# key = "certificate-key.pem"

[store]
url = "sqlite:///socialbot.db"

# [media]                          # for networks that fetch pictures: docs/public-pictures.md
# public = "serve"                 # by socialbot serve behind your proxy; or "site", or "s3"
# public_url = "https://social.example.org"

[web]                              # socialbot serve
host = "127.0.0.1"
port = 8008
# secret = ""                      # of the deploy hook, 16 characters or more: SOCIALBOT_WEB__SECRET

[log]
format = "text"                    # or "json", a JSON object for each event

# [notices]                        # who is told when a person is needed; needs the extra notices
# urls = []                        # Apprise URLs, better in SOCIALBOT_NOTICES__URLS, since they hold passwords
# digest = "08:00"                 # the day's summary

# An account has a name ([a-z0-9_]+), a network, and that network's keys. All accounts also take:
#   slots = ["weekdays 09:00", "sat,sun 11:30"]   times at which it may post; without any, at once
#   approval = true                               hold every post until `socialbot approve`
#   alt = "require"                               hold posts whose pictures have no description ("warn", "off")
#   rules = ["platforms", "eu"]                   packs of rules that bind it; without, the site's
#   unknown_ai = "strict"                         hold posts of which nobody said whether AI took part
#   pictures = 2, shape = "square", hashtags = 3  what is sent of a post

# [accounts.blue]
# network = "bluesky"
# server = "https://bsky.social"
# identifier = "example.org"       # the handle
# password = ""                    # an app password: SOCIALBOT_ACCOUNTS__BLUE__PASSWORD
# slots = ["weekdays 09:00", "sat,sun 11:30"]

# [accounts.masto]
# network = "mastodon"
# server = "https://mastodon.social"
# token = ""                       # SOCIALBOT_ACCOUNTS__MASTO__TOKEN; needs read and write of statuses, write of media

# [accounts.chat]
# network = "discord"
# webhook = ""                     # SOCIALBOT_ACCOUNTS__CHAT__WEBHOOK
"""
PROCFILE = "worker: socialbot worker\nweb: socialbot serve\n"


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The instance folder.", show_default=False)] = Path(),
) -> None:
    """Make an instance folder; nothing is ever overwritten.

    It gets socialbot.toml with comments, caption templates, the queue folder and a Procfile.
    """
    from socialbot.captions import defaults

    folder.mkdir(parents=True, exist_ok=True)
    files = {"socialbot.toml": CONFIG, "Procfile": PROCFILE}
    files |= {f"captions/{template.name}": template.read_text(encoding="utf-8") for template in sorted(defaults().glob("*.j2"))}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            print(f"kept     {path}")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"written  {path}")
    (folder / "queue").mkdir(exist_ok=True)
    print(f"Next: edit {folder / 'socialbot.toml'}, then socialbot --home {folder} check")
