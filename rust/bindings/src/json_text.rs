//! Python objects as JSON, in the words of Python's own encoder; what is out of the ordinary is left to that.

use numpy::{PyArrayDescrMethods, dtype};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyType};
use std::fmt::Write;

/// Nested deeper than this is out of the ordinary.
const DEEPEST: usize = 64;

/// Something that Python's encoder knows what to do with, or knows to be wrong.
pub struct Unusual;

pub type Written = Result<(), Unusual>;

/// A text that is being written.
pub struct JsonText<'py> {
    text: String,
    float64: Bound<'py, PyType>,
    int64: Bound<'py, PyType>,
}

impl<'py> JsonText<'py> {
    pub fn new(py: Python<'py>) -> Self {
        Self {
            text: String::with_capacity(512),
            float64: dtype::<f64>(py).typeobj(),
            int64: dtype::<i64>(py).typeobj(),
        }
    }

    /// The text as it is now.
    pub fn into_string(self) -> String {
        self.text
    }

    /// Appends JSON.
    pub fn push(&mut self, json: &str) {
        self.text.push_str(json);
    }

    /// Any value, inside of so many others; a numpy scalar with its type.
    pub fn value(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> Written {
        if depth > DEEPEST {
            return Err(Unusual);
        }
        if let Ok(string) = value.cast_exact::<PyString>() {
            self.string(string)?;
        } else if value.is_none() {
            self.push("null");
        } else if let Ok(flag) = value.cast_exact::<PyBool>() {
            self.push(if flag.is_true() { "true" } else { "false" });
        } else if let Ok(float) = value.cast_exact::<PyFloat>() {
            self.float(float.value())?;
        } else if value.is_exact_instance_of::<PyInt>() {
            self.whole(value)?;
        } else if let Ok(dict) = value.cast_exact::<PyDict>() {
            self.object(dict.iter(), |text, key, value| {
                text.key(key)?;
                text.value(value, depth + 1)
            })?;
        } else if let Ok(list) = value.cast_exact::<PyList>() {
            self.list(list, depth)?;
        } else {
            let kind = self.kind(value).ok_or(Unusual)?;
            self.push(if kind == Kind::Float64 {
                "{\"$n\":[\"float64\","
            } else {
                "{\"$n\":[\"int64\","
            });
            self.scalar(value)?;
            self.push("]}");
        }
        Ok(())
    }

    /// An object of these entries.
    pub fn object<K, V>(
        &mut self,
        entries: impl Iterator<Item = (K, V)>,
        mut entry: impl FnMut(&mut Self, &K, &V) -> Written,
    ) -> Written {
        self.push("{");
        for (at, (key, value)) in entries.enumerate() {
            if at > 0 {
                self.push(",");
            }
            entry(self, &key, &value)?;
        }
        self.push("}");
        Ok(())
    }

    fn list(&mut self, list: &Bound<'py, PyList>, depth: usize) -> Written {
        self.push("[");
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                self.push(",");
            }
            self.value(&item, depth + 1)?;
        }
        self.push("]");
        Ok(())
    }

    /// A key, with its colon.
    pub fn key(&mut self, key: &Bound<'py, PyAny>) -> Written {
        let key = key.cast_exact::<PyString>().map_err(|_| Unusual)?;
        if key.to_str().map_err(|_| Unusual)?.starts_with('$') {
            return Err(Unusual);
        }
        self.string(key)?;
        self.push(":");
        Ok(())
    }

    /// A string in which nothing has to be escaped.
    fn string(&mut self, string: &Bound<'py, PyString>) -> Written {
        let text = string.to_str().map_err(|_| Unusual)?;
        if text
            .bytes()
            .any(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\'))
        {
            return Err(Unusual);
        }
        self.push("\"");
        self.push(text);
        self.push("\"");
        Ok(())
    }

    /// Whether it is a number, of Python's or of the two kinds of numpy.
    pub fn is_number(&self, value: &Bound<'py, PyAny>) -> bool {
        value.is_exact_instance_of::<PyFloat>()
            || value.is_exact_instance_of::<PyInt>()
            || self.kind(value).is_some()
    }

    /// A `numpy.float64` or `numpy.int64` as a bare number.
    pub fn scalar(&mut self, value: &Bound<'py, PyAny>) -> Written {
        match self.kind(value) {
            Some(Kind::Float64) => self.float(value.extract().map_err(|_| Unusual)?),
            Some(Kind::Int64) => self.whole(value),
            None => Err(Unusual),
        }
    }

    fn kind(&self, value: &Bound<'py, PyAny>) -> Option<Kind> {
        let kind = value.get_type();
        if kind.is(&self.float64) {
            Some(Kind::Float64)
        } else if kind.is(&self.int64) {
            Some(Kind::Int64)
        } else {
            None
        }
    }

    fn whole(&mut self, value: &Bound<'py, PyAny>) -> Written {
        let number: i64 = value.extract().map_err(|_| Unusual)?;
        write!(self.text, "{number}").map_err(|_| Unusual)
    }

    /// The fewest digits that tell a finite number from all others, placed as `repr` does.
    fn float(&mut self, value: f64) -> Written {
        if !value.is_finite() {
            return Err(Unusual);
        }
        let size = value.abs();
        if size == 0.0 || (1e-4..1e16).contains(&size) {
            return write!(self.text, "{value:?}").map_err(|_| Unusual);
        }
        let scientific = format!("{value:e}");
        let (digits, exponent) = scientific.split_once('e').ok_or(Unusual)?;
        let exponent: i32 = exponent.parse().map_err(|_| Unusual)?;
        write!(self.text, "{digits}e{exponent:+03}").map_err(|_| Unusual)
    }
}

/// The numbers of numpy that documents hold as a rule.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Float64,
    Int64,
}
