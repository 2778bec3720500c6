use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{FittedClusterer, Labels};

use crate::saved::count;

/// What is left of a clusterer that keeps no model: the labels of the training rows. It can't label new rows.
#[derive(Debug, Clone)]
pub struct FittedLabels {
    name: String,
    n_features: usize,
    n_clusters: usize,
    labels: Labels,
}

impl FittedLabels {
    pub(crate) fn new(name: &str, n_features: usize, labels: Labels) -> Self {
        let greatest = labels.as_slice().iter().max().copied();
        Self {
            name: name.to_owned(),
            n_features,
            n_clusters: greatest.map_or(0, |greatest| (i64::from(greatest) + 1) as usize),
            labels,
        }
    }
}

impl FittedClusterer for FittedLabels {
    fn name(&self) -> &str {
        &self.name
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedLabels {
    const KIND: &'static str = "labels";

    fn save(&self, state: &mut State) {
        state.set("name", &self.name);
        state.set("n_features", &self.n_features);
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let name: String = state.get("name")?;
        let n_samples = state.labels("labels")?.len();
        let labels = state.labels_of("labels", n_samples)?;
        Ok(Self::new(&name, count(state, "n_features")?, labels))
    }
}

/// Labels from linfa that can't be those of the rows.
#[cfg(feature = "linfa")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// Not one label for each row.
    #[error("{given} labels came back for {expected} rows")]
    Count {
        /// Number of rows.
        expected: usize,
        /// Number of labels.
        given: usize,
    },
    /// The number of a cluster that there can't be.
    #[error("the label of row {row} is {label}, but there are only {n_clusters} clusters, counted from 0")]
    Beyond {
        /// Row, from zero.
        row: usize,
        /// The label that came back.
        label: usize,
        /// The number of clusters there can be.
        n_clusters: usize,
    },
}

/// Checks labels that came back for `n_rows` rows; none is noise.
#[cfg(feature = "linfa")]
pub(crate) fn to_labels(
    given: impl ExactSizeIterator<Item = Option<usize>>,
    n_rows: usize,
    n_clusters: usize,
) -> Result<Labels, LabelsError> {
    if given.len() != n_rows {
        return Err(LabelsError::Count {
            expected: n_rows,
            given: given.len(),
        });
    }
    let to_label = |(row, label): (usize, Option<usize>)| match label {
        None => Ok(Labels::NOISE),
        Some(label) if label < n_clusters => i32::try_from(label).map_err(|_| LabelsError::Beyond {
            row,
            label,
            n_clusters: i32::MAX as usize,
        }),
        Some(label) => Err(LabelsError::Beyond {
            row,
            label,
            n_clusters,
        }),
    };
    let labels = given.enumerate().map(to_label).collect::<Result<_, _>>()?;
    Ok(Labels::new(labels).expect("cluster numbers and noise only"))
}

#[cfg(all(test, feature = "linfa"))]
mod tests {
    use super::*;

    #[test]
    fn noise_is_minus_one_and_what_cannot_be_is_refused() {
        let labels = to_labels([Some(1), None, Some(0)].into_iter(), 3, 2).expect("good labels");
        assert_eq!(labels.as_slice(), [1, -1, 0]);
        let fitted = FittedLabels::new("x", 2, labels);
        assert_eq!((fitted.n_clusters(), fitted.as_predict().is_none()), (2, true));
        assert_eq!(
            to_labels([Some(0)].into_iter(), 2, 1),
            Err(LabelsError::Count {
                expected: 2,
                given: 1
            })
        );
        assert_eq!(
            to_labels([None, Some(3)].into_iter(), 2, 3)
                .unwrap_err()
                .to_string(),
            "the label of row 1 is 3, but there are only 3 clusters, counted from 0"
        );
        let noise = to_labels([None].into_iter(), 1, 9).expect("noise");
        assert_eq!(FittedLabels::new("x", 1, noise).n_clusters(), 0);
    }
}
