//! Clusterers of linfa as parts: four with configurations, and the adapter by which a user brings any other.

mod cross;
mod dbscan;
mod gmm;
mod kmeans;
mod mixture;
mod optics;
mod reachability;
mod watched;

use std::fmt;

use linfa::traits::PredictInplace;
use n2d_core::check::same_features;
use n2d_core::{
    ApplyError, BoxError, Clusterer, Fit, FitContext, FitError, FittedClusterer, Labels, Predict, Report,
    Samples, Stage, Termination,
};
use ndarray16::{Array1, Array2};

use super::labels::{FittedLabels, to_labels};
pub use cross::{LinfaDataset, LinfaRng};
use cross::{apply_error, array, dataset, fit_error, rng};
pub use dbscan::{LinfaDbscan, LinfaDbscanConfig};
pub use gmm::{FittedLinfaGmm, LinfaGmm, LinfaGmmConfig, LinfaGmmError, LinfaGmmInit};
pub use kmeans::{FittedLinfaKMeans, LinfaKMeans, LinfaKMeansConfig, LinfaKMeansInit};
pub use optics::{FittedLinfaOptics, LinfaOptics, LinfaOpticsConfig};

/// Any clusterer of linfa that makes a model which labels rows, as a part.
///
/// `fit` takes the rows, in double precision, and a generator derived from the seed, and gives the model or any error. It
/// must draw from no other generator, and its result must not depend on the number of threads, or seeds no longer fix
/// results: linfa's k-means|| does depend on it.
///
/// Rows cross to linfa's older `ndarray` as a copy, `8 n_samples n_features` bytes. Linfa's fits can't be interrupted: a
/// cancelled fit ends when linfa's has. An error of `fit` becomes a [`FitError::Part`] that holds it.
///
/// ```
/// use linfa::traits::Fit;
/// use linfa_clustering::KMeans;
/// use n2d_cluster::{LinfaClusterer, LinfaDataset, LinfaRng};
/// use n2d_core::{Clusterer, FitContext, Predict, Samples};
///
/// let kmeans = LinfaClusterer::new("own_kmeans", 2, |y: &LinfaDataset, rng: LinfaRng| {
///     KMeans::params_with_rng(2, rng).n_runs(3).fit(y)
/// });
/// let y = Samples::from_rows(&[0.0, 1.0, 8.0, 9.0], 1)?;
/// let fit = kmeans.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.predict(Samples::from_rows(&[7.0], 1)?)?.as_slice(), &fit.model.labels().as_slice()[2..3]);
/// # use n2d_core::FittedClusterer;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LinfaClusterer<F> {
    name: String,
    n_clusters: usize,
    fit: F,
}

impl<F> LinfaClusterer<F> {
    /// With a name for reports and errors, the number of clusters that the model knows, and how it is made.
    pub fn new<M, E>(name: impl Into<String>, n_clusters: usize, fit: F) -> Self
    where
        F: Fn(&LinfaDataset, LinfaRng) -> Result<M, E>,
    {
        Self {
            name: name.into(),
            n_clusters,
            fit,
        }
    }
}

impl<F> fmt::Debug for LinfaClusterer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaClusterer")
            .field("name", &self.name)
            .field("n_clusters", &self.n_clusters)
            .finish_non_exhaustive()
    }
}

impl<F, M, E> Clusterer for LinfaClusterer<F>
where
    F: Fn(&LinfaDataset, LinfaRng) -> Result<M, E> + Send + Sync,
    M: PredictInplace<Array2<f64>, Array1<usize>> + Send + Sync + 'static,
    E: Into<BoxError>,
{
    type Fitted = FittedLinfa<M>;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLinfa<M>>, FitError> {
        ctx.run_stage(Stage::Clusterer, &self.name, |ctx| {
            let data = dataset(y);
            let model = (self.fit)(&data, rng(ctx, &self.name, 0)).map_err(|e| fit_error(&self.name, e))?;
            ctx.check_cancelled()?;
            let labels = labels_by(&model, data.records(), self.n_clusters)
                .map_err(|error| fit_error(&self.name, error))?;
            let model = FittedLinfa {
                name: self.name.clone(),
                n_features: y.n_features(),
                n_clusters: self.n_clusters,
                labels,
                model,
            };
            let report = by_linfa(&self.name);
            Ok(Fit { model, report })
        })
    }
}

/// A report of what linfa has done in one go.
fn by_linfa(name: &str) -> Report {
    let note = "fitted by linfa, which does not tell how many rounds it made nor why it ended";
    Report::new(name, Termination::Completed).with_note(note)
}

fn labels_by<M: PredictInplace<Array2<f64>, Array1<usize>>>(
    model: &M,
    rows: &Array2<f64>,
    n_clusters: usize,
) -> Result<Labels, super::LabelsError> {
    let mut labels = model.default_target(rows);
    model.predict_inplace(rows, &mut labels);
    to_labels(labels.iter().map(|&label| Some(label)), rows.nrows(), n_clusters)
}

/// What a [`LinfaClusterer`] has fitted. Each row, new or not, has the label that linfa's model gives it.
#[derive(Debug, Clone)]
pub struct FittedLinfa<M> {
    name: String,
    n_features: usize,
    n_clusters: usize,
    labels: Labels,
    model: M,
}

impl<M> FittedLinfa<M> {
    /// Linfa's model.
    pub fn model(&self) -> &M {
        &self.model
    }
}

impl<M> FittedClusterer for FittedLinfa<M>
where
    M: PredictInplace<Array2<f64>, Array1<usize>> + Send + Sync + 'static,
{
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

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }
}

impl<M> Predict for FittedLinfa<M>
where
    M: PredictInplace<Array2<f64>, Array1<usize>> + Send + Sync + 'static,
{
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(&self.name, self.n_features, y)?;
        labels_by(&self.model, &array(y), self.n_clusters).map_err(|error| apply_error(&self.name, error))
    }
}

/// Any algorithm of linfa that only labels the rows it is given, as a part; none is noise. There can be no more clusters than
/// rows.
///
/// `label` takes the rows and a generator, as the `fit` of a [`LinfaClusterer`], under the same conditions.
///
/// ```
/// use linfa::traits::Transformer;
/// use linfa_clustering::Dbscan;
/// use n2d_cluster::{LinfaDataset, LinfaLabeller, LinfaRng};
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, Samples};
///
/// let dbscan = LinfaLabeller::new("own_dbscan", |y: &LinfaDataset, _: LinfaRng| {
///     Dbscan::params(2).tolerance(1.5).transform(y.records())
/// });
/// let y = Samples::from_rows(&[0.0, 1.0, 5.0, 8.0, 9.0], 1)?;
/// let fit = dbscan.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, -1, 1, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LinfaLabeller<F> {
    name: String,
    label: F,
}

impl<F> LinfaLabeller<F> {
    /// With a name for reports and errors, and how rows are labelled.
    pub fn new<E>(name: impl Into<String>, label: F) -> Self
    where
        F: Fn(&LinfaDataset, LinfaRng) -> Result<Array1<Option<usize>>, E>,
    {
        Self {
            name: name.into(),
            label,
        }
    }
}

impl<F> fmt::Debug for LinfaLabeller<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinfaLabeller")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<F, E> Clusterer for LinfaLabeller<F>
where
    F: Fn(&LinfaDataset, LinfaRng) -> Result<Array1<Option<usize>>, E> + Send + Sync,
    E: Into<BoxError>,
{
    type Fitted = FittedLabels;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLabels>, FitError> {
        ctx.run_stage(Stage::Clusterer, &self.name, |ctx| {
            let failed = |error: BoxError| fit_error(&self.name, error);
            let given =
                (self.label)(&dataset(y), rng(ctx, &self.name, 0)).map_err(|error| failed(error.into()))?;
            ctx.check_cancelled()?;
            let labels = to_labels(given.iter().copied(), y.n_samples(), y.n_samples())
                .map_err(|error| failed(error.into()))?;
            let report = by_linfa(&self.name);
            let model = FittedLabels::new(&self.name, y.n_features(), labels);
            Ok(Fit { model, report })
        })
    }
}
