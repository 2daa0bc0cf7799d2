"""The only door to the network: requests with patience, a rate, and French reasons to give up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from cartoallier import __version__
from cartoallier.errors import ProjectError, SourceError

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 120.0
_BLOCK = 1 << 16


class DownloadError(SourceError):
    """A service on the network did not answer, or not what was asked."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Client:
    """How to speak to a service: how long to wait, how often to try again.

    Attributes:
        timeout: seconds without a byte before a request is given up.
        attempts: tries of one request, the first included.
        backoff: seconds before the second try, doubled each time.
        pause: seconds between two requests, so as not to weigh on a public service.
        largest: bytes of an answer; beyond, it is not what was asked.
        sleep: how time passes (tests make it fly).
        open_session: makes the session of one request, closed after it.
    """

    timeout: float = 60.0
    attempts: int = 4
    backoff: float = 1.0
    pause: float = 0.1
    largest: int = 200 * 1024 * 1024
    sleep: Callable[[float], None] = time.sleep
    open_session: Callable[[], requests.Session] = requests.Session

    def post_file(
        self,
        url: str,
        *,
        name: str,
        content: bytes,
        fields: Sequence[tuple[str, str]] = (),
        accept: Callable[[str], bool] = bool,
    ) -> str:
        """Send a file as a form and return the text of the answer.

        A busy or failing service (429, 5xx, timeouts, cut connections) and an answer that
        ``accept`` refuses are tried again, ``Retry-After`` being honoured. Redirections are not
        followed: what is sent must not leave for another host.

        Args:
            url: where to.
            name: of the file, as the service sees it.
            content: the file, CSV in UTF-8.
            fields: other fields of the form; a key may be repeated.
            accept: whether the text is an answer at all.

        Raises:
            DownloadError: no acceptable answer after all the attempts.
        """
        reason = ""
        wait = self.pause
        for attempt in range(self.attempts):
            if wait:
                self.sleep(wait)
            status, text, after, reason = self._ask(url, name, content, fields)
            if status == 200 and accept(text):
                return text
            if status == 200:
                reason = "la réponse n'est pas celle attendue"
            elif status and status not in _AGAIN:
                break
            wait = min(self.backoff * 2**attempt, _LONGEST_WAIT) if after is None else after
        raise DownloadError(f"le service n'a pas répondu : {reason}", path=host_of(url))

    def _ask(
        self, url: str, name: str, content: bytes, fields: Sequence[tuple[str, str]]
    ) -> tuple[int, str, float | None, str]:
        """Ask once; return status (0: none), text, seconds to wait, and what went wrong."""
        try:
            with (
                self.open_session() as session,
                session.post(
                    url,
                    data=list(fields),
                    files={"data": (name, content, "text/csv; charset=utf-8")},
                    headers={"User-Agent": f"cartoallier/{__version__}", "Accept": "text/csv"},
                    timeout=self.timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                body = self._body(answer)
                after = _retry_after(answer.headers)
                return answer.status_code, body, after, f"code {answer.status_code}"
        except requests.Timeout:
            return 0, "", None, "délai dépassé"
        except (requests.RequestException, OSError):
            return 0, "", None, "connexion impossible ou coupée"

    def _body(self, answer: requests.Response) -> str:
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_content(_BLOCK):
            size += len(part)
            if size > self.largest:
                return ""
            parts.append(part)
        return b"".join(parts).decode("utf-8-sig", errors="replace")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a service asks to wait; a date is ignored, clocks disagree."""
    written = headers.get("Retry-After", "").strip()
    return min(float(written), _LONGEST_WAIT) if written.isdigit() else None


def host_of(url: str) -> str:
    """Return the host of an address, for messages: nothing secret of a URL is shown."""
    return urlsplit(url).hostname or url


def checked_url(url: str, *, key: str) -> str:
    """Return the base address of a service without its last slash.

    Raises:
        ProjectError: it is not an address one can call.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ProjectError(
            f"« {url} » n'est pas l'adresse d'un service ; attendue : https://…", key=key
        )
    return url.strip().rstrip("/")
