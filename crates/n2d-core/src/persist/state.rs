use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Dtype, Element, LoadError, Persist, Save, SaveError};
use crate::Labels;

/// A fitted part as plain data: named arrays, small named values, and the states of its parts.
///
/// Values are JSON and keep every bit of finite numbers; what may be infinite or is long belongs into an array.
/// Names are made of letters, digits, `_`, `-` and `.`; the path of an array in a file is that of its parts, with `/` between.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The path to this state, with a final `/`; empty for the whole.
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) values: BTreeMap<String, Value>,
    pub(super) arrays: BTreeMap<String, Array>,
    pub(super) parts: BTreeMap<String, State>,
}

/// An array as it lies in a file: type, shape, and little-endian bytes.
#[derive(Debug, Clone)]
pub struct Array {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// The bytes of a whole file, and where this array's are.
    pub(super) bytes: (Arc<Vec<u8>>, Range<usize>),
}

impl Array {
    /// What it is made of.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Its extents, the slowest first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes.0[self.bytes.1.clone()]
    }

    fn of<T: Element>(shape: Vec<usize>, values: impl ExactSizeIterator<Item = T>) -> Self {
        let mut bytes = Vec::with_capacity(values.len() * T::DTYPE.size());
        values.for_each(|value| value.append(&mut bytes));
        let range = 0..bytes.len();
        Self {
            dtype: T::DTYPE,
            shape,
            bytes: (Arc::new(bytes), range),
        }
    }
}

/// What is written.
impl State {
    /// The state of a whole, saved.
    ///
    /// # Errors
    /// As [`Save::save_into`].
    pub fn of(part: &(impl Save + ?Sized)) -> Result<Self, SaveError> {
        let mut state = Self {
            kind: part.kind().to_owned(),
            ..Self::default()
        };
        part.save_into(&mut state)?;
        Ok(state)
    }

    /// Sets a small value.
    ///
    /// # Panics
    /// For a value that JSON can't hold, such as a map with keys that are no strings.
    pub fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let value = serde_json::to_value(value).expect("plain data");
        self.values.insert(name.to_owned(), value);
    }

    /// Puts an array of one dimension.
    pub fn put<T: Element>(&mut self, name: &str, values: &[T]) {
        let array = Array::of(vec![values.len()], values.iter().copied());
        self.arrays.insert(name.to_owned(), array);
    }

    /// Puts a matrix.
    pub fn put_matrix<T: Element>(&mut self, name: &str, values: ArrayView2<'_, T>) {
        let array = Array::of(values.shape().to_vec(), values.iter().copied());
        self.arrays.insert(name.to_owned(), array);
    }

    /// Puts an array of any dimension, its values in row-major order.
    ///
    /// # Panics
    /// Where the number of values is not the product of the shape.
    pub fn put_shaped<T: Element>(&mut self, name: &str, shape: &[usize], values: &[T]) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}: {shape:?}");
        let array = Array::of(shape.to_vec(), values.iter().copied());
        self.arrays.insert(name.to_owned(), array);
    }

    /// Puts labels.
    pub fn put_labels(&mut self, name: &str, labels: &Labels) {
        self.put(name, labels.as_slice());
    }

    /// Takes the value, array and part of this name away.
    pub fn remove(&mut self, name: &str) {
        self.values.remove(name);
        self.arrays.remove(name);
        self.parts.remove(name);
    }

    /// A part's state, to be changed.
    pub fn part_mut(&mut self, name: &str) -> Option<&mut State> {
        self.parts.get_mut(name)
    }

    /// Puts a part's state under its own name.
    ///
    /// # Errors
    /// As [`Save::save_into`].
    pub fn put_part(&mut self, name: &str, part: &(impl Save + ?Sized)) -> Result<(), SaveError> {
        part.save_into(self.new_part(name, part.kind()))
    }

    /// An empty state under its own name, to be filled.
    pub fn new_part(&mut self, name: &str, kind: &str) -> &mut State {
        let state = Self {
            path: format!("{}{name}/", self.path),
            kind: kind.to_owned(),
            ..Self::default()
        };
        self.parts.insert(name.to_owned(), state);
        self.parts.get_mut(name).expect("inserted just now")
    }
}

/// What is read.
impl State {
    /// The kind of the part that was saved.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The part itself, if it is of this kind.
    ///
    /// # Errors
    /// [`LoadError::WrongKind`], and as [`Persist::load`].
    pub fn load<P: Persist>(&self) -> Result<P, LoadError> {
        if self.kind == P::KIND {
            P::load(self)
        } else {
            Err(self.wrong_kind(format!("`{}`", P::KIND)))
        }
    }

    /// That another kind of part is needed here.
    pub fn wrong_kind(&self, expected: String) -> LoadError {
        LoadError::WrongKind {
            at: self.place(),
            found: self.kind.clone(),
            expected,
        }
    }

    /// Where this state stands in the whole, for messages.
    fn place(&self) -> String {
        match self.path.strip_suffix('/') {
            Some(path) => format!("`{path}`"),
            None => "the model".to_owned(),
        }
    }

    /// A value.
    ///
    /// # Errors
    /// [`LoadError::Missing`] or [`LoadError::BadValue`].
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, LoadError> {
        let value = self.values.get(name).ok_or_else(|| self.missing("value", name))?;
        T::deserialize(value).map_err(|error| LoadError::BadValue {
            name: self.full(name),
            reason: error.to_string(),
        })
    }

    /// Whether there is an array of this name.
    pub fn has_array(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// The names and forms of the arrays, in the order of names.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// The values by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The parts by name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &State)> {
        self.parts.iter().map(|(name, part)| (name.as_str(), part))
    }

    /// The array of one dimension with this name.
    ///
    /// # Errors
    /// [`LoadError`] where there is none, or it is of another type or dimension.
    pub fn vec<T: Element>(&self, name: &str) -> Result<Vec<T>, LoadError> {
        let (shape, values) = self.shaped(name)?;
        match shape {
            [_] => Ok(values),
            _ => Err(self.wrong_shape(name, "of one dimension")),
        }
    }

    /// The array of one dimension with this name and length.
    ///
    /// # Errors
    /// As [`vec`](Self::vec), and for another length.
    pub fn vec_of<T: Element>(&self, name: &str, len: usize) -> Result<Vec<T>, LoadError> {
        match self.array(name)?.shape[..] {
            [found] if found == len => self.vec(name),
            _ => Err(self.wrong_shape(name, &format!("[{len}]"))),
        }
    }

    /// The finite numbers in an array of one dimension.
    ///
    /// # Errors
    /// As [`vec`](Self::vec), and for NaN and infinities.
    pub fn finite_vec<T: Element + Into<f64>>(&self, name: &str) -> Result<Vec<T>, LoadError> {
        let values = self.vec(name)?;
        self.finite(name, &values)?;
        Ok(values)
    }

    /// The matrix with this name.
    ///
    /// # Errors
    /// [`LoadError`] where there is none, or it is of another type or dimension.
    pub fn matrix<T: Element>(&self, name: &str) -> Result<Array2<T>, LoadError> {
        let (shape, values) = self.shaped(name)?;
        match *shape {
            // Empty rows may be more than an array can have.
            [rows, columns] => Array2::from_shape_vec((rows, columns), values)
                .map_err(|_| self.wrong_shape(name, "a matrix that can be")),
            _ => Err(self.wrong_shape(name, "a matrix")),
        }
    }

    /// The matrix with this name, of finite numbers, with at least one row and one column.
    ///
    /// # Errors
    /// As [`matrix`](Self::matrix), and for NaN, infinities, and no rows or columns.
    pub fn finite_matrix<T: Element + Into<f64>>(&self, name: &str) -> Result<Array2<T>, LoadError> {
        let matrix = self.matrix(name)?;
        if matrix.is_empty() {
            return Err(self.wrong_shape(name, "a matrix of at least one row and one column"));
        }
        self.finite(name, matrix.as_slice().expect("made row-major"))?;
        Ok(matrix)
    }

    /// The matrix with this name and shape, of finite numbers.
    ///
    /// # Errors
    /// As [`finite_matrix`](Self::finite_matrix), and for another shape.
    pub fn finite_matrix_of<T: Element + Into<f64>>(
        &self,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Array2<T>, LoadError> {
        match self.array(name)?.shape[..] {
            [rows, columns] if (rows, columns) == shape => self.finite_matrix(name),
            _ => Err(self.wrong_shape(name, &format!("[{}, {}]", shape.0, shape.1))),
        }
    }

    /// The labels with this name.
    ///
    /// # Errors
    /// As [`vec`](Self::vec), for labels below -1, and where there is none.
    pub fn labels(&self, name: &str) -> Result<Labels, LoadError> {
        let labels: Vec<i32> = self.vec(name)?;
        self.expect(name, "at least one label", !labels.is_empty())?;
        Labels::new(labels).map_err(|_| self.refuse(name, "labels from 0 on, or -1 for noise"))
    }

    /// As [`labels`](Self::labels), each noise or below the number of clusters.
    ///
    /// # Errors
    /// As [`labels`](Self::labels), and for labels of more clusters.
    pub fn labels_of(&self, name: &str, n_clusters: usize) -> Result<Labels, LoadError> {
        let labels = self.labels(name)?;
        let below = |&label: &i32| usize::try_from(label).map_or(true, |label| label < n_clusters);
        let allowed = format!("labels below {n_clusters}, the number of clusters");
        self.expect(name, &allowed, labels.as_slice().iter().all(below))?;
        Ok(labels)
    }

    /// The shape and the values, in row-major order, of the array with this name.
    ///
    /// # Errors
    /// [`LoadError`] where there is none, or it is of another type.
    pub fn shaped<T: Element>(&self, name: &str) -> Result<(&[usize], Vec<T>), LoadError> {
        let array = self.array(name)?;
        if array.dtype != T::DTYPE {
            return Err(LoadError::WrongType {
                name: self.full(name),
                found: array.dtype,
                expected: T::DTYPE,
            });
        }
        Ok((&array.shape, T::read_all(array.bytes())))
    }

    /// Whether there is a part of this name.
    pub fn has_part(&self, name: &str) -> bool {
        self.parts.contains_key(name)
    }

    /// A part's state.
    ///
    /// # Errors
    /// [`LoadError::Missing`].
    pub fn part(&self, name: &str) -> Result<&State, LoadError> {
        self.parts.get(name).ok_or_else(|| self.missing("part", name))
    }

    /// A refusal unless a rule of the part holds.
    ///
    /// # Errors
    /// [`LoadError::NotAllowed`] where it does not.
    pub fn expect(&self, name: &str, allowed: &str, holds: bool) -> Result<(), LoadError> {
        if holds {
            Ok(())
        } else {
            Err(self.refuse(name, allowed))
        }
    }

    /// That a value or array breaks a rule of the part.
    pub fn refuse(&self, name: &str, allowed: &str) -> LoadError {
        LoadError::NotAllowed {
            name: self.full(name),
            allowed: allowed.to_owned(),
        }
    }

    /// That an array has another shape than is needed.
    pub fn wrong_shape(&self, name: &str, expected: &str) -> LoadError {
        LoadError::WrongShape {
            name: self.full(name),
            found: self
                .arrays
                .get(name)
                .map_or_else(Vec::new, |array| array.shape.clone()),
            expected: expected.to_owned(),
        }
    }

    fn finite<T: Element + Into<f64>>(&self, name: &str, values: &[T]) -> Result<(), LoadError> {
        let finite = values.iter().all(|&value| value.into().is_finite());
        self.expect(name, "finite numbers", finite)
    }

    fn array(&self, name: &str) -> Result<&Array, LoadError> {
        self.arrays.get(name).ok_or_else(|| self.missing("array", name))
    }

    fn missing(&self, what: &'static str, name: &str) -> LoadError {
        LoadError::Missing {
            what,
            name: self.full(name),
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}
