//! Hints to the processor: what will be read of Python's objects soon.
//!
//! A wrong or useless address costs a little time and nothing else, so nothing here depends on how `CPython` lays its
//! objects out: with another layout reading is slower.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

/// Where a list has its array of items, and a dict its table, in words; see `PyListObject` and `PyDictObject`.
const ITEMS: usize = 3;
const TABLE: usize = 4;

/// Bytes in a cache line.
const LINE: usize = 64;

/// Asks for the cache line at an address, in the second level: the first is too small for what a step asks for.
/// Does nothing on other processors.
#[inline]
pub fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which faults nowhere; SSE is part of the architecture.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Asks for an item of a list: for what says of a dict where its table is.
#[inline]
pub fn prefetch_item(list: &Bound<'_, PyList>, at: usize) {
    // SAFETY: the list lives, `at` is within it, and the borrowed item is not read.
    unsafe { prefetch_dict(ffi::PyList_GetItem(list.as_ptr(), at.cast_signed())) }
}

/// The same for a value of a dict. Anything else than a dict has none.
#[inline]
pub fn prefetch_value(dict: &Bound<'_, PyAny>, key: &Bound<'_, PyString>) {
    // SAFETY: both live, and the borrowed value is not read.
    unsafe { prefetch_dict(ffi::PyDict_GetItem(dict.as_ptr(), key.as_ptr())) }
}

#[inline]
fn prefetch_dict(dict: *const ffi::PyObject) {
    prefetch(dict);
    prefetch(dict.cast::<*const u8>().wrapping_add(TABLE));
}

/// Asks for the first `bytes` of the table of a dict. Anything else than a dict has none.
#[inline]
pub fn prefetch_table(dict: &Bound<'_, PyAny>, bytes: usize) {
    if !dict.is_instance_of::<PyDict>() {
        return;
    }
    // SAFETY: a dict has at least as many words.
    let table = unsafe { *dict.as_ptr().cast::<*const u8>().add(TABLE) };
    for offset in (0..bytes).step_by(LINE) {
        prefetch(table.wrapping_add(offset));
    }
}

/// Asks for the items of a list.
///
/// # Safety
/// `list` is an exact list that lives.
#[inline]
pub unsafe fn prefetch_items(list: *mut ffi::PyObject) {
    // SAFETY: a list has at least as many words.
    prefetch(unsafe { *list.cast::<*const u8>().add(ITEMS) });
}
