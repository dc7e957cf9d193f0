"""The URL of a database: what is taken, what is refused, and that no password is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperopt.storage.sql.address import masked, parse
from hyperopt.storage.sql.network import network_file_system


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///study.db", "study.db"),
        ("sqlite:////tmp/study.db", "/tmp/study.db"),
        ("sqlite:///a%20b.db", "a b.db"),
        ("SQLite:///x.db", "x.db"),
    ],
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    assert parse(url).scheme == "sqlite"
    assert parse(url).target == path


def test_a_path_is_a_sqlite_database() -> None:
    assert parse(Path("study.db")).target == "study.db"


@pytest.mark.parametrize(
    "url", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg://u@h/d"]
)
def test_the_usual_spellings_of_postgresql_are_one(url: str) -> None:
    assert parse(url).target == "postgresql://u@h/d"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("study.db", "give sqlite:///file.db"),
        ("mysql://u:secret@h/d", "not the URL of a database"),
        ("sqlite://study.db", "three slashes"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "take Trials"),
        ("sqlite:///x.db?a=1", "no options"),
        ("postgresql:secret", "goes on with '//'"),
        ("mongo://me:secret@host:1234/db/jobs", "hyperopt copy study.pkl"),
        ("mongodb+srv://me:secret@host/db", "MongoDB"),
    ],
)
def test_other_urls_are_refused_with_what_to_do(url: str, words: str) -> None:
    with pytest.raises(ValueError, match="url=") as caught:
        parse(url)
    assert words in str(caught.value)
    assert "me:secret" not in str(caught.value)
    assert "u:secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@host/db",
        "postgresql://me:se%2Fcret@host/db",
        "postgresql://me:se/secret@host/db",
        "postgresql://me:se@secret@host/db",
        "postgresql://host/db?user=me&password=secret",
        "postgresql://host/db?sslpassword=secret&user=me",
        "host=h password='secret word' user=me",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    assert "cret" not in masked(url)
    assert "me" in masked(url)
    if url.startswith("postgresql:"):
        assert "cret" not in str(parse(url)) + repr(parse(url))


def test_a_network_file_system_is_recognised_by_the_longest_mount_point(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "23 22 0:50 / /home rw shared:1 - nfs4 server:/home rw\n"
        "24 23 8:2 / /home/me/my\\040disk rw - xfs /dev/sdb1 rw\n"
        "25 22 0:51 / /cloud rw - fuse.sshfs host: rw\n"
    )
    for path, kind in [
        ("/var/x", None),
        ("/home/you", "nfs4"),
        ("/home", "nfs4"),
        ("/homework", None),
        ("/home/me/my disk/a", None),
        ("/cloud/a", "fuse.sshfs"),
    ]:
        assert network_file_system(Path(path), mounts) == kind
    assert network_file_system(tmp_path, tmp_path / "missing") is None
