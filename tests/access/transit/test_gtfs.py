import datetime as dt
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cartoallier.access.transit import Habits, TransitEngine, Walk, Window, read_gtfs
from cartoallier.access.transit.service_days import parse_date
from cartoallier.errors import SourceError

LONLAT = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
DAYS = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"


def stop(key, km, *, kind="", parent=""):
    longitude, latitude = LONLAT.transform(700_000 + 1000 * km, 6_602_000)
    return f"{key},{latitude:.7f},{longitude:.7f},{kind},{parent}"


def table(header, *rows):
    return "\n".join((header, *rows)) + "\n"


STOPS = table(
    "stop_id,stop_lat,stop_lon,location_type,parent_station",
    stop("A", 2),
    stop("B", 5),
    stop("C", 9.7),
    stop("loin", 400),
)
CALENDAR = table(f"service_id,{DAYS},start_date,end_date", "sem,1,1,1,1,1,0,0,20260901,20260930")
TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence"
FEED = {
    "stops.txt": STOPS,
    "routes.txt": table("route_id,route_type", "r,3"),
    "trips.txt": table("route_id,service_id,trip_id", "r,sem,t1"),
    "calendar.txt": CALENDAR,
    "stop_times.txt": table(
        TIMES, "t1,07:20:00,07:20:00,C,30", "t1,7:00:00,7:00:00,A,1", "t1,07:10:00,07:11:00,B,20"
    ),
}


@pytest.fixture
def write(tmp_path):
    def made(changed=None, *, folder="", bom=""):
        path = tmp_path / "horaires.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in (FEED | (changed or {})).items():
                if text is not None:
                    archive.writestr(folder + name, bom + text)
        return path

    return made


def read(path, toy, **options):
    return read_gtfs(path, file="horaires.zip", territory=toy, **options)


def connections(feed):
    """Those of the day itself: the morning of the morrow is there too."""
    t = feed.timetable
    names = np.array(t.stop_ids)
    rows = zip(names[t.tail], t.departure, names[t.head], t.arrival, strict=True)
    return [(str(a), int(d), str(b), int(e)) for a, d, b, e in rows if d < 28 * 3600]


def whats(feed):
    return {finding.what for finding in feed.findings}


SIMPLE = [("A", 25200, "B", 25800), ("B", 25860, "C", 26400)]


def test_a_small_feed(write, toy):
    feed = read(write(), toy)
    assert connections(feed) == SIMPLE
    assert feed.timetable.day == dt.date(2026, 9, 1)
    assert feed.timetable.words == "mardi 1er septembre 2026, 1\u00a0course"
    assert feed.timetable.stops[:, 0] == pytest.approx([702_000, 705_000, 709_700], abs=0.1)
    assert feed.findings == ()
    assert (feed.record.rows_read, feed.record.rows_kept) == (3, 3)
    assert feed.record.vintage == "2026-09-01"


def test_door_to_door_from_a_feed(write, toy):
    habits = Habits(walk=Walk(speed_kmh=6, detour=1), window=Window(start=419, end=419))
    made = TransitEngine.of(toy, read(write(), toy).timetable, habits=habits)
    found = made.nearest(np.array([[709_700.0, 6_602_000.0]]), masks=[None])
    # one minute of wait and 20 of bus; stops read from degrees are some millimetres off
    assert found.minutes[0] == pytest.approx(21, abs=0.05)


def test_a_byte_mark_quotes_semicolons_and_a_folder_are_nothing(write, toy, tmp_path):
    times = FEED["stop_times.txt"].replace("t1,", '"t1",')
    assert connections(read(write({"stop_times.txt": times}, bom="\ufeff"), toy)) == SIMPLE
    assert connections(read(write(folder="export 2026/"), toy)) == SIMPLE
    semicolons = {name: text.replace(",", ";") for name, text in FEED.items()}
    assert connections(read(write(semicolons), toy)) == SIMPLE
    folder = tmp_path / "dossier"
    folder.mkdir()
    for name, text in FEED.items():
        (folder / name).write_text(text, encoding="utf-8")
    feed = read(folder, toy)
    assert connections(feed) == SIMPLE
    assert len(feed.record.sha256) == 64


def test_hours_beyond_midnight_also_open_the_next_day(write, toy):
    times = table(TIMES, "t1,23:50:00,23:50:00,A,1", "t1,25:10:00,25:10:00,B,2")
    times += table("t1,25:20:00,25:20:00,C,3").rstrip("\n") + "\n"
    feed = read(write({"stop_times.txt": times}), toy, day=dt.date(2026, 9, 2))
    assert connections(feed) == [
        ("B", 4200, "C", 4800),  # of the eve
        ("A", 85800, "B", 90600),
        ("B", 90600, "C", 91200),
    ]


def test_missing_times_are_interpolated(write, toy):
    times = table(
        TIMES,
        "t1,07:00:00,07:00:00,A,1",
        "t1,,,loin,2",
        "t1,,,B,3",
        "t1,07:30:00,07:30:00,C,4",
    )
    feed = read(write({"stop_times.txt": times}), toy)
    # thirds of half an hour; the stop far away leaves no connection of its own
    assert connections(feed) == [("A", 25200, "B", 26400), ("B", 26400, "C", 27000)]


def test_frequencies_state_their_own_start(write, toy):
    changed = {
        "frequencies.txt": table(
            "trip_id,start_time,end_time,headway_secs", "t1,08:00:00,08:40:00,1200"
        ),
        # the trip begins far away, an hour before its first stop in the territory
        "stop_times.txt": table(
            TIMES, "t1,00:00:00,00:00:00,loin,0", "t1,01:00:00,01:00:00,A,1",
            "t1,01:10:00,01:10:00,B,2",
        ),
    }  # fmt: skip
    feed = read(write(changed), toy)
    assert connections(feed) == [("A", 32400, "B", 33000), ("A", 33600, "B", 34200)]
    assert feed.timetable.trips == 2


def test_the_tuesday_with_most_trips(write, toy):
    changed = {
        "trips.txt": table("route_id,service_id,trip_id", "r,sem,t1", "r,plus,t2", "r,plus,t3"),
        "stop_times.txt": FEED["stop_times.txt"]
        + FEED["stop_times.txt"].split("\n", 1)[1].replace("t1", "t2")
        + FEED["stop_times.txt"].split("\n", 1)[1].replace("t1", "t3"),
        "calendar_dates.txt": table(
            "service_id,date,exception_type", "plus,20260915,1", "sem,20260922,2", "plus,20260916,1"
        ),
    }
    feed = read(write(changed), toy)
    assert feed.timetable.day == dt.date(2026, 9, 15)
    assert feed.timetable.trips == 3
    assert read(write(changed), toy, day=dt.date(2026, 9, 8)).timetable.trips == 1
    with pytest.raises(SourceError, match="aucune course dans le territoire le 22/09/2026"):
        read(write(changed), toy, day=dt.date(2026, 9, 22))
    with pytest.raises(SourceError, match="aucune course le dimanche"):
        read(write(changed), toy, weekday=6)


def test_a_feed_with_exceptions_only(write, toy):
    changed = {
        "calendar.txt": None,
        "calendar_dates.txt": table("service_id,date,exception_type", "sem,20260908,1"),
    }
    assert read(write(changed), toy).timetable.day == dt.date(2026, 9, 8)
    with pytest.raises(SourceError, match="calendar"):
        read(write({"calendar.txt": None}), toy)


def test_what_must_be_booked_is_not_counted(write, toy):
    header = TIMES + ",pickup_type,drop_off_type,start_pickup_drop_off_window"
    times = table(
        header,
        "t1,07:00:00,07:00:00,A,1,0,1,",
        "t1,07:05:00,07:05:00,,2,,,07:00:00",
        "t1,07:10:00,07:10:00,B,3,2,0,",
        "t1,07:20:00,07:20:00,C,4,1,3,",
    )
    feed = read(write({"stop_times.txt": times}), toy)
    assert connections(feed) == [("A", 25200, "B", 25800), ("B", 25800, "C", 26400)]
    assert feed.timetable.board.tolist()[:2] == [True, False]
    assert feed.timetable.alight.tolist()[:2] == [True, True]
    assert whats(feed) == {"zone desservie à la demande", "arrêt à la demande"}
    with pytest.raises(SourceError, match="date de circulation"):
        read(write({"routes.txt": table("route_id,route_type", "r,715")}), toy)


def test_changes_timed_or_forbidden(write, toy):
    changed = {
        "stops.txt": table(
            "stop_id,stop_lat,stop_lon,location_type,parent_station",
            stop("gare", 5, kind="1"), stop("A", 2), stop("B", 5, parent="gare"), stop("C", 9.7),
        ),
        "transfers.txt": table(
            "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_route_id",
            "gare,gare,2,300,", "B,C,3,,", "A,B,0,,", "A,C,2,,", "A,C,2,60,r",
        ),
    }  # fmt: skip
    feed = read(write(changed), toy)
    t = feed.timetable
    ids = np.array(t.stop_ids)
    rows = list(zip(ids[t.change_from], ids[t.change_to], t.change_seconds, strict=True))
    assert rows[0][:2] == ("B", "C")
    assert np.isnan(rows[0][2])
    assert rows[1:] == [("B", "B", 300.0)]
    assert whats(feed) == {"correspondance propre à une ligne ou à une course"}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,7h30,7h30,A,31\n"}, "heure illisible"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,,,A,31\n"}, "premier ou dernier arrêt"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,,,Z,15\n"}, "arrêt absent de stops"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t9,8:00:00,,A,1\n"}, "course absente"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,8:00:00,,A,un\n"}, "ordre de passage ill"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,8:00:00,,A,1\n"}, "ordre de passage en"),
        ({"stop_times.txt": FEED["stop_times.txt"] + "t1,8:00:00,,A,40,x\n"}, "plus de cellules"),
        ({"stops.txt": STOPS + "D,x,3\nE,0,0\n,1,1\n"}, "arrêt sans coordonnées"),
        ({"stops.txt": STOPS + stop("A", 3) + "\n"}, "identifiant d'arrêt en double"),
        ({"calendar.txt": CALENDAR + "x,1,1,1,1,1,1,1,2026-09-01,20260930\n"}, "dates de circul"),
        ({"trips.txt": FEED["trips.txt"] + "r,autre,t1\n"}, "identifiant de course en double"),
        ({"frequencies.txt": "trip_id,start_time,end_time,headway_secs\nt1,8:00:00,9:00:00,0\n"},
         "fréquence de passage illisible"),
        ({"frequencies.txt": "trip_id,start_time,end_time,headway_secs\nt1,0:00:00,99:00:00,1\n"},
         "fréquence de passage illisible"),
    ],
)  # fmt: skip
def test_wrong_rows_are_findings(write, toy, changed, what):
    feed = read(write(changed), toy)
    assert any(one.startswith(what) or what in one for one in whats(feed))
    assert connections(feed)[:2] == SIMPLE
    assert all(finding.action for finding in feed.findings)


def test_a_trip_that_goes_back_in_time_is_left_out(write, toy):
    wrong = FEED["stop_times.txt"] + "t2,08:00:00,08:00:00,A,1\nt2,07:50:00,07:50:00,B,2\n"
    trips = FEED["trips.txt"] + "r,sem,t2\n"
    feed = read(write({"stop_times.txt": wrong, "trips.txt": trips}), toy)
    assert connections(feed) == SIMPLE
    assert whats(feed) == {"heures qui reculent"}
    assert feed.findings[0].line == 6


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"stops.txt": None}, "il manque stops.txt"),
        ({"stop_times.txt": None}, "il manque stop_times.txt"),
        ({"stop_times.txt": "trip_id,stop_id\nt1,A\n"}, "« stop_sequence »"),
        ({"stop_times.txt": ""}, "« trip_id »"),
        ({"stop_times.txt": TIMES + '\nt1,"07:00:00,07:00:00,A,1\n' + "x" * 140_000}, "guillemet"),
        ({"stops.txt": table("stop_id,stop_lat,stop_lon", "A,60,10")}, "aucun arrêt n'est dans"),
        ({"stop_times.txt": table(TIMES, "t1,7:00:00,7:00:00,A,1")}, "ne relie deux arrêts"),
        ({"calendar.txt": table(f"service_id,{DAYS},start_date,end_date")}, "date de circulation"),
    ],
)
def test_feeds_that_cannot_be_used(write, toy, changed, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(write(changed), toy)
    assert "horaires.zip" in str(caught.value)


def test_archives_made_to_harm(write, toy, tmp_path):
    path = write()
    broken = tmp_path / "coupe.zip"
    broken.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SourceError, match="pas une archive GTFS"):
        read(broken, toy)
    with pytest.raises(SourceError, match="pas une archive GTFS"):
        read(tmp_path / "absent.zip", toy)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    content[70] ^= 0xFF
    broken.write_bytes(bytes(content))
    with pytest.raises(SourceError, match="abîmé"):
        read(broken, toy)
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in FEED.items():
            archive.writestr(f"../../{name}", text)
    assert connections(read(broken, toy)) == SIMPLE
    assert sorted(one.name for one in tmp_path.parent.glob("*.txt")) == []


def test_a_bomb_is_judged_by_what_it_declares(write, toy, monkeypatch):
    zeros = FEED["stop_times.txt"] + "\n" * 2_000_000
    path = write({"stop_times.txt": zeros})
    assert connections(read(path, toy)) == SIMPLE
    monkeypatch.setattr("cartoallier.access.transit.feed_files.RATIO_FROM", 1_000_000)
    with pytest.raises(SourceError, match="démesuré"):
        read(path, toy)


def test_an_endless_day_is_refused(write, toy, monkeypatch):
    changed = {
        "frequencies.txt": table(
            "trip_id,start_time,end_time,headway_secs", "t1,08:00:00,18:00:00,60"
        )
    }
    assert read(write(changed), toy).timetable.trips == 600
    monkeypatch.setattr("cartoallier.access.transit.gtfs._MOST_CONNECTIONS", 1000)
    with pytest.raises(SourceError, match="démesuré"):
        read(write(changed), toy)


def test_many_alike_are_counted(write, toy):
    times = FEED["stop_times.txt"] + "".join(f"t1,8:00:00,,Z,{i}\n" for i in range(100, 400))
    feed = read(write({"stop_times.txt": times}), toy)
    assert len(feed.findings) == 51
    assert feed.findings[-1].value == "250 autres cas"


def test_dates():
    assert parse_date("20260908") == dt.date(2026, 9, 8)
    assert parse_date("99991231") == dt.date(2999, 12, 31)
    assert [
        parse_date(text) for text in ("20260231", "2026-09-08", "00010101", "", "٢٠٢٦٠٩٠٨")
    ] == [None] * 5


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_rubbish_never_breaks(write, toy, data):
    name = data.draw(st.sampled_from([*FEED, "transfers.txt", "frequencies.txt"]))
    cells = st.sampled_from(
        [
            "t1",
            "sem",
            "A",
            "gare",
            "07:00:00",
            "-1",
            "1e9",
            "nan",
            '"',
            "20260901",
            "é",
            "²",
            "\0",
            "2",
            "",
        ]
    )
    rows = data.draw(st.lists(st.lists(cells, max_size=7).map(",".join), max_size=4))
    text = FEED.get(name, "trip_id,start_time,end_time,headway_secs\n") + "\n".join(rows)
    try:
        feed = read(write({name: text}), toy)
    except SourceError as error:
        assert "horaires.zip" in str(error)  # noqa: PT017
    else:
        assert len(feed.timetable.trip)
