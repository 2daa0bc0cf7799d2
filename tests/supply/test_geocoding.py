"""Addresses asked of a geocoder that behaves and misbehaves, on this machine."""

import csv
import io
import math

import pandas as pd
import pytest
import requests

from cartoallier.download import Client, DownloadError
from cartoallier.model import SERVICE_COLUMNS
from cartoallier.model.supply import TUPLE_COLUMNS
from cartoallier.supply import SupplyInput, read_supply
from cartoallier.supply.geocoding import CACHE_FILE, Address, Geocoder, geocode
from cartoallier.supply.places import place
from servers import Reply, fake_geocoder

INTERRUPTED = "géocodage interrompu"


@pytest.fixture
def server(degrees):
    with fake_geocoder() as fake:
        fake.places = {"99001": degrees(1, 1), "99002": degrees(5, 3)}
        yield fake


def direct() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def client(**options: object) -> Client:
    quiet = {"sleep": lambda _: None, "pause": 0.0, "timeout": 5, "open_session": direct}
    return Client(**quiet | {"attempts": 3} | options)


def records(*rows: dict[str, object]) -> pd.DataFrame:
    values = []
    for line, row in enumerate(rows, start=2):
        one: dict[str, object] = dict.fromkeys(SERVICE_COLUMNS)
        one |= dict.fromkeys(TUPLE_COLUMNS, ())
        one |= dict.fromkeys(("itinerant", "remote", "closed", "stale", "confidential"), False)
        one |= {"source": "tableau", "file": "a.csv", "line": line, "name": f"Lieu {line}"}
        values.append(one | {"address": f"{line} rue du Lac", "commune_code": "99001"} | row)
    index = pd.Index([f"tableau--{i}" for i in range(len(rows))], name="id", dtype="str")
    frame = pd.DataFrame(values, index=index).reindex(columns=list(SERVICE_COLUMNS))
    return frame.astype(SERVICE_COLUMNS)


def run(server, toy, frame, **options):
    chosen = {"client": client(), "cache": None} | options
    return geocode(
        frame,
        geocoder=Geocoder(base_url=server.url, **chosen),
        territory=toy,
        file="a.csv",
    )


def what(findings) -> list[str]:
    return [one.what for one in findings]


def test_offline_changes_nothing(toy) -> None:
    frame = records({})
    assert geocode(frame, geocoder=None, territory=toy, file="a.csv") == (frame, [])


def test_an_address_gets_its_point(server, toy, degrees) -> None:
    frame, findings = run(server, toy, records({}, {"commune_code": "99002"}))
    assert server.paths == ["/search/csv/"]
    assert frame["longitude"].tolist() == [degrees(1, 1)[0], degrees(5, 3)[0]]
    assert frame["precision"].tolist() == ["adresse", "adresse"]
    assert what(findings) == ["coordonnées absentes"] * 2
    assert findings[0].value == "score 0,91"
    placed = place(frame, territory=toy, file="a.csv")
    assert placed.records["longitude"].tolist() == frame["longitude"].tolist()
    assert placed.findings == []


def test_the_request_speaks_the_protocol(server, toy) -> None:
    row = {"address": "BP 12, 3 Rue de l'Église, 99300 Aval CEDEX 2", "commune_name": "AVAL"}
    run(server, toy, records(row | {"commune_code": None}))
    text = server.sent
    assert "id,adresse,commune,code_insee\n0,3 Rue de l'Église,Aval,99001" in text.replace("\r", "")
    for field in ("columns", "citycode", "result_columns"):
        assert f'name="{field}"' in text


def test_only_rows_that_need_it_are_sent(server, toy, degrees) -> None:
    x, y = degrees(2, 2)
    frame, _ = run(
        server,
        toy,
        records(
            {"longitude": x, "latitude": y, "precision": "adresse", "address": "placé"},
            {"remote": True, "address": "distance"},
            {"itinerant": True, "address": "tournée"},
            {"commune_code": "75056", "address": "lointain"},
            {"commune_code": None, "address": "inconnu"},
            {"address": None},
            {"address": "BP 33"},
        ),
    )
    assert server.bodies == []
    assert frame["longitude"].notna().sum() == 1


def test_secret_addresses_are_never_sent(server, toy) -> None:
    frame, _ = run(
        server,
        toy,
        records(
            {"confidential": True, "address": "1 rue secrète"},
            {"finess": ("214",), "address": "2 rue cachée"},
            {"name": "Halte pour femmes victimes de violence", "address": "3 rue tue"},
            {"address": "adresse confidentielle, 4 rue muette"},
            {"address": "5 rue ouverte"},
        ),
    )
    assert "5 rue ouverte" in server.sent
    for hidden in ("secrète", "cachée", "tue", "muette", "violence"):
        assert hidden not in server.sent
    assert frame["longitude"].notna().tolist() == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"result_citycode": "99003"}, "adresse trouvée dans une autre commune"),
        ({"result_score": "0.49"}, "adresse non trouvée par le géocodeur"),
        ({"result_type": "poi"}, "adresse non trouvée par le géocodeur"),
        ({"latitude": "", "longitude": ""}, "adresse non trouvée par le géocodeur"),
    ],
)
def test_an_answer_not_to_be_believed_leaves_the_town_hall(
    server, toy, degrees, changed, said
) -> None:
    server.replies = [Reply(change=lambda rows: [row | changed for row in rows])]
    frame, findings = run(server, toy, records({}))
    assert frame["longitude"].isna().all()
    assert what(findings) == [said]
    placed = place(frame, territory=toy, file="a.csv").records
    assert placed["longitude"].iloc[0] == pytest.approx(degrees(2, 2)[0], abs=1e-5)
    assert placed["precision"].tolist() == ["commune"]


def test_old_codes_and_municipalities_are_understood(server, toy) -> None:
    changed = {"result_citycode": "99009", "result_type": "municipality"}
    server.replies = [Reply(change=lambda rows: [row | changed for row in rows])]
    frame, findings = run(server, toy, records({"commune_code": "99002"}))
    assert frame["precision"].tolist() == ["commune"]
    assert "commune" in findings[0].action


def test_rows_left_out_or_cut_are_asked_again(server, toy, degrees) -> None:
    server.replies = [
        Reply(change=lambda rows: rows[:1]),
        Reply(trim=4),  # the last row is cut in the middle of a number
    ]
    frame, findings = run(server, toy, records({}, {}, {"commune_code": "99002"}))
    assert frame["longitude"].notna().all()
    assert frame["longitude"].iloc[2] == degrees(5, 3)[0]
    assert len(server.bodies) == 3
    assert what(findings) == ["coordonnées absentes"] * 3


def test_rows_never_answered_are_counted(server, toy) -> None:
    server.replies = [Reply(change=lambda rows: rows[:1])] + [
        Reply(change=lambda rows: [row | {"latitude": "?"} for row in rows]) for _ in range(2)
    ]
    frame, findings = run(server, toy, records({}, {}))
    assert frame["longitude"].notna().tolist() == [True, False]
    assert what(findings) == ["coordonnées absentes", INTERRUPTED]
    assert findings[1].value == "1 adresse"


@pytest.mark.parametrize(
    "replies",
    [
        [Reply(status=429, headers={"Retry-After": "1"}, body=b""), Reply()],
        [Reply(status=500, body=b"boum"), Reply(status=502, body=b""), Reply()],
        [Reply(body=b"<!DOCTYPE html><title>Maintenance</title>"), Reply()],
        [Reply(body=b""), Reply(cut=40, body=b"id"), Reply()],
        [Reply(body=b"id,longitude,latitude\n0,3.3,46.2\n"), Reply()],
    ],
)
def test_trouble_that_passes_is_waited_out(server, toy, replies) -> None:
    server.replies = list(replies)
    frame, findings = run(server, toy, records({}))
    assert frame["longitude"].notna().all()
    assert what(findings) == ["coordonnées absentes"]
    assert len(server.bodies) == len(replies)


def test_a_slow_service_is_asked_again(server, toy) -> None:
    server.replies = [Reply(delay=0.4)]
    frame, _ = run(server, toy, records({}), client=client(timeout=0.1))
    assert frame["longitude"].notna().all()


@pytest.mark.parametrize("reply", [Reply(status=500, body=b""), Reply(body=b"<html>non</html>")])
def test_total_failure_falls_back_to_town_halls(server, toy, reply) -> None:
    server.replies = [reply] * 3
    frame, findings = run(server, toy, records({}, {}))
    assert frame["longitude"].isna().all()
    assert what(findings) == [INTERRUPTED]
    assert findings[0].value == "2 adresses"
    assert place(frame, territory=toy, file="a.csv").records["precision"].eq("commune").all()


def test_nobody_answers(toy) -> None:
    with fake_geocoder() as gone:
        pass
    frame, findings = run(gone, toy, records({}))
    assert frame["longitude"].isna().all()
    assert what(findings) == [INTERRUPTED]
    with pytest.raises(DownloadError, match="connexion impossible"):
        run(gone, toy, records({}), strict=True)


def test_what_is_remembered_is_not_asked_again(server, toy, tmp_path) -> None:
    rows = records({}, {"address": "2 RUE DU LAC "}, {"commune_code": "99002"})
    first, _ = run(server, toy, rows, cache=tmp_path / "geo")
    assert len(server.bodies) == 1
    second, findings = run(server, toy, rows, cache=tmp_path / "geo")
    assert len(server.bodies) == 1
    pd.testing.assert_frame_equal(first, second)
    assert what(findings) == ["coordonnées absentes"] * 3
    kept = (tmp_path / "geo" / CACHE_FILE).read_text(encoding="utf-8")
    assert len(kept.splitlines()) == 2  # same address but for the case
    assert "rue" not in kept


def test_an_address_not_found_is_remembered_too(server, toy, tmp_path) -> None:
    server.places = {}
    for _ in range(2):
        frame, _ = run(server, toy, records({}), cache=tmp_path)
    assert frame["longitude"].isna().all()
    assert len(server.bodies) == 1


def test_an_interrupted_run_goes_on_where_it_stopped(server, toy, tmp_path) -> None:
    rows = records(*[{"address": f"{i} rue du Lac"} for i in range(6)])
    server.replies = [Reply(), Reply(), *[Reply(status=503, body=b"")] * 3]
    frame, findings = run(server, toy, rows, cache=tmp_path, chunk=2)
    assert frame["longitude"].notna().sum() == 4
    assert findings[-1].value == "2 adresses"
    with (tmp_path / CACHE_FILE).open("a", encoding="utf-8") as file:
        file.write('["0badc0de", 0.9, 3.')  # killed while writing
    server.bodies.clear()
    frame, findings = run(server, toy, rows, cache=tmp_path, chunk=2)
    assert frame["longitude"].notna().all()
    assert len(server.bodies) == 1
    assert "4 rue du Lac" in server.sent
    assert "3 rue du Lac" not in server.sent
    server.bodies.clear()
    run(server, toy, rows, cache=tmp_path, chunk=2)
    assert server.bodies == []


def test_chunks_bound_each_request(server, toy) -> None:
    rows = records(*[{"address": f"{i} rue du Lac"} for i in range(5)])
    run(server, toy, rows, chunk=2)
    assert len(server.bodies) == 3


def test_addresses_are_one_line_of_csv(server, toy) -> None:
    street = 'Le "Bourg", n° 3; =1+1'
    run(server, toy, records({"address": street}))
    line = server.sent.replace("\r", "").split("commune,code_insee\n")[1].split("\n--")[0]
    assert next(csv.reader(io.StringIO(line)))[1] == street


def test_keys_do_not_depend_on_spelling() -> None:
    one = Address("12, rue de l'Église", "Ébreuil", "03107").key
    assert one == Address("12 RUE DE L EGLISE", "EBREUIL", "03107").key
    assert one != Address("12 rue de l'Église", "Ébreuil", "03108").key
    assert len(one) == 64
    assert math.isfinite(int(one, 16))


def test_a_source_is_read_with_its_geocoder(server, toy, write, degrees) -> None:
    path = write(
        "nom;adresse;code_insee;categorie\n"
        "CCAS;1 rue ouverte;99001;ccas\n"
        "Refuge pour femmes victimes de violence;2 rue tue;99001;\n"
    )
    frame, findings, _ = read_supply(
        SupplyInput(path=path, file="essai.csv", format="tableau"),
        territory=toy,
        geocoder=Geocoder.at(f"{server.url}/", client=client()),
    )
    assert "1 rue ouverte" in server.sent
    assert "tue" not in server.sent
    assert frame.loc[~frame["confidential"], "longitude"].tolist() == [degrees(1, 1)[0]]
    assert frame.loc[frame["confidential"], "longitude"].isna().all()
    assert "géocodé (précision\u00a0: adresse)" in [f.action for f in findings]
