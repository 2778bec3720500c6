use std::collections::BTreeMap;

use n2d_core::{ApplyError, DataError, Labels, Samples};
use ndarray::Array2;

use crate::{LabelCountError, Scaler, Scaling};

/// Rows of numbers with what is known of them.
///
/// Its fields are plain: change them as you like, [`Dataset::samples`] checks the data again.
///
/// ```
/// use n2d_datasets::{Dataset, NamedLabels};
///
/// let mut animals = Dataset::new("animals", ndarray::array![[4.0, 30.0], [2.0, 0.02], [4.0, 5.0]]);
/// animals.set_labels(NamedLabels::from_texts(&["dog", "bird", "dog"]))?;
/// assert_eq!(animals.labels.as_ref().map(|l| l.as_slice()), Some(&[1, 0, 1][..]));
/// assert_eq!(animals.label_names, ["bird", "dog"]);
/// # Ok::<(), n2d_datasets::LabelCountError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// A name for people: the built-in set's, or the file's without its ending.
    pub name: String,
    /// The data, `(n_samples, n_features)`, row-major.
    pub x: Array2<f32>,
    /// The class of each row, where it is known.
    pub labels: Option<Labels>,
    /// The name of each class, by its label; empty where labels are unknown.
    pub label_names: Vec<String>,
    /// The name of each column; empty where columns have none.
    pub feature_names: Vec<String>,
    /// The shape of one row, `[28, 28]` for an image of MNIST; its product is `n_features`, its last axis runs
    /// fastest along a row.
    pub row_shape: Vec<usize>,
}

impl Dataset {
    /// Data without labels or column names, its rows flat.
    pub fn new(name: impl Into<String>, x: Array2<f32>) -> Self {
        Self {
            name: name.into(),
            row_shape: vec![x.ncols()],
            x,
            labels: None,
            label_names: Vec::new(),
            feature_names: Vec::new(),
        }
    }

    /// The data as a checked view, with the shape of its rows, as the stages take it.
    ///
    /// # Errors
    /// As [`Samples::new`] and [`Samples::with_row_shape`]; never for data that this crate read and nobody changed since.
    pub fn samples(&self) -> Result<Samples<'_>, DataError> {
        Samples::new(self.x.view())?.with_row_shape(&self.row_shape)
    }

    /// Number of rows.
    pub fn n_samples(&self) -> usize {
        self.x.nrows()
    }

    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.x.ncols()
    }

    /// Number of classes, where they are known.
    pub fn n_classes(&self) -> Option<usize> {
        self.labels.as_ref().map(Labels::n_clusters)
    }

    /// Sets the classes of the rows, from a file of their own for instance.
    ///
    /// # Errors
    /// [`LabelCountError`] where there are not as many as rows; the data set is then as before.
    pub fn set_labels(&mut self, named: NamedLabels) -> Result<(), LabelCountError> {
        named.must_be(self.n_samples())?;
        self.labels = Some(named.labels);
        self.label_names = named.names;
        Ok(())
    }

    /// Scales the columns in place and returns the scaler, for rows to come.
    ///
    /// # Errors
    /// [`ApplyError::Data`] where the data can't be used, as [`Dataset::samples`].
    pub fn scale(&mut self, scaling: Scaling) -> Result<Scaler, ApplyError> {
        let scaler = scaling.fit(self.samples().map_err(|source| ApplyError::Data {
            part: Scaling::PART.to_owned(),
            source,
        })?);
        scaler.apply(&mut self.x)?;
        Ok(scaler)
    }
}

/// Classes numbered from zero, with their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLabels {
    /// The class of each row.
    pub labels: Labels,
    /// The name of each class, by its label.
    pub names: Vec<String>,
}

impl NamedLabels {
    /// That there are as many labels as rows.
    ///
    /// # Errors
    /// [`LabelCountError`] where there are not.
    pub fn must_be(&self, n_samples: usize) -> Result<(), LabelCountError> {
        let n_labels = self.labels.len();
        if n_labels == n_samples {
            return Ok(());
        }
        Err(LabelCountError { n_labels, n_samples })
    }

    /// Numbers classes in sorted order: by value where every label is a number, else by text.
    ///
    /// Where every label is a whole number, -1 stays [`Labels::NOISE`], as everywhere in n2d: it is no class.
    ///
    /// ```
    /// use n2d_datasets::NamedLabels;
    ///
    /// let years = NamedLabels::from_texts(&["1000", "200", "-1", "200"]);
    /// assert_eq!(years.labels.as_slice(), [1, 0, -1, 0]);
    /// assert_eq!(years.names, ["200", "1000"]);
    /// ```
    pub fn from_texts<T: AsRef<str>>(texts: &[T]) -> Self {
        let texts = || texts.iter().map(|text| text.as_ref().trim());
        if let Ok(whole) = texts().map(str::parse).collect::<Result<Vec<i64>, _>>() {
            return Self::from_whole(&whole);
        }
        match texts().map(finite).collect::<Option<Vec<f64>>>() {
            Some(numbers) => Self::from_numbers(&numbers),
            None => Self::from_sorted(texts(), str::to_owned),
        }
    }

    /// Numbers classes by value; -1 stays [`Labels::NOISE`].
    pub fn from_whole(values: &[i64]) -> Self {
        let noise = i64::from(Labels::NOISE);
        let classes = values.iter().copied().filter(|&v| v != noise);
        let order = numbered(classes);
        let label = |v: &i64| order.get(v).map_or(Labels::NOISE, |&class| class);
        Self {
            labels: checked(values.iter().map(label).collect()),
            names: order.keys().map(i64::to_string).collect(),
        }
    }

    fn from_numbers(numbers: &[f64]) -> Self {
        let whole = |v: &f64| (v.fract() == 0.0 && v.abs() < 9e15).then_some(*v as i64);
        match numbers.iter().map(whole).collect::<Option<Vec<i64>>>() {
            Some(values) => Self::from_whole(&values),
            None => Self::from_sorted(numbers.iter().map(|&v| ByValue(v + 0.0)), |v| v.0.to_string()),
        }
    }

    fn from_sorted<K: Ord + Copy>(keys: impl Iterator<Item = K> + Clone, name: impl Fn(K) -> String) -> Self {
        let order = numbered(keys.clone());
        Self {
            labels: checked(keys.map(|key| order[&key]).collect()),
            names: order.keys().map(|&key| name(key)).collect(),
        }
    }
}

/// A number that is finite, so that it has its place in the order.
#[derive(Clone, Copy)]
struct ByValue(f64);

impl Ord for ByValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for ByValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByValue {}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|v: &f64| v.is_finite())
}

fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, i32> {
    let mut order: BTreeMap<K, i32> = keys.map(|key| (key, 0)).collect();
    for (class, number) in order.values_mut().enumerate() {
        *number = class as i32;
    }
    order
}

fn checked(labels: Vec<i32>) -> Labels {
    Labels::new(labels).expect("classes are numbered from zero, noise is -1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_sorted_as_text_and_numbers_by_value() {
        let text = NamedLabels::from_texts(&["b", "10", "9", "b"]);
        assert_eq!(text.names, ["10", "9", "b"]);
        assert_eq!(text.labels.as_slice(), [2, 0, 1, 2]);

        let numbers = NamedLabels::from_texts(&["10", "9", " 9 ", "2"]);
        assert_eq!(numbers.names, ["2", "9", "10"]);
        assert_eq!(numbers.labels.as_slice(), [2, 1, 1, 0]);

        let floats = NamedLabels::from_texts(&["1.0", "1", "2e0"]);
        assert_eq!(floats.names, ["1", "2"]);

        let fractions = NamedLabels::from_texts(&["0.5", "-0.0", "0"]);
        assert_eq!(fractions.names, ["0", "0.5"]);
        assert_eq!(fractions.labels.as_slice(), [1, 0, 0]);
    }

    #[test]
    fn as_many_labels_as_rows_or_none() {
        let mut data = Dataset::new("two", ndarray::array![[1.0], [2.0]]);
        let error = data.set_labels(NamedLabels::from_whole(&[0])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1 labels for 2 rows; there must be one label a row"
        );
        assert_eq!(data.n_classes(), None);
        data.set_labels(NamedLabels::from_whole(&[7, -1])).unwrap();
        assert_eq!(data.n_classes(), Some(1));
        assert_eq!(data.label_names, ["7"]);
    }
}
