"""Mail addresses: which are usable, and when two spellings are the same subscriber."""

import re
import unicodedata
from functools import lru_cache

import idna

_LOCAL = re.compile(r"[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f-\x9f\u2028\u2029]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,57}[a-z0-9]")
"""A top-level domain is letters, or letters of another script in A-labels; so no number is one."""
LONGEST = 254
"""Octets of an address: RFC 5321 s. 4.5.3.1.3 gives a path 256 with its angle brackets."""


def clean(text: str) -> str | None:
    """The address as mail is sent to it: domain in lower case A-labels (RFC 5891). None: it is no usable address.

    The local part's case is kept (RFC 5321 s. 2.4). Anything that could break out of an envelope is refused, and what
    the standard allows and no provider gives away: quotes, comments, address literals, domains without a dot. So are
    letters beyond ASCII before the @ (RFC 6531), which cannot be mailed to. Space around it is what a paste brings.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    if (
        not at
        or not local.isascii()
        or not _LOCAL.fullmatch(local)
        or local.startswith(".")
        or local.endswith(".")
        or ".." in local
    ):
        return None
    host = _host(domain)
    return f"{local}@{host}" if host and len(local) + 1 + len(host) <= LONGEST else None


@lru_cache(4096)
def _host(domain: str) -> str | None:
    """In A-labels; a list of a hundred thousand readers has a few hundred domains."""
    try:
        ascii_domain = idna.encode(domain.lower(), uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    labels = ascii_domain.split(".")
    good = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and _TOP.fullmatch(labels[-1])
    return ascii_domain if good else None


def key(address: str) -> str:
    """Equal keys are one subscriber: nobody gets two mails for writing Anna@ and anna@."""
    return address.lower()


def veiled(address: str) -> str:
    """As a page shows an address that its reader knows: `r\u2022\u2022\u2022\u2022\u2022@example.org`."""
    return masked(address).replace("***", "\u2022" * 5)


def masked(address: str) -> str:
    """For logs and screens: `a***@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
