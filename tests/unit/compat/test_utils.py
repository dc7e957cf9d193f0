"""Directories, calls by name and the other small helpers behind hyperopt.utils."""

import datetime as dt
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from hyperopt import utils


def test_the_coarse_time_is_naive_utc_in_whole_milliseconds():
    now = utils.coarse_utcnow()
    assert now.tzinfo is None
    assert now.microsecond % 1000 == 0
    reference = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    assert abs(reference - now) < dt.timedelta(minutes=1)


def test_membership_is_told_for_each_element():
    assert utils.fast_isin([3, 1, 2], [2, 3]).tolist() == [True, False, True]
    assert utils.fast_isin([], [1]).tolist() == []


def test_only_the_newest_version_of_a_document_counts():
    documents = [
        {"_id": 2, "version": 1},
        {"_id": 1, "version": 5},
        {"_id": 2, "version": 3},
        {"_id": 1, "version": 5},
    ]
    assert utils.get_most_recent_inds(documents).tolist() == [3, 2]
    assert utils.get_most_recent_inds([]).tolist() == []


def test_the_probability_of_being_smallest_is_shared_out():
    p = utils.pmin_sampled([0.0, 1.0, 50.0], [1.0, 1.0, 1.0])
    # P(N(0,1) < N(1,1)) = cdf(1/sqrt 2) = 0.7602; four standard errors of 1000 draws.
    assert p[0] == pytest.approx(0.7602, abs=0.055)
    assert p[2] == 0.0
    assert p.sum() == pytest.approx(1.0)
    assert p.tolist() == utils.pmin_sampled([0.0, 1.0, 50.0], np.ones(3)).tolist()


def test_a_path_is_split_into_its_components():
    assert list(utils.path_split_all("a/b/c")) == ["a", "b", "c"]
    assert list(utils.path_split_all("/a/b/")) == ["/", "a", "b"]


def test_the_closest_directory_is_the_deepest_that_exists(tmp_path):
    assert utils.get_closest_dir(str(tmp_path / "new" / "deep")) == (str(tmp_path), "new")
    assert utils.get_closest_dir(str(tmp_path)) == (str(tmp_path), "")


def test_the_working_directory_is_restored_even_after_an_error(tmp_path):
    before = Path.cwd()

    def fail_inside():
        with utils.working_dir(str(tmp_path)):
            assert Path.cwd().samefile(tmp_path)
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert Path.cwd() == before


def test_a_temporary_directory_removes_only_what_it_made(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    with utils.temp_dir(str(old / "a" / "b"), erase_after=True):
        (old / "a" / "b" / "file").touch()
        assert (old / "a.inuse").exists()
    assert list(old.iterdir()) == []
    with utils.temp_dir(str(old), erase_after=True):
        pass
    assert old.is_dir()


def test_a_temporary_directory_is_kept_unless_it_is_to_be_erased(tmp_path):
    with utils.temp_dir(str(tmp_path / "kept"), with_sentinel=False):
        assert not (tmp_path / "kept.inuse").exists()
    assert (tmp_path / "kept").is_dir()


def test_a_temporary_directory_cannot_climb():
    with pytest.raises(RuntimeError, match="must not contain"):
        utils.temp_dir("../x").__enter__()


def test_a_dotted_name_is_imported_as_far_as_it_is_a_module():
    module, rest = utils.import_tokens(["os", "path", "join"])
    assert (module, rest) == (os.path, ["join"])
    assert utils.import_tokens(["no_such_module_at_all", "x"]) == (
        None,
        ["no_such_module_at_all", "x"],
    )


def test_functions_are_called_by_name():
    assert utils.json_call("os.path.join", args=("a", "b")) == str(Path("a", "b"))
    assert utils.json_lookup("collections.OrderedDict.fromkeys")("ab") == {"a": None, "b": None}
    assert utils.get_obj("builtins.dict", kwargs={"x": 1}) == {"x": 1}


def test_stored_arguments_join_the_given_ones(tmp_path):
    stored = pickle.dumps({"args": ("b",)})
    (tmp_path / "args.pkl").write_bytes(stored)
    expected = str(Path("a", "b"))
    assert utils.get_obj("os.path.join", argstr=stored, args=("a",)) == expected
    assert utils.get_obj("os.path.join", argfile=tmp_path / "args.pkl", args=("a",)) == expected


def test_names_that_lead_nowhere_say_so():
    with pytest.raises(ModuleNotFoundError, match="full dotted name"):
        utils.json_lookup("no_such_module_at_all.f")
    with pytest.raises(AttributeError):
        utils.json_lookup("os.path.no_such_function")
    with pytest.raises(NotImplementedError, match="dotted name"):
        utils.json_call({"f": 1})
    with pytest.raises(TypeError, match="dotted name"):
        utils.json_lookup(3)
