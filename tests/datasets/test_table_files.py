"""Files as people have them: all forms of one table are the same table."""

import gzip
import os
import zipfile
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import dirlib
from dirlib.__main__ import main
from dirlib.datasets.tables import read_table

N = 120


def houses(n=N, seed=0):
    rng = np.random.default_rng(seed)
    area = rng.lognormal(7, 0.5, n).round(2)
    made = pd.DataFrame({"area": area, "town": rng.choice(["Köln", "Málaga"], n)})
    made["note"] = rng.choice(["plain", "one, two", "a;b"], n)
    made["sold"] = pd.Timestamp("2020-01-31") + pd.to_timedelta(rng.permutation(n), "D")
    made["price"] = (3.5 * area + 50 * (made["town"] == "Köln")).round(2)
    made.loc[rng.random(n) < 0.2, "area"] = np.nan
    return made


def german(table, thousands=""):
    """The cells as a German spreadsheet shows them: 1.234,50 and 31.01.2020."""

    def shown(number):
        text = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
        return None if np.isnan(number) else text.replace(".", thousands)

    numbers = table.select_dtypes("number").columns
    made = table.assign(**{name: table[name].map(shown) for name in numbers})
    return made.assign(sold=table["sold"].dt.strftime("%d.%m.%Y"))


FORMS = {
    "semicolons": lambda t: t.to_csv(index=False, sep=";").encode(),
    "tabs": lambda t: t.to_csv(index=False, sep="\t").encode(),
    "bars": lambda t: t.to_csv(index=False, sep="|").encode(),
    "decimal commas": lambda t: german(t).to_csv(index=False, sep=";").encode(),
    "with thousands": lambda t: german(t, ".").to_csv(index=False, sep=";").encode(),
    "quoted commas": lambda t: german(t).to_csv(index=False).encode(),
    "English thousands": lambda t: (
        t.assign(price=t["price"].map("{:,.2f}".format)).to_csv(index=False).encode()
    ),
    "American dates": lambda t: t.to_csv(index=False, date_format="%m/%d/%Y").encode(),
    "packed": lambda t: gzip.compress(t.to_csv(index=False).encode()),
    "cp1252": lambda t: t.to_csv(index=False).encode("cp1252"),
    "UTF-16": lambda t: t.to_csv(index=False, sep="\t").encode("utf-16"),
    "lines of Windows": lambda t: t.to_csv(index=False, lineterminator="\r\n").encode(
        "utf-8-sig"
    ),
    "all in quotes": lambda t: t.to_csv(index=False, quoting=1).encode(),
    "blank lines": lambda t: b"\n\n" + t.to_csv(index=False).encode() + b"\n\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_are_the_same_table(tmp_path, form):
    houses().to_csv(tmp_path / "plain.csv", index=False)
    (tmp_path / "other.csv").write_bytes(FORMS[form](houses()))
    plain, other = (
        read_table(tmp_path / f"{n}.csv", "price") for n in ("plain", "other")
    )
    assert other.feature_names == plain.feature_names
    assert plain.feature_names[:3] == ["area", "sold", "missingindicator_area"]
    for split in ("train", "val", "test"):
        a, b = getattr(plain, split), getattr(other, split)
        np.testing.assert_allclose(b.x, a.x, rtol=1e-6, atol=1e-6)
        assert np.array_equal(b.labels, a.labels)
    assert plain.notes == []
    if form == "cp1252":
        assert "not in UTF-8 and was read as cp1252" in other.notes[0]
    else:
        assert other.notes == []


@pytest.mark.parametrize("form", ["with thousands", "cp1252", "American dates"])
def test_new_rows_are_read_as_the_first_ones(tmp_path, form, capsys):
    path, new = tmp_path / "houses.csv", houses(30, seed=4)
    path.write_bytes(FORMS[form](houses()))
    options = ["--epochs", "1", "--target", "price", "--data", str(path)]
    main(["train", "--out", str(tmp_path / "run"), *options])
    assert ("was read as cp1252" in capsys.readouterr().out) == (form == "cp1252")
    run = dirlib.load_run(tmp_path / "run")
    expected = run.predict(new.drop(columns="price"))
    path.write_bytes(FORMS[form](new))
    np.testing.assert_allclose(run.predict(path), expected, rtol=1e-5)
    path.write_text("area,town,note,sold\n1,Ulm,,yesterday\n", encoding="utf-8")
    with pytest.raises(ValueError, match="'sold' must hold dates as .* 1 has 'yest"):
        run.predict(path)


def test_parquet_or_a_sentence(tmp_path):
    path, table = tmp_path / "houses.parquet", houses()
    table.to_csv(tmp_path / "houses.csv", index=False)
    try:
        exact = [Decimal(str(price)) for price in table["price"]]
        dates = table["sold"].dt.date
        table.assign(price=exact, sold=dates).to_parquet(path)
    except ImportError:
        path.write_bytes(b"PAR1 and more")
        with pytest.raises(ValueError, match="houses.parquet .* pip install pyarrow"):
            read_table(path, "price")
        return
    plain, other = (
        read_table(tmp_path / "houses.csv", "price"),
        read_table(path, "price"),
    )
    assert other.feature_names == plain.feature_names
    assert np.array_equal(other.train.x, plain.train.x)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="houses.parquet is no table in Parquet"):
        read_table(path, "price")


def test_columns_that_say_the_same_are_left_out(tmp_path):
    made = houses()
    made["m2"], made["place"] = made["area"], made["town"]
    made["day"] = "03/04/2020"
    made.loc[::2, "day"] = "05/06/2020"
    made.insert(0, "Area", made["area"])
    names = [name.lower() if name == "Area" else name for name in made]
    path = tmp_path / "houses.csv"
    made.to_csv(path, index=False, header=names)  # two columns "area"
    table = read_table(path, "price")
    assert table.dropped["columns"] == {
        "m2": "the same as 'area'",
        "place": "the same as 'town'",
        "day": "dates whose day and month may be exchanged: write them as 2026-11-29",
    }
    made["Area"] += 1
    made.to_csv(path, index=False, header=names)
    with pytest.raises(ValueError, match="two columns 'area': rename"):
        read_table(path, "price")


def test_the_split_column_is_reached_from_the_command_line(tmp_path):
    made = houses().assign(part=np.repeat(["train", "val", "test"], N // 3))
    made.to_csv(tmp_path / "houses.csv", index=False)
    options = ["--data", str(tmp_path / "houses.csv"), "--target", "price"]
    options += ["--split-column", "part", "--epochs", "1"]
    main(["train", "--out", str(tmp_path / "run"), *options])
    table = pd.read_csv(tmp_path / "run" / "predictions.csv")
    assert table["row"].tolist() == list(range(N // 3 + 1, N + 1))


LINES = "".join(f"{i},{i % 7},{i % 5}\n" for i in range(60))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(99), "no text but a workbook of Excel"),
        (b"%PDF-1.7 ...", "no text but a PDF"),
        (b"\n <!DOCTYPE html><html>", "no text but a web page"),
        (b"\x89PNG\r\n\x00\x01", "no text but binary: open it in the program"),
        (f"a,b,price\n{LINES}1,\0,2\n".encode(), "no text but binary"),
        (gzip.compress(b"a,price\n", mtime=0)[:-9], "can't be unpacked"),
        (f"a,b,price\n{LINES}1,2\n{LINES}", "Expected 3 fields in line 62, saw 2"),
        (f"a,b,price\n{LINES}1,2,3,4\n", "Expected 3 fields in line 62, saw 4"),
        (f'a,b,price\n{LINES}1,"2,3\n', "quotation mark near it is never closed"),
        (f"a,b,price\n{LINES}1,{'x' * 200_000},\n", "field larger than"),
        ("a;b;price\n" + "1,234;2;3\n" * 40, "'a' .* may mean two things: row 1 .*'1,"),
        ("a;b;price\n" + "1,5;2.125;3\n" * 40, "'b' .* may mean two .*'2.125'"),
        ("price\n" + "1\n2\n" * 40, "no other column"),
        (b"\xff\xfea", "not text in UTF-8, UTF-16 or cp1252"),
        ('"a,b\n' + "1,2\n" * 50_000, "field larger|never closed"),
    ],
)
def test_files_that_are_no_tables_are_refused_in_a_sentence(tmp_path, content, message):
    path = tmp_path / "houses.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message) as error:
        read_table(path, "price")
    assert str(path) in str(error.value) and len(str(error.value)) < 500


def test_what_is_no_file_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "houses.csv", "w") as file:
        file.writestr("xl/workbook.xml", "")
    with pytest.raises(ValueError, match="a workbook of Excel, or a zip"):
        read_table(tmp_path / "houses.csv", "price")
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(ValueError, match="no file .*a folder or a pipe"):
            read_table(path, "price")
