//! JSON as this package writes it, read into Python objects.

use crate::writer::scalar;
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

/// Why a text was not read.
pub enum Refusal {
    /// Something that Python's reader knows what to do with, or knows to be wrong.
    Unusual,
    Raised(PyErr),
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

pub type Found<T> = Result<T, Refusal>;

/// What the readers of one call have in common.
pub struct Kit<'a, 'py> {
    pub py: Python<'py>,
    strings: HashMap<&'a str, Bound<'py, PyString>>,
    float64: Bound<'py, PyArrayDescr>,
    int64: Bound<'py, PyArrayDescr>,
}

impl<'a, 'py> Kit<'a, 'py> {
    pub fn new(py: Python<'py>) -> Self {
        Self {
            py,
            strings: HashMap::new(),
            float64: dtype::<f64>(py),
            int64: dtype::<i64>(py),
        }
    }

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

/// A number as it was written: whole, or not.
enum Number {
    Int(i64),
    Float(f64),
}

/// Reads one text: JSON as Python writes it, without spaces.
pub struct Reader<'a, 'b, 'py> {
    text: &'a str,
    at: usize,
    pub kit: &'b mut Kit<'a, 'py>,
}

impl<'a, 'b, 'py> Reader<'a, 'b, 'py> {
    pub fn new(text: &'a str, kit: &'b mut Kit<'a, 'py>) -> Self {
        Self { text, at: 0, kit }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Found<()> {
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(Refusal::Unusual)
        }
    }

    /// Any value, inside of so many others.
    pub fn value(&mut self, depth: usize) -> Found<Bound<'py, PyAny>> {
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
        self.entries(|reader| {
            let key = reader.key()?;
            let value = reader.value(depth + 1)?;
            Ok(dict.set_item(key, value)?)
        })?;
        Ok(dict.into_any())
    }

    /// The entries of an object, behind its opening brace.
    pub fn entries(&mut self, mut entry: impl FnMut(&mut Self) -> Found<()>) -> Found<()> {
        let mut is_first = true;
        while !self.takes(b'}') {
            if !is_first {
                self.expect(b",")?;
            }
            is_first = false;
            entry(self)?;
        }
        Ok(())
    }

    /// A number as a numpy scalar.
    pub fn scalar(&mut self) -> Found<Bound<'py, PyAny>> {
        let (py, number) = (self.kit.py, self.number()?);
        Ok(match number {
            Number::Float(value) => scalar(py, &value, &self.kit.float64)?,
            Number::Int(value) => scalar(py, &value, &self.kit.int64)?,
        })
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
    pub fn key(&mut self) -> Found<Bound<'py, PyString>> {
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

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, bytes: &[u8]) -> Found<()> {
        if self.text.as_bytes()[self.at..].starts_with(bytes) {
            self.at += bytes.len();
            Ok(())
        } else {
            Err(Refusal::Unusual)
        }
    }
}
