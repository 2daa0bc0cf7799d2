"""Every indicator, profile and factor is a test case, held against the headers of real files."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.needs.codes import match_columns, parse_code, sub_population

CATALOGUE = load_catalogue()
INDICATORS = CATALOGUE.indicators
indicators = pytest.mark.parametrize("indicator", INDICATORS.values(), ids=INDICATORS)
composites = pytest.mark.parametrize(
    "composite", CATALOGUE.composites.values(), ids=CATALOGUE.composites
)

SHIPPED = (
    "population", "moins_20", "20_64", "65_plus", "logements", "residences_principales",
    "residences_secondaires", "logements_vacants", "part_65_plus", "part_moins_20",
    "part_logements_vacants", "part_residences_secondaires",
)  # fmt: skip
FILES = {
    "cc_filosofi 2021": "filosofi-2021-communes/cc_filosofi_2021_COM.csv",
    "DISP EPCI 2019": "filosofi-disp-2016-2019/epci/FILO2019_DISP_EPCI.csv",
    "DISP COM 2019": "filosofi-disp-2016-2019/communes/FILO2019_DISP_COM.csv",
    "NEET EPCI 2018": "neet-2008-2018/neet_epci_2018.csv",
    "emploi 2025": "demandeurs-emploi-2025/demandeurs_emploi_communes.csv",
}
NO_INDICATOR = frozenset({"NBUC19", "Q3_Q1", "an", "pop_2021"})
"""Columns of those files that say nothing of need (units, year, a difference of quartiles)."""

OFFICIAL = {
    # Names as the census bases of 2018 (« dossier complet »), 2020 and 2022 write them.
    "base-cc 2018": (
        "P18_POP P18_POP7589 P18_POP90P P18_POP80P P18_POP80P_PSEUL C18_FAM C18_FAMMONO C18_MEN "
        "C18_MENPSEUL P18_NSCOL15P P18_NSCOL15P_DIPLMIN P18_ACT1564 P18_CHOM1564 P18_POP1114 "
        "P18_POP1517 P18_SCOL1517 P18_POP1824 P18_SCOL1824 P18_RP P18_RP_VOIT1P P18_RP_LOCHLMV "
        "P18_RP_ACHTOT P18_RP_ACH19 P18_RP_ACH45 P18_RP_ACH70 P18_MEN P18_MEN_ANEM0002"
    ),
    "base-cc logement 2022": (
        "P22_RP P22_RP_ACHTOT P22_RP_ACH1919 P22_RP_ACH1945 P22_RP_ACH1970 P22_RP_CFIOUL "
        "P22_RP_CGAZB P22_RP_VOIT1P P22_RP_LOCHLMV P22_MEN P22_MEN_ANEM0002"
    ),
    "base-ic 2020": (
        "P20_POP P20_POP0002 P20_POP1117 P20_POP1824 P20_POP75P P20_POP80P P20_POP_IMM"
    ),
    "CNAF txcouv": "txcouv_epci txcouv_eaje_epci txcouv_am_ind_epci",
    "CNAF RSACom": "NB_allocataires NB_allocataire_RSA RSA_SOCLE_Majore",
    "CNAF BasrevenuCom": "NB_allocataires_ress ALL_bas_revenu Pers_bas_revenu",
    "CNAF 2016 et après": (
        "Nombre foyers NDUR;Nombre foyers RSA;Nombre foyers PPA;Nombre foyers AAH"
    ),
    "CNAF IRIS": "ARSAS APPA AAAH",
    "carreaux": "ind men men_pauv men_fmp ind_snv ind_0_3 ind_11_17 ind_18_24 ind_80p",
}

SHEETS = [
    *(f"TRAGERF_{n}" for n in range(1, 7)), *(f"TYPMENR_{n}" for n in range(1, 7)),
    *(f"OPRDEC_{n}" for n in range(1, 6)), "OCCTYPR_1", "OCCTYPR_2", "OCCTYPD_2", "OCCTYPD_3",
]  # fmt: skip
"""Sheets of ``FILO…_DISP_Pauvres_EPCI.xlsx`` but those by size of household."""


def test_each_sheet_of_the_poor_is_one_indicator():
    found = [met(["CODGEO", "LIBGEO", "TP6020", "TP60Q220"], sheet=sheet) for sheet in SHEETS]
    assert [len(columns) for columns in found] == [1] * len(SHEETS)
    assert len({next(iter(columns)) for columns in found}) == len(SHEETS)
    assert set(met(["TP6020"], sheet="ENSEMBLE")) == {"taux_pauvrete"}


def test_the_twelve_of_the_shipped_census_are_there_first():
    assert tuple(INDICATORS)[:12] == SHIPPED
    assert all(INDICATORS[i].vintage == "2021" for i in SHIPPED)
    assert all(INDICATORS[i].source == "rp2021" for i in SHIPPED)
    assert {i.id for i in INDICATORS.values() if i.source == "rp2021"} == set(SHIPPED)


@indicators
def test_indicator_is_complete(indicator):
    assert indicator.source in CATALOGUE.sources
    assert indicator.label
    assert indicator.codes or indicator.id in SHIPPED or indicator.numerator
    assert bool(indicator.vintage) == (indicator.id in SHIPPED)
    if indicator.kind == "effectif":
        assert indicator.breaks == ()
        assert not indicator.direction
    else:
        assert len(indicator.breaks) in {0, 4}
        assert indicator.bounds is not None
        assert indicator.secret_below == 0
        low, high = indicator.bounds
        assert all(low <= bound <= high for bound in indicator.breaks)
    for term in filter(None, (indicator.numerator, indicator.weight)):
        assert INDICATORS[term].kind == "effectif"


@indicators
def test_small_counts_of_people_are_hidden(indicator):
    people = {"personnes", "ménages", "familles", "foyers"}
    legal = {"population", "population_rp", "individus"}
    expected = 11 if indicator.unit in people and indicator.kind == "effectif" else 0
    assert indicator.secret_below == (0 if indicator.id in legal else expected)


@indicators
def test_texts_have_french_spaces(indicator):
    for text in (indicator.label, indicator.note):
        assert "'" not in text
        assert not re.search(r" [:;?!%»]|« |\d \d{3}\b", text), text


@indicators
def test_a_code_reads_the_sheet_of_its_sub_population(indicator):
    for code in indicator.codes:
        expression = parse_code(code)
        assert expression.sheet == sub_population(expression.sheet)
        assert all(name for _, name in expression.terms)


def test_quantiles_and_structures_are_never_aggregated():
    never = [i for i in INDICATORS.values() if i.kind == "niveau" or i.unit == "€ par an"]
    structures = ["pact", "ptsa", "pcho", "pben", "ppen", "ppat", "ppsoc", "ppfam", "ppmini",
                  "pplogt", "pimpot"]  # fmt: skip
    never += [INDICATORS[i] for i in structures]
    assert len(never) >= 22
    assert not any(i.weight or i.numerator for i in never)


def test_no_code_serves_twice():
    codes = [code.lower() for i in INDICATORS.values() for code in i.codes]
    assert sorted(codes) == sorted(set(codes))
    melodi = [i.melodi for i in INDICATORS.values() if i.melodi]
    assert sorted(melodi) == sorted(set(melodi))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 99))
def test_every_code_is_met_by_the_columns_it_names_and_no_other(year):
    aa = f"{year:02}"
    for indicator in INDICATORS.values():
        for code in indicator.codes:
            names = re.split(r" [+-] ", code.rpartition("!")[2].replace("{aa}", aa))
            found = match_columns(names, INDICATORS.values(), sheet=code.rpartition("!")[0])
            mine = [column for column in found if column.indicator.id == indicator.id]
            assert len(mine) == 1
            assert mine[0].vintage == (f"20{aa}" if "{aa}" in code else "")
            # A sum may name counts that are indicators by themselves; one column is only one.
            assert len(names) > 1 or len(found) == 1


def read(path):
    return pd.read_csv(
        path, sep=None, engine="python", dtype=str, encoding="utf-8-sig", keep_default_na=False
    )


@pytest.fixture(scope="module")
def tables(shared_data):
    return {name: read(shared_data / path) for name, path in FILES.items()}


def met(header, sheet=""):
    found = match_columns(header, INDICATORS.values(), sheet=sheet)
    return {column.indicator.id: column for column in found}


@pytest.mark.parametrize("name", FILES)
def test_every_column_of_a_real_file_is_an_indicator(tables, name):
    header = list(tables[name].columns)
    known = {position for column in met(header).values() for _, position in column.terms}
    lost = {h for i, h in enumerate(header) if i not in known and not re.match("(?i)code?geo", h)}
    assert lost - NO_INDICATOR <= {"LIBGEO", "libgeo", "insee", "nom_commune", ""}


def test_what_the_real_files_hold(tables):
    holds = {name: set(met(list(table.columns))) for name, table in tables.items()}
    assert len(holds["cc_filosofi 2021"]) == 27
    assert {"taux_pauvrete", "taux_pauvrete_locataires", "d1", "d9", "rd"} <= holds[
        "cc_filosofi 2021"
    ]
    assert len(holds["DISP EPCI 2019"]) == 27
    assert "taux_pauvrete" not in holds["DISP EPCI 2019"]
    assert {"q1", "d1", "d2", "d3", "d4", "niveau_vie_median"} <= holds["DISP EPCI 2019"]
    assert holds["NEET EPCI 2018"] == {"part_neet_15_24"}
    assert holds["emploi 2025"] == {"demandeurs_emploi"}


def test_table_of_indicators_and_files(tables):
    """Print which real or documented header holds each indicator; run with ``-s`` to read it."""
    headers = {name: list(table.columns) for name, table in tables.items()}
    headers |= {
        name: names.split(";" if ";" in names else None) for name, names in OFFICIAL.items()
    }
    found = {name: met(header) for name, header in headers.items()}
    found |= {f"DISP_Pauvres, feuille {sheet}": met(["TP6020"], sheet=sheet) for sheet in SHEETS}
    computed = [i for i in INDICATORS.values() if i.numerator]
    lines, without = [], []
    for indicator in INDICATORS.values():
        places = [
            f"{name} ({columns[indicator.id].code})"
            for name, columns in found.items()
            if indicator.id in columns
        ]
        if indicator in computed:
            places = [f"{indicator.numerator} / {indicator.weight}"]
        if indicator.id in SHIPPED:
            places = ["livré"]
        if not places:
            without.append(indicator.id)
        lines.append(f"{indicator.id:42} {indicator.kind:8} {' ; '.join(places) or '–'}")
    print("\n".join(lines))
    print(f"{len(lines)} indicateurs, {len(without)} sans en-tête connu : {', '.join(without)}")
    allowed = {"tableau", "drees", "geodip", "ifn", "france-travail"}
    assert {INDICATORS[i].source for i in without} <= allowed


def numbers(column):
    return pd.to_numeric(column.str.replace(",", "."), errors="coerce").dropna()


@pytest.mark.parametrize("name", ["DISP EPCI 2019", "NEET EPCI 2018"])
def test_every_real_epci_is_plausible(tables, name):
    table = tables[name]
    for column in met(list(table.columns)).values():
        if (bounds := column.indicator.bounds) is None:
            continue
        values = numbers(table.iloc[:, column.terms[0][1]])
        assert len(values) > 1200
        assert values.between(*bounds).all(), (column.indicator.id, values.min(), values.max())


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("DISP EPCI 2019", ["pact", "pcho", "ppen", "ppsoc", "ppmini", "pplogt"]),
        (
            "cc_filosofi 2021",
            ["niveau_vie_median", "pimp", "taux_pauvrete_moins_30", "taux_pauvrete_30_39",
             "taux_pauvrete_40_49", "taux_pauvrete_50_59", "taux_pauvrete_60_74",
             "taux_pauvrete_75_plus", "taux_pauvrete_locataires"],
        ),
        ("NEET EPCI 2018", ["part_neet_15_24"]),
    ],
)  # fmt: skip
def test_bounds_of_classes_are_rounded_quintiles(tables, name, ids):
    table = tables[name]
    if "an" in table:
        table = table[table["an"] == "2018"]
    found = met(list(table.columns))
    for key in ids:
        values = numbers(table.iloc[:, found[key].terms[0][1]])
        quintiles = values.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
        assert np.abs(np.array(INDICATORS[key].breaks) / quintiles - 1).max() < 0.04, key


def test_bounds_of_the_poverty_rate_are_those_of_the_estimate(tables):
    table = tables["DISP EPCI 2019"]
    names = ["D119", "D219", "Q119", "D319", "D419", "Q219"]
    deciles = np.column_stack([numbers(table[name]) for name in names])
    line, shares = 0.6 * 21_930, np.array([10, 20, 25, 30, 40, 50])
    rates = np.array([np.interp(line, row, shares) for row in deciles])
    below = deciles[:, 0] > line
    slope = 10 / (deciles[:, 1] - deciles[:, 0])
    rates[below] = (10 - (deciles[:, 0] - line) * slope)[below]
    quintiles = np.quantile(rates, [0.2, 0.4, 0.6, 0.8])
    assert np.abs(np.array(INDICATORS["taux_pauvrete"].breaks) - quintiles).max() < 0.5


def test_the_six_profiles_and_the_nine_factors():
    kinds = {key: composite.kind for key, composite in CATALOGUE.composites.items()}
    assert [k for k, kind in kinds.items() if kind == "profil"] == [
        "retraites", "travailleurs_pauvres", "jeunes_non_inseres", "proprietaires_non_inseres",
        "locataires_prive", "locataires_social",
    ]  # fmt: skip
    assert [k for k, kind in kinds.items() if kind == "facteur"] == [
        "mobilite", "precarite_energetique", "garde_enfants", "formation", "emploi", "sante",
        "numerique", "isolement", "familles_monoparentales",
    ]  # fmt: skip


@composites
def test_composite(composite):
    assert len(composite.terms) >= 2
    assert composite.note
    assert not re.search(r"'| [:;?!%»]|« ", composite.note + composite.label)
    for key, weight in composite.terms:
        assert INDICATORS[key].direction in {"+", "-"}
        assert INDICATORS[key].kind != "effectif"
        assert 0 < weight <= 2
    if composite.kind == "profil":
        assert "n°\u00a01968" in composite.note or "n° 1968" in composite.note


@pytest.mark.parametrize("key", [k for k, c in CATALOGUE.composites.items() if c.kind == "profil"])
def test_each_profile_can_be_scored_from_the_public_files(tables, key):
    held = set(SHIPPED).union(*(met(list(table.columns)) for table in tables.values()))
    assert held & {indicator for indicator, _ in CATALOGUE.composites[key].terms}
