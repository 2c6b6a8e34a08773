"""A dead-man's switch: somebody outside who notices when we no longer come by."""

import http.client
import urllib.error
import urllib.request


def ping(url: str, *, seconds: float = 10) -> str | None:
    """GET the address. What went wrong, or None."""
    request = urllib.request.Request(url, headers={"User-Agent": "publisher (a run that needs nobody)"})  # noqa: S310 - the configuration lets only http and https in
    try:
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310 - the same
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answers {error.code}"
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error))
