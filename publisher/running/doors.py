"""What a run is handed: the doors that `wiring` opened, and what the renderers need."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from publisher.config import Publication
from publisher.model import Picture
from publisher.running.report import Tell
from publisher.store import Store
from publisher.subscribing.tokens import Keys

if TYPE_CHECKING:
    from publisher.render.dkim import Signer


class Materials(msgspec.Struct, frozen=True, kw_only=True):
    """Texts by file name: the shipped ones, with the publication's own in their place."""

    templates: Mapping[str, str]
    feeds: Mapping[str, str]
    words: Mapping[str, str]
    """Language -> its gettext catalogue."""
    emblems: Mapping[str, Picture]
    """The theme's logo, favicon and so on, as far as it has them."""
    fingerprint: str
    """Changes with the program, the configuration and any of the texts."""


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    home: Path
    """Where the publication's own files are: articles/, days/, static/."""
    site: Path
    """Where public/, ids.tsv and the Maildir are: the same folder, save in a rehearsal."""
    publication: Publication
    store: Store
    materials: Materials
    keys: Keys
    now: Callable[[], datetime]
    tell: Tell
    signers: "tuple[Signer, ...]" = ()
    """Whose DKIM signatures every mail bears."""
    allow_private_upstreams: bool = False
