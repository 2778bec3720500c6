use crate::DataError;

/// One label a row: a cluster's number, counted from zero, or [`Labels::NOISE`] (-1) for a row that belongs to none.
///
/// ```
/// use n2d_core::Labels;
///
/// let labels = Labels::new(vec![0, 2, 2, -1])?;
/// assert_eq!(labels.n_clusters(), 2);
/// assert_eq!(labels.n_noise(), 1);
/// assert_eq!(labels.sizes(), [(0, 1), (2, 2)]);
/// # Ok::<(), n2d_core::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(Vec<i32>);

impl Labels {
    /// The label of a row that belongs to no cluster.
    pub const NOISE: i32 = -1;

    /// Checks that every label is a cluster's number or noise.
    ///
    /// # Errors
    /// [`DataError::BadLabel`] for the first label below -1.
    pub fn new(labels: Vec<i32>) -> Result<Self, DataError> {
        match labels.iter().position(|&label| label < Self::NOISE) {
            Some(row) => Err(DataError::BadLabel {
                row,
                label: labels[row],
            }),
            None => Ok(Self(labels)),
        }
    }

    /// The most probable column of each row: what soft assignments come to. The lowest column wins a tie.
    pub fn from_proba(proba: ndarray::ArrayView2<'_, f32>) -> Self {
        let most_probable = |row: ndarray::ArrayView1<'_, f32>| {
            let mut best = 0;
            for (column, p) in row.iter().enumerate() {
                if *p > row[best] {
                    best = column;
                }
            }
            best as i32
        };
        Self(proba.rows().into_iter().map(most_probable).collect())
    }

    /// The labels in the order of the rows.
    pub fn as_slice(&self) -> &[i32] {
        &self.0
    }

    /// Gives the labels away.
    pub fn into_vec(self) -> Vec<i32> {
        self.0
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many clusters have at least one row; noise is no cluster.
    pub fn n_clusters(&self) -> usize {
        self.sizes().len()
    }

    /// How many rows are noise.
    pub fn n_noise(&self) -> usize {
        self.0.iter().filter(|&&label| label == Self::NOISE).count()
    }

    /// Each cluster that has rows with its number of rows, by cluster number; noise is left out.
    pub fn sizes(&self) -> Vec<(i32, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for &label in self.0.iter().filter(|&&label| label != Self::NOISE) {
            *counts.entry(label).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_label_is_named() {
        let error = Labels::new(vec![0, -1, -2, -3]).unwrap_err();
        assert!(matches!(error, DataError::BadLabel { row: 2, label: -2 }));
    }

    #[test]
    fn ties_go_to_the_lowest_column() {
        let proba = ndarray::array![[0.5, 0.5], [0.1, 0.9]];
        assert_eq!(Labels::from_proba(proba.view()).as_slice(), [0, 1]);
    }
}
