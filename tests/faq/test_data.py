"""load_ml_sim gives the data set or says why not; a download that fails changes nothing."""

import http.server
import socket
import threading

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach.faq import data_files, ml_sim


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """No settings of the user, an empty cache, no proxy before loopback, no waiting."""
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)
    monkeypatch.setenv("MLMED_TEACH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(ml_sim, "_PAUSE", 0)
    monkeypatch.setattr(ml_sim, "ADDRESSES", ())  # no test ever leaves this machine


@pytest.fixture
def stand_in(monkeypatch):
    """A made-up table in the place of the original, which cannot be part of the project."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"id": np.repeat(np.arange(1, 101), 8)})
    for name in "xmy":
        table[name] = rng.integers(-4000, 4000, 800) / 1000
    monkeypatch.setattr(ml_sim, "_ORIGINAL", ml_sim._fingerprint(table))
    return ml_sim._single(table)


@pytest.fixture
def server():
    """A web server on loopback. `pages` maps a path to (status, body, announced length); `asked` lists the requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body, length = pages.get(self.path, (404, b"gone", None))
            if status is None:  # never answer
                release.wait(5)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    pages, asked, release = {}, [], threading.Event()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    running.pages, running.asked = pages, asked
    running.address = f"http://127.0.0.1:{running.server_port}"
    yield running
    release.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def addresses(monkeypatch, server):
    """The newer and the older address, both on the loopback server."""
    monkeypatch.setattr(ml_sim, "ADDRESSES", (f"{server.address}/new.dta", f"{server.address}/old.dta"))


def as_csv(table):
    return table.to_csv(index=False).encode()


def as_dta(table, tmp_path, **options):
    path = tmp_path / "written.dta"
    table.to_stata(path, write_index=False, **options)
    return path.read_bytes()


def cached(tmp_path):
    return {path.name: path.read_bytes() for path in (tmp_path / "cache").glob("*")}


def message(*arguments):
    with pytest.raises(mt.MlmedError) as caught:
        mt.load_ml_sim(*arguments)
    return str(caught.value)


# The embedded set


def test_the_embedded_set_has_eight_rows_in_each_of_a_hundred_clusters(df):
    assert df.dtypes.astype(str).to_dict() == {"id": "int64", "x": "float64", "m": "float64", "y": "float64"}
    assert isinstance(df.index, pd.RangeIndex)
    assert df["id"].tolist() == np.repeat(np.arange(1, 101), 8).tolist()


def test_without_a_source_the_embedded_set_is_taken(df):
    pd.testing.assert_frame_equal(mt.load_ml_sim(), df)


def test_loading_twice_gives_independent_tables(df):
    table = mt.load_ml_sim()
    table["x"] = 0.0
    pd.testing.assert_frame_equal(mt.load_ml_sim(), df)


@pytest.mark.parametrize("setting", ["", " ", "embedded"])
def test_the_environment_variable_can_name_the_embedded_set(monkeypatch, df, setting):
    monkeypatch.setenv("MLMED_TEACH_DATA", setting)
    pd.testing.assert_frame_equal(mt.load_ml_sim(), df)


def test_the_environment_variable_can_name_a_file_and_its_errors_name_the_variable(monkeypatch, tmp_path, stand_in):
    path = tmp_path / "copy.csv"
    path.write_bytes(as_csv(stand_in))
    monkeypatch.setenv("MLMED_TEACH_DATA", str(path))
    pd.testing.assert_frame_equal(mt.load_ml_sim(), stand_in)
    monkeypatch.setenv("MLMED_TEACH_DATA", str(tmp_path / "none.csv"))
    text = message()
    assert "MLMED_TEACH_DATA" in text and "There is no file" in text


def test_a_source_in_the_call_wins_over_the_environment_variable(monkeypatch, df):
    monkeypatch.setenv("MLMED_TEACH_DATA", "nonsense")
    pd.testing.assert_frame_equal(mt.load_ml_sim("embedded"), df)


def test_data_files_are_found_beside_the_package_before_those_inside_it(monkeypatch, tmp_path):
    clone, wheel = tmp_path / "data", tmp_path / "_data"
    monkeypatch.setattr(data_files, "_FOLDERS", (clone, wheel))
    with pytest.raises(mt.MlmedError, match="ml_sim.csv is missing"):
        data_files.data_file("ml_sim.csv")
    for folder in (wheel, clone):
        folder.mkdir()
        (folder / "ml_sim.csv").touch()
        assert data_files.data_file("ml_sim.csv") == folder / "ml_sim.csv"


def test_a_damaged_file_of_the_package_is_not_taken_for_data(monkeypatch, tmp_path, stand_in):
    (tmp_path / "ml_sim.csv").write_bytes(as_csv(stand_in.head(10)))
    monkeypatch.setattr(data_files, "_FOLDERS", (tmp_path,))
    assert "damaged: there are 10 rows instead of 800" in message()


# A file


@pytest.mark.parametrize("kind", ["csv", "dta"])
def test_a_copy_of_the_embedded_set_is_read_from_either_format(tmp_path, df, kind):
    path = tmp_path / f"copy.{kind}"
    path.write_bytes(as_csv(df) if kind == "csv" else as_dta(df, tmp_path))
    pd.testing.assert_frame_equal(mt.load_ml_sim(str(path)), df)
    pd.testing.assert_frame_equal(mt.load_ml_sim(path), df)


@pytest.mark.parametrize("version", [114, 117, 118])
def test_the_original_is_the_same_from_single_double_and_text(tmp_path, stand_in, version):
    double = stand_in.round(3)
    files = {
        "single.dta": as_dta(stand_in.astype(dict.fromkeys(["x", "m", "y"], "float32")), tmp_path, version=version),
        "double.dta": as_dta(double, tmp_path, version=version),
        "text.csv": as_csv(double),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        pd.testing.assert_frame_equal(mt.load_ml_sim(tmp_path / name), stand_in)


def test_columns_may_stand_in_another_order(tmp_path, stand_in):
    path = tmp_path / "copy.csv"
    path.write_bytes(as_csv(stand_in[["y", "id", "x", "m"]]))
    pd.testing.assert_frame_equal(mt.load_ml_sim(path), stand_in)


def test_the_real_original_is_recognized(original_path):
    table = mt.load_ml_sim(original_path)
    assert len(table) == 800
    assert (table[["x", "m", "y"]].astype("float32").astype("float64") == table[["x", "m", "y"]]).all(axis=None)


def test_the_real_original_is_recognized_in_other_precisions_and_no_more(original_path, tmp_path):
    table = mt.load_ml_sim(original_path)
    for digits, known in ((7, True), (6, True), (3, False)):
        path = tmp_path / "rounded.csv"
        path.write_bytes(as_csv(table.round(digits)))
        if known:
            assert len(mt.load_ml_sim(path)) == 800
        else:
            assert "not the data set" in message(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="m"), ["no column 'm'", "'id', 'x', 'y'"]),
        (lambda t: t.assign(w=1), ["more columns", "'w'"]),
        (lambda t: t.head(799), ["799 rows instead of 800"]),
        (lambda t: t.assign(x=t["x"].where(t.index != 20)), ["'x' has 1 missing or infinite value"]),
        (lambda t: t.assign(x=t["x"].astype(object).where(t.index != 20, "abc")), ["'x' is not numeric"]),
        (lambda t: t.assign(id=t["id"] + 0.5), ["not whole numbers"]),
        (
            lambda t: t.assign(y=t["y"].where(t.index != 20, 55.5)),
            ["1 of its 3,200 values", "row 21, column 'y'", "55.5 instead of"],
        ),
        (lambda t: t.iloc[::-1], ["values differ from the embedded set, first in row 1, column 'id'"]),
    ],
)
def test_another_table_is_refused_with_the_difference_and_the_way_out(tmp_path, df, change, words):
    path = tmp_path / "mine.csv"
    path.write_bytes(as_csv(change(df)))
    text = message(path)
    assert text.startswith("mine.csv is not the data set")
    assert all(word in text for word in [*words, "pandas.read_csv", "mlmed_teach.mediate"]), text


def test_a_missing_file_a_folder_and_an_unknown_kind_are_told_apart(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    assert "There is no file" in message(tmp_path / "none.dta")
    assert "is a folder" in message(tmp_path / "folder.csv")
    assert "neither a .csv nor a .dta" in message("orignal")
    assert "not a int" in message(3)


@pytest.mark.parametrize("name", ["broken.csv", "broken.dta"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe\x80" * 100,
        b"s\x02" + b"\x07" * 300,
        b"<stata_dta><header>",
        b"<html><p>Not, here</p></html>",
    ],
    ids=["empty", "binary", "old dta", "new dta", "html"],
)
def test_a_broken_file_is_an_error_of_this_package(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert name in message(tmp_path / name)


@pytest.mark.parametrize("size", [40, 200, 900, 3000])
def test_a_file_cut_short_is_an_error_of_this_package(tmp_path, stand_in, size):
    (tmp_path / "short.dta").write_bytes(as_dta(stand_in, tmp_path)[:size])
    assert "short.dta" in message(tmp_path / "short.dta")


# The download, for real, from a server on loopback


@pytest.mark.parametrize("kind", ["csv", "dta"])
def test_a_download_is_verified_and_kept_in_either_format(tmp_path, server, addresses, stand_in, kind):
    body = as_csv(stand_in) if kind == "csv" else as_dta(stand_in, tmp_path)
    server.pages["/new.dta"] = (200, body, None)
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), stand_in)
    assert cached(tmp_path) == {f"ml_sim.{kind}": body}


def test_the_second_call_needs_no_network(tmp_path, server, addresses, stand_in):
    server.pages["/new.dta"] = (200, as_csv(stand_in), None)
    first = mt.load_ml_sim("original")
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), first)
    assert server.asked == ["/new.dta"]


def test_the_environment_variable_can_ask_for_the_original(monkeypatch, server, addresses, stand_in):
    server.pages["/new.dta"] = (200, as_csv(stand_in), None)
    monkeypatch.setenv("MLMED_TEACH_DATA", "original")
    pd.testing.assert_frame_equal(mt.load_ml_sim(), stand_in)


def test_a_download_shows_its_progress(server, addresses, stand_in, capfd):
    server.pages["/new.dta"] = (200, as_csv(stand_in), None)
    mt.load_ml_sim("original")
    assert "100%" in capfd.readouterr().err


def test_the_older_address_is_tried_when_the_newer_is_gone(server, addresses, stand_in):
    server.pages["/old.dta"] = (200, as_csv(stand_in), None)
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), stand_in)
    assert server.asked == ["/new.dta", "/old.dta"]


def test_a_transfer_that_breaks_off_is_repeated_then_left_for_the_older_address(server, addresses, stand_in):
    body = as_csv(stand_in)
    server.pages["/new.dta"] = (200, body[:5000], len(body))
    server.pages["/old.dta"] = (200, body, None)
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), stand_in)
    assert server.asked == ["/new.dta"] * 3 + ["/old.dta"]


def test_a_failed_download_says_what_happened_where_and_changes_nothing(tmp_path, server, addresses, stand_in):
    body = as_csv(stand_in)
    server.pages["/new.dta"] = (503, b"", None)
    server.pages["/old.dta"] = (200, body[:5000], len(body))
    text = message("original")
    assert f"{server.address}/new.dta: the server says 503" in text
    assert f"{server.address}/old.dta: the transfer broke off, in 3 attempts" in text
    assert 'load_ml_sim("embedded")' in text and 'load_ml_sim("path/to/ml_sim.dta")' in text
    assert cached(tmp_path) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:5000],  # short, and not announced as longer
        lambda body: b"<html><body>This page has moved</body></html>",
        lambda body: body.replace(b"id,x,m,y", b"id,x,m,z"),
        lambda body: body.replace(b".1", b".2"),
        lambda body: b"",
    ],
    ids=["short", "a page", "another column", "other values", "nothing"],
)
def test_changed_content_is_refused_and_not_stored(tmp_path, server, addresses, stand_in, change):
    server.pages["/new.dta"] = server.pages["/old.dta"] = (200, change(as_csv(stand_in)), None)
    assert message("original").count("what it sends is not the data set") == 2
    assert cached(tmp_path) == {}


def test_a_server_that_is_down_is_reported_as_no_connection(monkeypatch, tmp_path, stand_in):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(ml_sim, "ADDRESSES", (f"http://127.0.0.1:{port}/ml_sim.dta",))
    text = message("original")
    assert f"127.0.0.1:{port}/ml_sim.dta: no connection (is this computer online?)" in text
    assert cached(tmp_path) == {}


def test_a_server_that_does_not_answer_is_asked_once(monkeypatch, server, addresses, stand_in):
    monkeypatch.setattr(ml_sim, "_TIMEOUT", 0.2)
    server.pages["/new.dta"] = (None, b"", None)
    server.pages["/old.dta"] = (200, as_csv(stand_in), None)
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), stand_in)
    assert server.asked == ["/new.dta", "/old.dta"]


def test_a_damaged_cache_is_replaced_by_a_good_download_and_only_by_that(tmp_path, server, addresses, stand_in):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "ml_sim.csv").write_bytes(b"damaged")
    message("original")
    assert cached(tmp_path) == {"ml_sim.csv": b"damaged"}
    server.pages["/new.dta"] = (200, as_csv(stand_in), None)
    pd.testing.assert_frame_equal(mt.load_ml_sim("original"), stand_in)
    assert cached(tmp_path) == {"ml_sim.csv": as_csv(stand_in)}


def test_a_cache_that_cannot_be_written_is_named_with_the_remedy(tmp_path, server, addresses, stand_in):
    (tmp_path / "cache").write_text("a file where the folder should be")
    server.pages["/new.dta"] = (200, as_csv(stand_in), None)
    text = message("original")
    assert str(tmp_path / "cache") in text and "MLMED_TEACH_CACHE" in text
