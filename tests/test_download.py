"""The door to the network: patience, and French reasons to give up."""

import pytest
import requests

from cartoallier.download import Client, DownloadError, checked_url
from cartoallier.errors import ProjectError
from servers import FakeGeocoder, Reply, fake_geocoder


@pytest.fixture
def server():
    with fake_geocoder() as fake:
        yield fake


class Clock:
    """Seconds slept, without sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def client(clock: Clock, **options: object) -> Client:
    def direct() -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session

    return Client(**{"sleep": clock, "pause": 0.0, "timeout": 5, "open_session": direct} | options)


def ask(server: FakeGeocoder, clock: Clock, **options: object) -> str:
    return client(clock, **options).post_file(
        f"{server.url}/x",
        name="a.csv",
        content="id,ville\n1,Ébreuil\n".encode(),
        fields=[("k", "v")],
    )


def test_a_file_is_sent_as_a_form_and_the_text_returned(server) -> None:
    server.replies = [Reply(body="\ufeffréponse".encode())]
    assert ask(server, Clock()) == "réponse"
    assert "Ébreuil" in server.sent
    assert 'name="k"' in server.sent
    assert server.headers[0]["User-Agent"].startswith("cartoallier/")


def test_a_busy_service_is_asked_again_when_it_says(server) -> None:
    clock = Clock()
    server.replies = [
        Reply(status=429, headers={"Retry-After": "7"}, body=b""),
        Reply(status=500, body=b""),
        Reply(body=b"ok"),
    ]
    assert ask(server, clock) == "ok"
    assert clock.slept == [7, 2]


def test_waiting_has_a_limit_and_a_date_is_no_number(server) -> None:
    clock = Clock()
    server.replies = [
        Reply(status=503, headers={"Retry-After": "99999"}, body=b""),
        Reply(status=503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, body=b""),
        Reply(body=b"ok"),
    ]
    assert ask(server, clock) == "ok"
    assert clock.slept == [120, 2]


def test_requests_keep_their_distance(server) -> None:
    clock = Clock()
    server.replies = [Reply(body=b"ok"), Reply(body=b"ok")]
    ask(server, clock, pause=0.25)
    ask(server, clock, pause=0.25)
    assert clock.slept == [0.25, 0.25]


@pytest.mark.parametrize(
    ("reply", "tries", "said"),
    [
        (Reply(status=500, body=b""), 4, "code 500"),
        (Reply(status=404, body=b""), 1, "code 404"),
        (Reply(status=301, headers={"Location": "http://ailleurs.invalid/"}, body=b""), 1, "301"),
        (Reply(body=b""), 4, "pas celle attendue"),
        (Reply(body=b"abc", cut=50), 4, "coupée"),
    ],
)
def test_giving_up_says_why(server, reply, tries, said) -> None:
    server.replies = [reply] * 4
    with pytest.raises(DownloadError, match=said):
        ask(server, Clock())
    assert len(server.bodies) == tries


def test_an_answer_too_long_is_not_read(server) -> None:
    server.replies = [Reply(body=b"x" * 1000)] * 2
    with pytest.raises(DownloadError, match="pas celle attendue"):
        ask(server, Clock(), largest=100, attempts=2)


def test_a_slow_service_and_nobody_at_all(server) -> None:
    server.replies = [Reply(delay=0.4, body=b"ok")] * 2
    with pytest.raises(DownloadError, match="délai dépassé"):
        ask(server, Clock(), timeout=0.05, attempts=2)
    with fake_geocoder() as gone:
        pass
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1.*connexion impossible"):
        ask(gone, Clock(), attempts=2)


def test_addresses_of_services_are_checked() -> None:
    assert checked_url("https://exemple.fr/geo/", key="service") == "https://exemple.fr/geo"
    for wrong in (
        "exemple.fr",
        "ftp://exemple.fr",
        "file:///etc/passwd",
        "https://",
        "https://a/?x=1",
    ):
        with pytest.raises(ProjectError, match="service"):
            checked_url(wrong, key="service")
