"""From a row to the territory: codes, reach, town halls."""

import pytest

from cartoallier.errors import SourceError


def test_old_codes_are_followed(write, read) -> None:
    path = write("nom;code_insee\nA;99009\nB;99010\nC;99099\nD;99001\n")
    frame, findings, _ = read(path, format="tableau")
    assert frame["commune_code"].fillna("").tolist() == ["99002", "", "", "99001"]
    said = [(f.line, f.value, f.what) for f in findings if f.column == "code commune"]
    assert said == [
        (2, "99009", "code commune ancien"),
        (3, "99010", "code d'une commune qui a été partagée"),
        (4, "99099", "code commune inconnu"),
    ]


def test_a_split_commune_is_found_by_its_point(write, read, degrees) -> None:
    x, y = degrees(6, 2)
    path = write(f"nom;longitude;latitude;code_insee\nA;{x};{y};99010\n")
    frame, _, _ = read(path, format="tableau")
    assert frame["commune_code"].tolist() == ["99002"]


def test_rows_out_of_reach_are_counted_not_kept(write, read, degrees) -> None:
    far, near = degrees(300, 2), degrees(14, 2)
    path = write(
        "nom;longitude;latitude;code_insee;zone\n"
        f"Loin;{far[0]};{far[1]};;\n"
        "Ailleurs;;;75056;\n"
        f"Voisin;{near[0]};{near[1]};;\n"
        f"Loin qui vient;{far[0]};{far[1]};;99001\n"
        "Nulle part;;;;\n"
    )
    frame, findings, record = read(path, format="tableau")
    assert frame["name"].tolist() == ["Voisin", "Loin qui vient", "Nulle part"]
    assert record.dropped == {"hors du voisinage": 2}
    assert (record.rows_read, record.rows_kept) == (5, 3)
    assert [(f.line, f.what) for f in findings] == [(6, "ni coordonnées ni commune reconnue")]


def test_the_commune_wins_over_a_far_point(write, read, degrees) -> None:
    x, y = degrees(10, 2)
    path = write(f"nom;longitude;latitude;code_insee\nA;{x};{y};99001\nB;{x};{y};99002\n")
    frame, findings, _ = read(path, format="tableau")
    assert frame["precision"].tolist() == ["commune", "adresse"]
    assert [f.what for f in findings] == ["point à plus de 5 km de la commune déclarée"]
    assert frame["longitude"].iloc[0] == pytest.approx(degrees(2, 2)[0], abs=1e-5)


def test_a_commune_is_found_by_name_and_postal_code(write, read) -> None:
    path = write("nom;commune;code_postal\nA;COTE CEDEX;99300\nB;Bourg;01000\n")
    frame, _, record = read(path, format="tableau")
    assert frame["commune_code"].tolist() == ["99003"]
    assert record.dropped == {"hors du voisinage": 1}


def test_themes_of_the_file_are_set(write, read) -> None:
    frame, _, _ = read(write("nom\nA\n"), format="tableau", themes=("b", "a", "a"))
    assert frame["themes"].tolist() == [("a", "b")]


def test_unknown_formats_and_files_are_explained(write, read) -> None:
    with pytest.raises(SourceError, match="format d'offre inconnu"):
        read(write("nom\nA\n"), format="gtfs")
    with pytest.raises(SourceError, match=r"\[\[offre\]\]"):
        read(write("titre;lieu\nA;B\n"))
    with pytest.raises(SourceError, match="n'a pas pu être ouvert"):
        read(write("nom\nA\n").with_name("absent.csv"))
