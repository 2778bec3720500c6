//! The shapes of components: of which kind they are, and what is kept of them.

use ndarray::{Array1, Array2, Array3, Axis};
use serde::{Deserialize, Serialize};

use crate::cholesky::{packed_len, row_start};
use crate::error::{StartError, check_start};

/// How free the shapes of a mixture's components are. Less freedom needs fewer rows and less time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CovarianceType {
    /// Each component has a covariance matrix of its own: ellipsoids of any shape. The default, scikit-learn's.
    #[default]
    Full,
    /// One covariance matrix for all: ellipsoids that are equal but for their place.
    Tied,
    /// Each component has a variance for each feature: ellipsoids along the axes.
    Diag,
    /// Each component has one variance: balls.
    Spherical,
}

impl CovarianceType {
    /// `full`, `tied`, `diag` or `spherical`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Tied => "tied",
            Self::Diag => "diag",
            Self::Spherical => "spherical",
        }
    }

    /// Free parameters of the covariances of so many components of so many features.
    pub const fn n_parameters(self, n_clusters: usize, n_features: usize) -> usize {
        self.n_shapes(n_clusters) * self.shape_len(n_features)
    }

    /// How many shapes there are: one for each component, or one for all.
    pub(crate) const fn n_shapes(self, n_clusters: usize) -> usize {
        match self {
            Self::Tied => 1,
            _ => n_clusters,
        }
    }

    /// Values of one shape: a packed lower triangle, a diagonal, or one variance.
    pub(crate) const fn shape_len(self, n_features: usize) -> usize {
        match self {
            Self::Full | Self::Tied => packed_len(n_features),
            Self::Diag => n_features,
            Self::Spherical => 1,
        }
    }

    /// Adds to the variances of one shape.
    pub(crate) fn add_to_variances(self, shape: &mut [f64], n_features: usize, variance: f64) {
        match self {
            Self::Full | Self::Tied => {
                (0..n_features).for_each(|i| shape[row_start(i) + i] += variance);
            }
            Self::Diag | Self::Spherical => shape.iter_mut().for_each(|entry| *entry += variance),
        }
    }
}

impl std::fmt::Display for CovarianceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The covariances of a mixture's components, by their [`CovarianceType`].
#[derive(Debug, Clone, PartialEq)]
pub enum Covariances {
    /// A matrix for each component, `(n_clusters, n_features, n_features)`; symmetric and positive definite.
    Full(Array3<f64>),
    /// One matrix for all components, `(n_features, n_features)`; symmetric and positive definite.
    Tied(Array2<f64>),
    /// A variance for each component and feature, `(n_clusters, n_features)`; above 0.
    Diag(Array2<f64>),
    /// A variance for each component, `(n_clusters)`; above 0.
    Spherical(Array1<f64>),
}

impl Covariances {
    /// Of which kind they are.
    pub const fn covariance_type(&self) -> CovarianceType {
        match self {
            Self::Full(_) => CovarianceType::Full,
            Self::Tied(_) => CovarianceType::Tied,
            Self::Diag(_) => CovarianceType::Diag,
            Self::Spherical(_) => CovarianceType::Spherical,
        }
    }

    /// All values, in the order of the array.
    pub fn iter(&self) -> Box<dyn Iterator<Item = &f64> + '_> {
        match self {
            Self::Full(array) => Box::new(array.iter()),
            Self::Tied(array) | Self::Diag(array) => Box::new(array.iter()),
            Self::Spherical(array) => Box::new(array.iter()),
        }
    }

    /// The shape of the array.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Full(array) => array.shape(),
            Self::Tied(array) | Self::Diag(array) => array.shape(),
            Self::Spherical(array) => array.shape(),
        }
    }

    /// The covariance matrix of one component of `n_features` features, `(n_features, n_features)`.
    ///
    /// # Panics
    /// Where there is no such component, or `n_features` is another than that of the arrays.
    pub fn matrix(&self, component: usize, n_features: usize) -> Array2<f64> {
        match self {
            Self::Full(array) => array.index_axis(Axis(0), component).to_owned(),
            Self::Tied(array) => array.clone(),
            Self::Diag(array) => Array2::from_diag(&array.row(component)),
            Self::Spherical(array) => Array2::from_diag_elem(n_features, array[component]),
        }
    }

    /// That they are of the kind and shape that a fit asks for, finite, and symmetric; whether a matrix is positive definite
    /// shows when it is factored.
    pub(crate) fn check(
        &self,
        kind: CovarianceType,
        n_clusters: usize,
        n_features: usize,
    ) -> Result<(), StartError> {
        let given = self.covariance_type();
        if given != kind {
            return Err(StartError::CovarianceType {
                expected: kind.name(),
                given: given.name(),
            });
        }
        let expected = match kind {
            CovarianceType::Full => vec![n_clusters, n_features, n_features],
            CovarianceType::Tied => vec![n_features, n_features],
            CovarianceType::Diag => vec![n_clusters, n_features],
            CovarianceType::Spherical => vec![n_clusters],
        };
        check_start("covariances", self.iter(), self.shape(), &expected)?;
        match self.asymmetric() {
            Some(component) => Err(StartError::Covariance { component }),
            None => Ok(()),
        }
    }

    fn asymmetric(&self) -> Option<usize> {
        match self {
            Self::Full(array) => array.outer_iter().position(|matrix| !is_symmetric(matrix)),
            Self::Tied(array) => (!is_symmetric(array.view())).then_some(0),
            Self::Diag(_) | Self::Spherical(_) => None,
        }
    }

    /// As the iterations hold them: one shape after the other, matrices as packed lower triangles.
    pub(crate) fn to_shapes(&self) -> Vec<f64> {
        match self {
            Self::Full(array) => array.outer_iter().flat_map(lower).collect(),
            Self::Tied(array) => lower(array.view()),
            Self::Diag(_) | Self::Spherical(_) => self.iter().copied().collect(),
        }
    }

    pub(crate) fn from_shapes(
        kind: CovarianceType,
        n_clusters: usize,
        n_features: usize,
        shapes: &[f64],
    ) -> Self {
        let len = packed_len(n_features);
        let entry = |k: usize, i: usize, j: usize| shapes[k * len + row_start(i.max(j)) + i.min(j)];
        match kind {
            CovarianceType::Full => {
                let shape = (n_clusters, n_features, n_features);
                Self::Full(Array3::from_shape_fn(shape, |(k, i, j)| entry(k, i, j)))
            }
            CovarianceType::Tied => {
                let shape = (n_features, n_features);
                Self::Tied(Array2::from_shape_fn(shape, |(i, j)| entry(0, i, j)))
            }
            CovarianceType::Diag => {
                let shape = (n_clusters, n_features);
                Self::Diag(Array2::from_shape_fn(shape, |(k, i)| shapes[k * n_features + i]))
            }
            CovarianceType::Spherical => Self::Spherical(shapes.to_vec().into()),
        }
    }
}

impl<'a> IntoIterator for &'a Covariances {
    type Item = &'a f64;
    type IntoIter = Box<dyn Iterator<Item = &'a f64> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

pub(crate) fn is_symmetric(matrix: ndarray::ArrayView2<'_, f64>) -> bool {
    matrix.indexed_iter().all(|((i, j), &entry)| {
        let other = matrix[[j, i]];
        (entry - other).abs() <= 1e-8 * entry.abs().max(other.abs())
    })
}

/// The lower triangle, packed row after row.
pub(crate) fn lower(matrix: ndarray::ArrayView2<'_, f64>) -> Vec<f64> {
    let in_lower = |((i, j), &entry): ((usize, usize), &f64)| (j <= i).then_some(entry);
    matrix.indexed_iter().filter_map(in_lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn shapes_and_arrays_are_the_same_covariances() {
        let full = array![[[2.0, 0.5], [0.5, 1.0]], [[3.0, -0.25], [-0.25, 4.0]]];
        let of_each_kind = [
            Covariances::Full(full.clone()),
            Covariances::Tied(full.index_axis(Axis(0), 1).to_owned()),
            Covariances::Diag(array![[1.0, 2.0], [3.0, 4.0]]),
            Covariances::Spherical(array![1.0, 2.0]),
        ];
        for covariances in of_each_kind {
            let kind = covariances.covariance_type();
            let shapes = covariances.to_shapes();
            assert_eq!(shapes.len(), kind.n_parameters(2, 2), "{kind}");
            assert_eq!(Covariances::from_shapes(kind, 2, 2, &shapes), covariances);
            assert_eq!(covariances.check(kind, 2, 2), Ok(()));
            assert!(covariances.check(kind, 2, 3).is_err() || kind == CovarianceType::Spherical);
            assert!(is_symmetric(covariances.matrix(1, 2).view()));
        }
    }
}
