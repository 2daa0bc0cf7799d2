"""Which layout a file is read as, and what its codes are of, when files mislead."""

import csv
from pathlib import Path

import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.needs.reading import WIDEST, NeedInput, read_needs
from cartoallier.needs.zones import level_of, name_mismatch

COMMUNES = {
    "03001": "Abrest",
    "03185": "Montluçon",
    "03190": "Moulins",
    "03310": "Vichy",
    "03110": "Dompierre-sur-Besbre",
    "03200": "Neuvy",
    "03150": "Lignerolles",
    "03168": "Meaulne-Vitray",
    "03236": "Saint-Germain-des-Fossés",
    "03095": "Cosne-d'Allier",
}
UNDATED = "année des chiffres inconnue"
LEFT = "colonnes de chiffres dont on ne sait pas ce qu'elles sont"


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


@pytest.fixture
def read(tmp_path, indicators):
    """Read a text as a file of needs."""

    def read(text, file="chiffres.csv", names=None, **said):
        path = tmp_path / file
        path.write_text(text, encoding="utf-8")
        source = NeedInput(path=path, file=file, **said)
        return read_needs(source, indicators=indicators, names=names)[0]

    return read


def whats(extract):
    return [finding.what for finding in extract.findings]


def levels(extract):
    return set(extract.values["level"])


HAND_MADE = (
    "code;nom;taux_pauvrete;niveau_vie_median;part_c2s;cagnotte\n"
    "03185;Montluçon;22;19000;14;1\n03190;Moulins;25;18500;15;2\n03310;Vichy;21;19800;13;3\n"
)


def test_a_table_in_our_words_keeps_all_its_columns(read):
    """Ids that are also INSEE codes do not make it an INSEE file; what is left is said once."""
    extract = read(HAND_MADE)
    assert extract.layout == "tableau"
    assert {"taux_pauvrete", "niveau_vie_median"} < set(extract.values["indicator"])
    assert whats(extract).count(UNDATED) == whats(extract).count(LEFT) == 1
    assert next(f.value for f in extract.findings if f.what == LEFT).endswith("cagnotte")


def test_the_year_of_the_name_is_kept(read):
    assert set(read(HAND_MADE, "revenus_2021.csv").values["vintage"]) == {"2021"}
    assert UNDATED not in whats(read(HAND_MADE, vintage="2021"))


def test_insee_files_do_not_tell_the_columns_left_aside(read):
    extract = read("CODGEO;MED21;XYZ21\n03185;19000;1\n03190;18500;2\n")
    assert extract.layout == "insee"
    assert extract.findings == []


def test_a_file_by_code_without_year(read):
    """No column bears INSEE's years: the others are told, the year asked for."""
    extract = read("CODGEO;RD;XYZ\n03;3,1;1\n63;3,2;2\n15;3,0;3\n")
    assert extract.layout == "insee"
    assert {UNDATED, LEFT} <= set(whats(extract))
    assert UNDATED not in whats(read("CODGEO;RD\n03;3,1\n63;3,2\n", vintage="2019"))


@pytest.mark.parametrize("heading", ["Code postal", "CP", "code_postal", "CP commune"])
def test_postal_codes_are_not_codes_of_communes(heading, read):
    text = f"{heading};nom;taux_pauvrete\n03100;Montluçon;22\n03200;Vichy;25\n"
    with pytest.raises(SourceError):
        read(text)
    with pytest.raises(SourceError, match="codes postaux ne sont pas des codes de communes"):
        read(text, columns={"code": heading, "taux_pauvrete": "taux_pauvrete"})


def test_postal_codes_under_code_are_known_by_the_names(read):
    text = (
        "code;nom;taux_pauvrete\n03110;Escurolles;22\n03200;Vichy;25\n03150;Varennes-sur-Allier;2\n"
    )
    with pytest.raises(SourceError, match="peut-être des codes postaux"):
        read(text, names=COMMUNES)
    assert len(read(text).values) == 3


def test_a_name_that_is_not_that_of_its_code(read):
    text = "CODGEO;LIBGEO;MED21\n03185;Montluçon;1\n03190;MOULINS;2\n03310;Cusset;3\n03999;Z;4\n"
    found = [f for f in read(text, names=COMMUNES).findings if f.what.startswith("le nom n'est")]
    assert [f.value for f in found] == [
        "1 sur 3\u00a0: 03310 «\u00a0Cusset\u00a0» au lieu de «\u00a0Vichy\u00a0»"
    ]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("03185", "MONTLUCON"),
        ("03185", "Commune de Montluçon"),
        ("03168", "Meaulne"),
        ("03236", "St Germain des Fosses"),
        ("03110", "Dompierre s/ Besbre"),
        ("03095", "COSNE D ALLIER"),
    ],
)
def test_spellings_of_one_name(code, name):
    assert name_mismatch([code], [name], COMMUNES) == (1, [])


def test_names_that_cannot_be_compared():
    names = ["CC Vichy Communauté", "", "Inconnue"]
    assert name_mismatch(["03001", "03185", "99999"], names, COMMUNES) == (0, [])


OVERSEAS = "01;{}21\n02;{}24\n03;{}53\n04;{}36\n"


def test_regions_are_not_departements(read):
    """03 is Guyane among regions: its rate is not that of Allier."""
    rows = OVERSEAS.format("Guadeloupe;", "Martinique;", "Guyane;", "La Réunion;")
    assert levels(read(f"CODGEO;LIBGEO;TP6021\n{rows}")) == {"region"}
    rows = OVERSEAS.format("Ain;", "Aisne;", "Allier;", "Alpes-de-Haute-Provence;")
    assert levels(read(f"CODGEO;LIBGEO;TP6021\n{rows}")) == {"departement"}
    rows = "03;Allier;Auvergne-Rhône-Alpes;15\n11;Aude;Occitanie;20\n"
    assert levels(read(f"CODGEO;LIBGEO;region;TP6021\n{rows}")) == {"departement"}


def test_two_figures_without_names(read):
    text = "CODGEO;TP6021\n" + OVERSEAS.format("", "", "", "")
    with pytest.raises(SourceError, match="de départements ou de régions"):
        read(text)
    assert levels(read(text, "FILO_REG.csv")) == {"region"}
    assert levels(read(text, "FILO_DEP.csv")) == {"departement"}
    few = read("CODGEO;TP6021\n03;15\n")
    assert levels(few) == {"departement"}
    assert any("rien ne le dit" in what for what in whats(few))


@pytest.mark.parametrize(
    ("name", "level"),
    [
        *((f"filosofi-disp-2016-2019/dep_reg_metropole/FILO{year}_DISP_{grain}.csv", level)
          for year in range(2016, 2020) for grain, level in (("REG", "region"),
                                                             ("DEP", "departement"))),
        ("neet-2008-2018/neet_dpt_2018.csv", "departement"),
        ("neet-2008-2018/neet_region_2018.csv", "region"),
    ],
)  # fmt: skip
def test_real_levels_are_kept(name, level, shared_data, indicators):
    path = shared_data / name
    extract = read_needs(NeedInput(path=path, file=path.name), indicators=indicators)[0]
    assert levels(extract) == {level}


def test_iris_of_departements_21_to_29_are_not_epci():
    assert level_of(["212310101", "212310102", "210540000"]) == "iris"
    assert level_of(["243220101", "243220102", "243220103", "240370000"]) == "iris"
    assert level_of(["200071082", "240300491", "240300558", "240300566"]) == "epci"
    assert level_of(["212310101", "212310102"], hint="epci") == "epci"


def test_real_epci_have_the_key(shared_data):
    path = shared_data / "filosofi-disp-2016-2019/epci/FILO2019_DISP_EPCI.csv"
    with path.open(encoding="utf-8-sig") as file:
        codes = [row[0].strip('"') for row in csv.reader(file, delimiter=";")][1:]
    assert level_of(codes) == "epci"


def test_a_table_too_wide_is_refused_at_once(read):
    header = ";".join(f"x{i}" for i in range(WIDEST + 1))
    with pytest.raises(SourceError, match="gardez la colonne des codes"):
        read(f"CODGEO;{header}\n03185;{header}\n")


@pytest.mark.parametrize(
    "header",
    ["id;code_insee;latitude;longitude", "insee;nom;lat;lng", "Nom;SIRET;Adresse;Téléphone"],
)
def test_a_list_of_places_belongs_to_the_supply(header, read):
    text = f"{header}\n7;03185;46,3;2,6\n8;03190;46,5;3,3\n"
    with pytest.raises(SourceError, match="déplacez-la dans offre/"):
        read(text)
    with pytest.raises(SourceError, match="feuille"):
        read(text, sheet="Absente")


def test_a_median_of_five_figures_is_never_taken_for_the_codes(tmp_path: Path) -> None:
    """Without INSEE codes, 18000 is a median, not a commune of Cher."""
    path = tmp_path / "p.csv"
    path.write_text(
        "Code postal;Commune;MED21;NBMENFISC21\n03100;Montluçon;18000;17000\n"
        "03200;Vichy;19000;13000\n03300;Cusset;20000;5000\n",
        encoding="utf-8",
    )
    with pytest.raises(SourceError, match="codes postaux"):
        read_needs(NeedInput(path=path, file="p.csv"), indicators=load_catalogue().indicators)
