"""A batch geocoder on this machine, that behaves and misbehaves like the real one."""

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Row = dict[str, str]


@dataclass
class Reply:
    """What the server does with one request: by default, what it is asked."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    cut: int = 0  # bytes announced and never sent
    change: Callable[[list[Row]], list[Row]] = list
    trim: int = 0  # characters missing at the end, announced as whole


@dataclass
class FakeGeocoder:
    """The server's script and what it heard."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def sent(self) -> str:
        """Everything ever received, as text."""
        return b"\n".join(self.bodies).decode("utf-8", errors="replace")

    def answer(self, row: Row) -> Row:
        """Find one address: at the place of its commune, else nowhere."""
        found = self.places.get(row["code_insee"])
        result = {f"result_{key}": "" for key in ("score", "type", "citycode")}
        result |= {"latitude": "", "longitude": ""}
        if found:
            result = {
                "result_score": "0.91",
                "result_type": "housenumber",
                "result_citycode": row["code_insee"],
                "latitude": str(found[1]),
                "longitude": str(found[0]),
            }
        return row | result


def _form(handler: BaseHTTPRequestHandler, body: bytes) -> tuple[list[Row], list[tuple[str, str]]]:
    head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + body, policy=HTTP)
    rows: list[Row] = []
    fields = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        text = part.get_payload(decode=True).decode()
        if part.get_filename():
            rows = list(csv.DictReader(io.StringIO(text)))
        else:
            fields.append((name, text))
    return rows, fields


def _written(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["id"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _handler(fake: FakeGeocoder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.close_connection = True
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.bodies.append(body)
            fake.paths.append(self.path)
            fake.headers.append(dict(self.headers))
            reply = fake.replies.pop(0) if fake.replies else Reply()
            time.sleep(reply.delay)
            content = reply.body
            if content is None:
                rows, _ = _form(self, body)
                content = _written(reply.change([fake.answer(row) for row in rows]))
                content = content[: len(content) - reply.trim]
            with suppress(OSError):  # the client may have left
                self.send_response(reply.status)
                for key, value in reply.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(content) + reply.cut))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    return Handler


@contextmanager
def fake_geocoder() -> Iterator[FakeGeocoder]:
    """Serve on a free port of this machine while the context lasts."""
    fake = FakeGeocoder(url="")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
