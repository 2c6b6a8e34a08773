"""What a request brings: a form or JSON, small, soon, and in UTF-8. Anything else is an answer of its own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

LARGEST = 16 * 1024
"""Octets. The longest form of ours has a tenth of it."""
SECONDS = 10.0
"""How long a body may take to come."""
MOST_FIELDS = 300

Fields = Mapping[str, Sequence[str]]


async def body(request: Request) -> bytes:
    """Raises 413 and 408."""
    found = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                found += chunk
                if len(found) > LARGEST:
                    raise HTTPException(413, "Too large: this address takes a short form.", _CLOSE)
    except TimeoutError:
        raise HTTPException(408, "The rest of the request did not come.", _CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400, "The request ended too soon.", _CLOSE) from None
    return bytes(found)


_CLOSE = {"connection": "close"}


async def fields(request: Request) -> Fields:
    """The fields of a form or of a JSON object. Raises 400, 408, 413 and 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "application/json", ""}:
        accepts = "application/x-www-form-urlencoded, application/json"
        raise HTTPException(415, f"This address takes {accepts}.", {"accept-post": accepts})
    raw = await body(request)
    try:
        text = raw.decode("utf-8")
        return _of_json(text) if kind == "application/json" else _of_form(text)
    except (ValueError, RecursionError):
        raise HTTPException(400, _UNREADABLE[kind == "application/json"]) from None


_UNREADABLE = {
    False: "The form cannot be read; it has to be in UTF-8.",
    True: 'This is no JSON object in UTF-8; one looks like {"email": "name@example.org"}.',
}


def _of_form(text: str) -> Fields:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS):
        found.setdefault(name, []).append(value)
    return found


def _of_json(text: str) -> Fields:
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError("no object")  # noqa: TRY004 - the caller answers all the same way
    return {name: [value] for name, value in given.items() if isinstance(value, str)}


def wants_json(request: Request) -> bool:
    """It sent JSON, or asks for nothing else."""
    kinds = (request.headers.get("content-type", ""), request.headers.get("accept", ""))
    return any(kind.partition(";")[0].strip().lower() == "application/json" for kind in kinds)


def first(found: Fields, name: str) -> str:
    """The field's first value, or nothing."""
    values = found.get(name)
    return values[0] if values else ""
