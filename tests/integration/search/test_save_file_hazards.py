"""What may happen to a `trials_save_file`: other runs, full disks, links, modes, forks."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
import textwrap
import threading

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_DONE
from hyperopt.exceptions import SaveFileInUse
from hyperopt.storage.file_claim import FileClaim
from hyperopt.storage.save_file import Saver, load
from hyperopt.storage.whole_file import replace, temporary_of, write_all

X = hp.uniform("x", -5, 5)


def search(path, max_evals, objective=lambda x: x, **options):
    options = {"rstate": 0, "verbose": False} | options
    return fmin(objective, X, rand.suggest, max_evals, trials_save_file=path, **options)


# -- two runs


def test_a_second_run_in_this_process_is_told_that_the_file_is_taken(tmp_path):
    path, inside, done = tmp_path / "f", threading.Event(), threading.Event()

    def objective(x):
        inside.set()
        assert done.wait(30)
        return x

    first = threading.Thread(target=search, args=(path, 2, objective))
    first.start()
    assert inside.wait(30)
    before = path.read_bytes()
    with pytest.raises(SaveFileInUse, match="another run in this process"):
        search(path, 3)
    assert path.read_bytes() == before
    done.set()
    first.join()
    search(path, 3)
    assert len(load(path)) == 3


RUN = textwrap.dedent(
    """
    import sys
    from hyperopt import fmin, hp, rand

    def objective(x):
        print("running", flush=True)
        sys.stdin.readline()
        return x

    fmin(objective, hp.uniform("x", -5, 5), rand.suggest, 2, trials_save_file=sys.argv[1],
         rstate=0, verbose=False)
    """
)


def other_run(path):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "running\n"
    return process


def test_a_run_of_another_process_is_named_and_neither_study_is_lost(tmp_path):
    path = tmp_path / "f"
    with other_run(path) as process:
        with pytest.raises(SaveFileInUse, match=f"process {process.pid} on .*, since "):
            search(path, 3)
        process.communicate("\n\n")
    assert process.returncode == 0
    assert len(load(path)) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_killed_run_has_no_claim_although_its_mark_is_left(tmp_path):
    path = tmp_path / "f"
    with other_run(path) as process:
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / ".f.lock").exists()
    search(path, 3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_claim_can_be_made_again_after_its_release(tmp_path):
    first = FileClaim(tmp_path / "f")
    with pytest.raises(SaveFileInUse) as caught:
        FileClaim(tmp_path / "f")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    first.release()
    first.release()
    FileClaim(tmp_path / "f").release()
    assert not list(tmp_path.iterdir())


def test_new_trials_do_not_overwrite_an_older_study(tmp_path):
    path = tmp_path / "f"
    search(path, 4)
    before = path.read_bytes()
    ran = []
    with pytest.raises(ValueError, match="holds 4 finished trials that trials= lacks"):
        search(path, 5, ran.append, trials=Trials())
    assert not ran
    assert path.read_bytes() == before
    other = Trials()
    fmin(lambda x: x, X, rand.suggest, 6, trials=other, rstate=1, verbose=False)
    with pytest.raises(ValueError, match="give another file name"):
        search(path, 7, trials=other)
    search(path, 7, trials=load(path))  # the study itself goes on
    assert len(load(path)) == 7


def test_a_file_of_something_else_is_not_overwritten(tmp_path):
    path = tmp_path / "thesis.txt"
    path.write_text("chapter one")
    with pytest.raises(ValueError, match="give another file name"):
        search(path, 2, trials=Trials())
    assert path.read_text() == "chapter one"


def test_a_file_that_takes_the_place_of_ours_is_set_aside(tmp_path):
    path = tmp_path / "f"

    def objective(x):
        if len(load(path)) == 3:
            path.unlink()
            path.write_text("of somebody else")
        return x

    search(path, 6, objective)
    assert len(load(path)) == 6
    assert (tmp_path / "f.1").read_text() == "of somebody else"


# -- disks


FULL = textwrap.dedent(
    """
    import os, resource, signal, sys
    from hyperopt import fmin, hp, rand

    path, n = sys.argv[1], 0

    def objective(x):
        global n
        n += 1
        size = os.path.getsize(path)
        limit = size + 4000 if n == 20 else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        if n == 60:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"loss": x, "status": "ok", "blob": os.urandom(9000)}

    fmin(objective, hp.uniform("x", -5, 5), rand.suggest, 1000, trials_save_file=path, rstate=0,
         verbose=False)
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_disk_that_is_full_for_one_trial_costs_no_trial(tmp_path):
    path = tmp_path / "f"
    run = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert len(pickle.loads(path.read_bytes()).trials) in (59, 60)
    assert load(path).count_by_state_unsynced(JOB_STATE_DONE) == 59


def test_what_is_written_is_forced_onto_the_disk(tmp_path, monkeypatch):
    sizes, fsync = [], os.fsync

    def noticed(descriptor):
        sizes.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noticed)
    monkeypatch.setattr("hyperopt.storage.save_file.SYNC_INTERVAL_S", -1.0)
    search(tmp_path / "f", 4)
    first, *pieces, last = sizes  # the whole, a piece for each trial, and the file that is left
    assert 0 < first < pieces[0]
    assert pieces == sorted(set(pieces))
    assert len(pieces) == 4
    assert last == (tmp_path / "f").stat().st_size


class Stingy:
    """A raw file that takes a few bytes at a time, and in the end no more."""

    def __init__(self, room):
        self.room, self.written = room, b""

    def write(self, data):
        taken = bytes(data[: min(3, self.room - len(self.written))])
        self.written += taken
        return len(taken)


def test_a_short_write_is_continued_or_an_error():
    file = Stingy(100)
    write_all(file, b"0123456789")
    assert file.written == b"0123456789"
    with pytest.raises(OSError, match="No space left"):
        write_all(Stingy(7), b"0123456789")


def test_a_run_that_cannot_save_in_the_end_says_so_and_keeps_its_trials(tmp_path, monkeypatch):
    path, trials = tmp_path / "f", Trials()

    def objective(x):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("hyperopt.storage.save_file.write_all", full)
        monkeypatch.setattr("hyperopt.storage.save_file.replace", full)
        return x

    with pytest.raises(OSError, match="No space left"):
        search(path, 3, objective, trials=trials)
    assert len(trials) == 3


def test_a_file_that_cannot_be_written_is_an_error_before_anything_runs(tmp_path, monkeypatch):
    path, ran = tmp_path / "f", []
    search(path, 2)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PermissionError):
        search(path, 4, ran.append)
    assert not ran


# -- modes and links


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_the_mode_of_a_file_is_kept(tmp_path, mode):
    path = tmp_path / "f"
    search(path, 2)
    path.chmod(mode)
    search(path, 4)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_planted_link_is_not_followed(tmp_path):
    path, victim = tmp_path / "f", tmp_path / "victim"
    victim.write_text("precious")
    temporary_of(path).symlink_to(victim)
    search(path, 2)
    assert victim.read_text() == "precious"
    assert not path.is_symlink()
    (tmp_path / ".g.lock").symlink_to(victim)
    with pytest.raises(OSError, match=r"symbolic link|Too many"):
        search(tmp_path / "g", 2)
    assert victim.read_text() == "precious"


def test_all_names_of_a_file_have_the_study(tmp_path):
    path, other = tmp_path / "f", tmp_path / "other"
    search(path, 2)
    other.hardlink_to(path)
    search(path, 4)
    assert len(load(other)) == len(load(path)) == 4
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["f", "other"]


def test_a_kill_while_a_file_with_two_names_is_overwritten_costs_nothing(tmp_path):
    path, other = tmp_path / "f", tmp_path / "other"
    search(path, 30)
    whole = path.read_bytes()
    for written in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.unlink(missing_ok=True)
        replace(path, b"x" * (len(whole) + 50))
        other.unlink(missing_ok=True)
        other.hardlink_to(path)
        temporary_of(path).write_bytes(whole)
        with path.open("r+b") as file:
            file.write(whole[:written])
        assert len(load(path)) == 30


def test_a_link_to_a_file_stays_a_link(tmp_path):
    path, link = tmp_path / "f", tmp_path / "link"
    search(path, 2)
    link.symlink_to(path)
    search(link, 4)
    assert link.is_symlink()
    assert len(load(path)) == 4


# -- forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_a_fork_of_the_run_writes_nothing(tmp_path):
    path, trials = tmp_path / "f", Trials()
    saver = Saver(path, trials)
    saver.save()
    before = path.read_bytes()
    pid = os.fork()
    if pid == 0:
        try:
            fmin(lambda x: x, X, rand.suggest, 3, trials=trials, rstate=0, verbose=False)
            saver.save()
            saver.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert path.read_bytes() == before
    with pytest.raises(SaveFileInUse):
        FileClaim(path.resolve())
    saver.close()


# -- what can't be pickled


class Stubborn:
    """Can't be pickled, in words of its own."""

    def __reduce__(self):
        raise ZeroDivisionError("not me")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"model": (i for i in [])}, r"trial 2\['result'\]\['model'\] \(generator\)"),
        ({"parts": [1, Stubborn()]}, r"trial 2\['result'\]\['parts'\]\[1\] \(Stubborn\)"),
        ({"attachments": {"net": Stubborn()}}, r"attachment 'ATTACH::2::net' \(Stubborn\)"),
    ],
)
def test_what_cannot_be_saved_is_named_with_the_file_and_the_rest_is_kept(tmp_path, result, words):
    path = tmp_path / "f"

    def objective(x):
        more = result if len(load(path)) == 2 else {}
        return {"loss": x, "status": "ok", **more}

    with pytest.raises(pickle.PicklingError, match=rf"trials_save_file='{path}': {words}"):
        search(path, 5, objective)
    assert load(path).count_by_state_unsynced(JOB_STATE_DONE) == 2
