"""The check of the Rust modules finds what it is for."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "check-rust-modules"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    if not SCRIPT.exists():
        pytest.skip("the script is not part of this distribution")
    loader = SourceFileLoader("check_rust_modules", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def circles(check: ModuleType, folder: Path, files: dict[str, str]) -> list[tuple[str, ...]]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    graph = check.Crate(folder).graph()
    found = [circle for one in (graph, *check.folders(graph)) for circle in check.circles(one)]
    return sorted({tuple("::".join(module) for module in circle) for circle in found})


@pytest.mark.parametrize(
    "back",
    [
        "use crate::a::A;",
        "use crate::{a::{self, A}, c};",
        "fn f() -> crate::a::A { todo!() }",
        "use super::a; fn f() { a::f(); }",
        "use crate::A;",
    ],
)
def test_a_circle_of_two_files_is_found_however_it_is_written(
    check: ModuleType, tmp_path: Path, back: str
) -> None:
    files = {
        "lib.rs": "pub mod a; pub mod b; pub mod c; pub use a::A;",
        "a.rs": "use crate::b::B; pub struct A(B);",
        "b.rs": back,
        "c.rs": "",
    }
    assert circles(check, tmp_path, files) == [("a", "b")]


def test_a_circle_of_folders_is_found_where_no_file_is_in_one(
    check: ModuleType, tmp_path: Path
) -> None:
    files = {
        "lib.rs": "mod x; mod y;",
        "x/mod.rs": "mod one; mod two;",
        "x/one.rs": "use crate::y::one::One;",
        "x/two.rs": "pub struct Two;",
        "y/mod.rs": "pub mod one; mod two;",
        "y/one.rs": "pub struct One;",
        "y/two.rs": "use crate::x::two::Two;",
    }
    assert circles(check, tmp_path, files) == [("x", "y")]


def test_tests_comments_and_texts_are_left_out(check: ModuleType, tmp_path: Path) -> None:
    files = {
        "lib.rs": "mod a; mod b;",
        "a.rs": "use crate::b::B; pub struct A(B);",
        "b.rs": """
            //! See crate::a::A.
            pub const B: &str = "crate::a::A";
            #[cfg(test)]
            mod tests { use crate::a::A; }
        """,
    }
    assert circles(check, tmp_path, files) == []
