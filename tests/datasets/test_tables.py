"""Any CSV file with a numeric target becomes rows of numbers."""

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest

from dirlib.datasets.tables import read_table

N = 400


def frame(n=N, seed=0):
    """A table with everything that files have: gaps, text, true and false, rubbish."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Rome", "Oslo", "Bonn, am Rhein"], n)
    area = rng.lognormal(4, 0.5, n).round(2)
    made = pd.DataFrame(
        {
            "no": np.arange(1, n + 1),
            "area": area,
            "city": city,
            "new": rng.random(n) < 0.3,
            "rooms": rng.integers(1, 7, n),
            "name": [f"house {i}" for i in range(n)],
            "seen": pd.date_range("2020-01-01", periods=n).astype(str),
            "empty": np.nan,
            "country": "X",
            "price": (-100 + 3.5 * area + 50 * (city == "Rome")).round(3),
        }
    )
    made.loc[rng.random(n) < 0.2, "area"] = np.nan
    made.loc[rng.random(n) < 0.1, "city"] = np.nan
    return made


def written(tmp_path, table):
    path = tmp_path / "table.csv"
    if isinstance(table, bytes):
        path.write_bytes(table)
    elif isinstance(table, str):
        path.write_text(table, encoding="utf-8")
    else:
        table.to_csv(path, index=False)
    return path


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, frame())


def split_of(table):
    """The labels of the splits, side by side."""
    return [table.train.labels, table.val.labels, table.test.labels]


def test_a_table_becomes_rows_with_names(path):
    table = read_table(path, "price")
    assert table.feature_names == [
        "area", "rooms", "seen", "missingindicator_area",
        "city=Bonn, am Rhein", "city=Oslo", "city=Rome", "city=missing",
        "new=False", "new=True",
    ]  # fmt: skip
    for rows in table[:3]:
        x = rows.batch(np.arange(len(rows)))
        assert x.shape == (len(rows), 10) and x.isfinite().all()
    labels = np.concatenate(split_of(table))
    assert np.array_equal(np.sort(labels), np.sort(frame()["price"]))
    assert labels.min() < 0 and labels.dtype == np.float64


def test_columns_that_cant_help_are_left_out_with_a_reason(path):
    dropped = read_table(path, "price").dropped
    assert dropped["rows"] == 0
    assert dropped["columns"] == {
        "no": "row numbers",
        "name": "text without a value that 3 training rows share: an identifier or "
        "free text",
        "empty": "no training row has a value",
        "country": "one value in all training rows",
    }


def test_everything_is_fitted_on_the_training_rows_alone(tmp_path):
    made = frame()
    made["split"] = np.where(np.arange(N) < 300, "train", "val")
    made.loc[350:, "split"] = "test"
    made["only later"] = np.where(made["split"] == "train", 1.0, made["area"])
    before = read_table(written(tmp_path, made), "price")
    x = before.train.x.numpy()
    numbers = x[:, :4]
    np.testing.assert_allclose(numbers.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(numbers.std(0), 1, atol=1e-5)
    train = made[:300]
    filled = train["area"].fillna(train["area"].median())
    expected = (filled - filled.mean()) / filled.std(ddof=0)
    np.testing.assert_allclose(x[:, 0], expected, atol=1e-5)
    assert "only later" in before.dropped["columns"]
    # Other values in the other rows change nothing in the training rows.
    later = made["split"] != "train"
    made.loc[later, "area"] = 1e6
    made.loc[later, "rooms"] = 99
    made.loc[later, "city"] = "Atlantis"
    after = read_table(written(tmp_path, made), "price")
    assert after.feature_names == before.feature_names
    assert np.array_equal(after.train.x, before.train.x)
    assert after.dropped == before.dropped


def test_the_split_column_is_obeyed(tmp_path):
    made = frame()
    made["part"] = np.random.default_rng(1).choice(["train", "val", "test"], N)
    table = read_table(written(tmp_path, made), "price", split="part")
    for name, labels in zip(("train", "val", "test"), split_of(table), strict=True):
        assert np.array_equal(labels, made.loc[made["part"] == name, "price"])
    assert not any(name.startswith("part") for name in table.feature_names)
    # Under the name "split" it needs no mention.
    renamed = written(tmp_path, made.rename(columns={"part": "split"}))
    again = read_table(renamed, "price", seed=5)
    assert np.array_equal(again.test.x, table.test.x)


@pytest.mark.parametrize("n", [30, 47, 400, 1003])
def test_the_random_split_has_its_shares_everywhere_along_the_target(tmp_path, n):
    table = read_table(written(tmp_path, frame(n)), "price")
    train, val, test = split_of(table)
    assert len(train) + len(val) + len(test) == n
    assert len(val) == len(test) == round(0.15 * n)
    groups = np.array_split(np.sort(frame(n)["price"]), max(1, min(20, n // 20)))
    for group in groups[1:-1]:
        inside = [(part >= group[0]) & (part <= group[-1]) for part in (val, test)]
        for held_out in inside:
            assert abs(held_out.sum() - 0.15 * len(group)) <= 2


def test_the_seed_fixes_the_split(path):
    a, b, c = (read_table(path, "price", seed=seed) for seed in (0, 0, 1))
    assert a.test.checksum == b.test.checksum != c.test.checksum
    assert np.array_equal(a.train.x, b.train.x)


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    made = frame()
    made.loc[[3, 5, 200], "price"] = np.nan
    table = read_table(written(tmp_path, made), "price")
    assert table.dropped["rows"] == 3
    assert sum(map(len, split_of(table))) == N - 3
    assert table.dropped["columns"]["no"] == "row numbers"


def test_rare_and_unknown_values_share_a_column(tmp_path):
    made = frame()
    made["split"] = ["train"] * 300 + ["val"] * 50 + ["test"] * 50
    made["shop"] = np.where(np.arange(N) % 2, "a", "b")
    made.loc[[0, 1], "shop"] = ["once", "twice"]
    made.loc[399, "shop"] = "never seen in training"
    table = read_table(written(tmp_path, made), "price")
    rare = table.feature_names.index("shop=(rare)")
    assert table.train.x[:, rare].sum() == 2
    assert table.test.x[-1, rare] == 1 and table.test.x[:, rare].sum() == 1
    assert "shop=once" not in table.feature_names


def test_a_column_of_many_values_makes_no_more_than_200_columns(tmp_path):
    made = frame(1200)
    made["split"] = np.repeat(["train", "val", "test"], [1000, 100, 100])
    made["shop"] = [f"s{i % 250}" for i in range(1200)]
    made.loc[:9, "shop"] = "often"
    table = read_table(written(tmp_path, made), "price")
    shops = [name for name in table.feature_names if name.startswith("shop=")]
    assert len(shops) == 200 and {"shop=often", "shop=(rare)"} <= set(shops)


def test_question_marks_are_missing_and_numbers_stay_exact(tmp_path):
    made = frame()
    made["rooms"] = made["rooms"].astype(object)
    made.loc[4, "rooms"] = "?"
    made["price"] = np.arange(N) / 10  # as it is written: 0.3, not 0.30000000000000004
    table = read_table(written(tmp_path, made), "price")
    assert "missingindicator_rooms" in table.feature_names
    labels = np.sort(np.concatenate(split_of(table)))
    assert np.array_equal(labels, [float(f"{i / 10:.1f}") for i in range(N)])


def test_the_transformer_reads_new_rows_in_the_same_way(path):
    table = pickle.loads(pickle.dumps(read_table(path, "price")))
    new = frame(50, seed=9).drop(columns="price")
    whole = table.transformer.transform(new)
    one_by_one = [table.transformer.transform(new[i : i + 1])[0] for i in range(50)]
    assert whole.shape == (50, 10)
    np.testing.assert_allclose(np.array(one_by_one), whole)
    new["new"] = new["new"].astype(str)  # as it looks beside a missing value
    np.testing.assert_allclose(table.transformer.transform(new), whole)


def test_names_that_look_like_other_names_do_no_harm(tmp_path):
    made = frame()
    made["city=Rome"] = made["rooms"] % 3
    made["a__b"] = made["rooms"] % 2
    names = read_table(written(tmp_path, made), "price").feature_names
    assert names.count("city=Rome") == 2 and "a__b" in names


def test_numbers_too_large_for_the_parser_are_still_read(tmp_path):
    made = frame()
    made["id"] = [str(10**25 + i) for i in range(N)]
    made["years"] = np.arange(1900, 1900 + N)  # goes up by 1, but counts no rows
    table = read_table(written(tmp_path, made), "price")
    assert "years" in table.feature_names


def test_a_compressed_file_and_one_with_a_byte_order_mark_are_read(tmp_path, path):
    plain = read_table(path, "price")
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for other in (marked, packed, str(path)):
        assert read_table(other, "price").train.checksum == plain.train.checksum


def changed(**columns):
    """A table in which some cells hold something else: {column: {row: value}}."""
    made = frame().astype(object)
    for name, cells in columns.items():
        for row, value in cells.items():
            made.loc[row, name] = value
    return made


def few(columns):
    return frame()[[*columns, "price"]]


def with_split(column):
    return frame().assign(split=column)


SPLIT = ["train"] * 300 + ["val"] * 50 + ["test"] * 50


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("area,price\n", r"has 0 rows with a target 'price' \(0 have none\)"),
        ("area,price\n1,2\n1,2,3\n", "no table.*line 3"),
        ("area,price\n1,2,3\n4,5,6\n", "more cells in a row than column names"),
        ("area,price,area\n1,2,3\n", "two columns 'area': rename"),
        (b"area,price\n\x81,1\n", "not text in UTF-8, UTF-16 or cp1252"),
        (frame().rename(columns={"price": "Price "}), "did you mean 'Price '"),
        (frame().rename(columns={"price": "zzzzzz"}), "columns are 'no', 'area'"),
        (frame(29), "has 29 rows .* needs 30 or more"),
        (frame().assign(price=np.nan), r"has 0 rows .* \(400 have none\)"),
        (frame().assign(price=4), "'price' of .* is 4 in each training row"),
        (frame().assign(price=frame()["new"]), "row 1 below .* has 'False'"),
        (changed(price={6: "12 EUR"}), "must be a number .* row 7 below .* '12 EUR'"),
        (changed(price={2: "1,234"}), "row 3 below the column names has '1,234'"),
        (changed(price={8: "-inf"}), "'price' of .* row 9 .* has '-inf': correct it"),
        (changed(price={0: 1e39}), r"'price' of .* row 1 .* has '1e\+39'"),
        (
            changed(area={7: np.inf}),
            "'area' must .* finite .* row 8 has 'inf': correct",
        ),
        (few([]), "no feature column.*no other column"),
        (few(["no", "country"]), "no feature column.*'no' is left out .row numbers"),
        (with_split("valid"), "'split' of .* must say train, val or test.* 'valid'"),
        (with_split([*SPLIT[:-1], None]), "row 400 .* has 'nan'"),
        (with_split(["train"] * 200 + ["val"] * 200), "leaves no row for test"),
    ],
)
def test_bad_files_are_refused(tmp_path, table, message):
    path = written(tmp_path, table)
    with pytest.raises(ValueError, match=message) as error:
        read_table(path, "price")
    assert str(path) in str(error.value)


def test_bad_arguments_are_refused(tmp_path, path):
    with pytest.raises(ValueError, match="there is no file .*nowhere.csv"):
        read_table(tmp_path / "nowhere.csv", "price")
    with pytest.raises(ValueError, match="there is no file"):
        read_table(tmp_path, "price")
    with pytest.raises(ValueError, match="there is no file"):
        read_table("https://example.org/table.csv", "price")
    with pytest.raises(ValueError, match="no column 'citty' to use as the split"):
        read_table(path, "price", split="citty")
    with pytest.raises(ValueError, match="the target and the split"):
        read_table(path, "price", split="price")
