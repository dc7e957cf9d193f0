//! Trial documents of a database: their texts, read in bulk.
//!
//! Opening a long study is parsing JSON and making Python objects, fifty for a trial of ten
//! parameters. Here both happen at once, and all documents share the strings that they have in
//! common. A text with anything out of the ordinary in it is left to Python's own reader.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::gil;
use crate::writer::{PausedCollector, scalar, untrack};
use numpy::{PyArrayDescr, dtype};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use std::collections::HashMap;

/// Nested deeper than this is out of the ordinary.
const DEEPEST: usize = 64;

/// How many strings are shared.
const MOST_SHARED: usize = 10_000;

/// A longer string is not shared, unless it is a key.
const LONGEST_SHARED: usize = 24;

/// For each text `(idxs, vals, rest)`, or None if Python has to read it: the parameters as lists of numpy scalars,
/// and everything else that the text holds.
#[pyfunction]
pub fn read_stored<'py>(
    py: Python<'py>,
    texts: Vec<Bound<'py, PyString>>,
    tids: Vec<i64>,
) -> PyResult<Bound<'py, PyList>> {
    let _paused = PausedCollector::new(py);
    let out = PyList::empty(py);
    let mut kit = Kit {
        py,
        strings: HashMap::new(),
        float64: dtype::<f64>(py),
        int64: dtype::<i64>(py),
    };
    for (at, (text, tid)) in texts.iter().zip(tids).enumerate() {
        gil::hear_now_and_then(py, at)?;
        let mut reader = Reader {
            text: text.to_str()?,
            at: 0,
            kit: &mut kit,
        };
        match reader.document(tid) {
            Ok(parts) => out.append(parts)?,
            Err(Refusal::Unusual) => out.append(py.None())?,
            Err(Refusal::Raised(error)) => return Err(error),
        }
    }
    Ok(out)
}

/// Why a text was not read.
enum Refusal {
    /// Something that Python's reader knows what to do with, or knows to be wrong.
    Unusual,
    Raised(PyErr),
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

type Found<T> = Result<T, Refusal>;

/// What the readers of one call have in common.
struct Kit<'a, 'py> {
    py: Python<'py>,
    strings: HashMap<&'a str, Bound<'py, PyString>>,
    float64: Bound<'py, PyArrayDescr>,
    int64: Bound<'py, PyArrayDescr>,
}

impl<'a, 'py> Kit<'a, 'py> {
    fn shared(&mut self, text: &'a str) -> Bound<'py, PyString> {
        if let Some(string) = self.strings.get(text) {
            return string.clone();
        }
        let string = PyString::new(self.py, text);
        if self.strings.len() < MOST_SHARED {
            self.strings.insert(text, string.clone());
        }
        string
    }
}

enum Number {
    Int(i64),
    Float(f64),
}

type Parts<'py> = (Bound<'py, PyDict>, Bound<'py, PyDict>, Bound<'py, PyDict>);

/// Reads one text: JSON as Python writes it, without spaces.
struct Reader<'a, 'b, 'py> {
    text: &'a str,
    at: usize,
    kit: &'b mut Kit<'a, 'py>,
}

impl<'a, 'py> Reader<'a, '_, 'py> {
    /// `{"v":{label: number or null, ...}, ...}`.
    fn document(&mut self, tid: i64) -> Found<Parts<'py>> {
        self.expect(b"{\"v\":")?;
        let (idxs, vals) = self.parameters(tid)?;
        let rest = PyDict::new(self.kit.py);
        while self.takes(b',') {
            let key = self.key()?;
            let value = self.value(0)?;
            rest.set_item(key, value)?;
        }
        self.expect(b"}")?;
        if self.at == self.text.len() {
            Ok((idxs, vals, rest))
        } else {
            Err(Refusal::Unusual)
        }
    }

    fn parameters(&mut self, tid: i64) -> Found<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
        let py = self.kit.py;
        let (idxs, vals) = (PyDict::new(py), PyDict::new(py));
        let tid = tid.into_pyobject(py).map_err(PyErr::from)?;
        self.expect(b"{")?;
        let mut is_first = true;
        while !self.takes(b'}') {
            if !is_first {
                self.expect(b",")?;
            }
            is_first = false;
            let label = self.key()?;
            let (idx, val) = if self.peek() == Some(b'n') {
                self.expect(b"null")?;
                (PyList::empty(py), PyList::empty(py))
            } else {
                let value = match self.number()? {
                    Number::Float(value) => scalar(py, &value, &self.kit.float64)?,
                    Number::Int(value) => scalar(py, &value, &self.kit.int64)?,
                };
                (PyList::new(py, [&tid])?, PyList::new(py, [value])?)
            };
            untrack(&idx);
            untrack(&val);
            idxs.set_item(&label, idx)?;
            vals.set_item(&label, val)?;
        }
        untrack(&idxs);
        untrack(&vals);
        Ok((idxs, vals))
    }

    fn value(&mut self, depth: usize) -> Found<Bound<'py, PyAny>> {
        let py = self.kit.py;
        if depth > DEEPEST {
            return Err(Refusal::Unusual);
        }
        match self.peek() {
            Some(b'{') => self.dict(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => {
                let text = self.string()?;
                Ok(if text.len() <= LONGEST_SHARED {
                    self.kit.shared(text).into_any()
                } else {
                    PyString::new(py, text).into_any()
                })
            }
            Some(b'n') => self.expect(b"null").map(|()| py.None().into_bound(py)),
            Some(b't') => self
                .expect(b"true")
                .map(|()| PyBool::new(py, true).to_owned().into_any()),
            Some(b'f') => self
                .expect(b"false")
                .map(|()| PyBool::new(py, false).to_owned().into_any()),
            _ => Ok(match self.number()? {
                Number::Int(value) => PyInt::new(py, value).into_any(),
                Number::Float(value) => PyFloat::new(py, value).into_any(),
            }),
        }
    }

    fn list(&mut self, depth: usize) -> Found<Bound<'py, PyAny>> {
        let list = PyList::empty(self.kit.py);
        self.expect(b"[")?;
        while !self.takes(b']') {
            if !list.is_empty() {
                self.expect(b",")?;
            }
            let item = self.value(depth + 1)?;
            list.append(item)?;
        }
        Ok(list.into_any())
    }

    fn dict(&mut self, depth: usize) -> Found<Bound<'py, PyAny>> {
        self.expect(b"{")?;
        if self.text[self.at..].starts_with("\"$") {
            return self.numpy_scalar();
        }
        let dict = PyDict::new(self.kit.py);
        let mut is_first = true;
        while !self.takes(b'}') {
            if !is_first {
                self.expect(b",")?;
            }
            is_first = false;
            let key = self.key()?;
            let value = self.value(depth + 1)?;
            dict.set_item(key, value)?;
        }
        Ok(dict.into_any())
    }

    /// `"$n":["float64",0.5]}`, which is what a dict with a type means if it is one of these two.
    fn numpy_scalar(&mut self) -> Found<Bound<'py, PyAny>> {
        self.expect(b"\"$n\":[\"")?;
        let is_float = self.peek() == Some(b'f');
        self.expect(if is_float { b"float64\"," } else { b"int64\"," })?;
        let value = match (self.number()?, is_float) {
            (Number::Float(value), true) => scalar(self.kit.py, &value, &self.kit.float64)?,
            (Number::Int(value), false) => scalar(self.kit.py, &value, &self.kit.int64)?,
            _ => return Err(Refusal::Unusual),
        };
        self.expect(b"]}")?;
        Ok(value)
    }

    /// A key, with its colon.
    fn key(&mut self) -> Found<Bound<'py, PyString>> {
        let text = self.string()?;
        if text.starts_with('$') {
            return Err(Refusal::Unusual);
        }
        self.expect(b":")?;
        Ok(self.kit.shared(text))
    }

    /// A string in which nothing is escaped.
    fn string(&mut self) -> Found<&'a str> {
        self.expect(b"\"")?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                None | Some(b'\\' | ..b' ') => return Err(Refusal::Unusual),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(&self.text[start..self.at - 1])
    }

    /// A number in JSON's grammar; the value nearest to it, as Python reads it.
    fn number(&mut self) -> Found<Number> {
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        let n_whole = self.at;
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') {
            let _signed = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if n_whole == self.at {
            text.parse().map(Number::Int).map_err(|_| Refusal::Unusual)
        } else {
            let value: f64 = text.parse().map_err(|_| Refusal::Unusual)?;
            Ok(Number::Float(value))
        }
    }

    fn digits(&mut self) -> Found<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            Err(Refusal::Unusual)
        } else {
            Ok(())
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, bytes: &[u8]) -> Found<()> {
        if self.text.as_bytes()[self.at..].starts_with(bytes) {
            self.at += bytes.len();
            Ok(())
        } else {
            Err(Refusal::Unusual)
        }
    }
}
