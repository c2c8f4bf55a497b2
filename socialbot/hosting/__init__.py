"""Hosting: addresses at which networks fetch a picture, where they take no bytes. See docs/public-pictures.md."""

from socialbot.hosting.checking import Checker
from socialbot.hosting.hosting import Hosting
from socialbot.hosting.places import InBucket, InSite, Place, Served

__all__ = ["Checker", "Hosting", "InBucket", "InSite", "Place", "Served"]
