//! Spectral clustering: the part.

mod affinity;
mod cluster_qr;
mod config;
mod embedding;
mod fitted;
mod persist;

use n2d_core::check::enough_samples;
use n2d_core::{
    Clusterer, Fit, FitContext, FitError, FittedClusterer, Labels, PartConfig, Report, Samples, Stage,
    Termination,
};
use ndarray::Array2;

use crate::KMeans;
use crate::kmeans::Scaled;
pub use affinity::AffinityError;
pub use config::{Affinity, AssignLabels, SpectralClusteringConfig};
use embedding::Embedding;
pub use fitted::FittedSpectralClustering;

/// Clusters that hold together in a graph of the rows (Shi and Malik 2000; von Luxburg 2007): the rows are placed by the
/// smoothest functions on the graph, the eigenvectors of its normalised Laplacian, and clustered there.
///
/// A graph in no more pieces than there are functions has its pieces among the clusters, exactly. One of nearest neighbours
/// in more pieces is linked by the nearest rows of different pieces first; the report says so. New rows are not in the
/// graph, so there is nothing to predict by.
///
/// Takes the time of the neighbours, of some hundred products with the graph's matrix, and of k-means. A seed fixes
/// the result, which depends on it in the start of the eigenvectors and in k-means.
///
/// ```
/// use n2d_cluster::SpectralClusteringConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 0.1, 0.3, 5.0, 5.1, 5.3], 1)?;
/// let spectral = SpectralClusteringConfig { n_neighbors: 3, ..SpectralClusteringConfig::new(2) };
/// let fit = spectral.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, 0, 1, 1, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpectralClustering {
    config: SpectralClusteringConfig,
    kmeans: KMeans,
}

impl SpectralClustering {
    /// Most rows for [`Affinity::Rbf`]: all pairs take 0.8 GB.
    pub const MAX_RBF_SAMPLES: usize = 10_000;

    /// The options it was built from.
    pub fn config(&self) -> &SpectralClusteringConfig {
        &self.config
    }

    fn run(
        &self,
        y: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedSpectralClustering>, FitError> {
        let n_components = self.config.n_components.unwrap_or(self.config.n_clusters);
        let (graph, linked) = affinity::graph(&self.config, y, n_components, ctx)?;
        let embedding = embedding::of(&graph, n_components, self.config.eigen_tol, ctx)?;
        let note = embedding.note(self.config.eigen_tol);
        let (labels, report) = self.assign(&embedding, ctx)?;
        let notes = linked.into_iter().chain(note);
        let report = notes.fold(report, Report::with_note);
        let n_samples = y.n_samples();
        let maps = Array2::from_shape_vec((n_samples, embedding.width), embedding.rows);
        Ok(Fit {
            model: FittedSpectralClustering {
                n_features: y.n_features(),
                n_clusters: self.config.n_clusters,
                labels,
                embedding: maps.expect("so many values a row"),
                eigenvalues: embedding.values,
            },
            report,
        })
    }

    /// Labels, numbered in the order of their first rows.
    fn assign(&self, embedding: &Embedding, ctx: &mut FitContext<'_>) -> Result<(Labels, Report), FitError> {
        let report = Report::new(SpectralClusteringConfig::NAME, Termination::ClosedForm);
        if self.config.assign_labels == AssignLabels::ClusterQr {
            let labels = cluster_qr::labels(&embedding.rows, embedding.width);
            return Ok((in_order(&labels), report));
        }
        let values: Vec<f32> = embedding.rows.iter().map(|&x| x as f32).collect();
        let maps = Samples::from_rows(&values, embedding.width).expect("as many finite values a row");
        let run = self.kmeans.best_run(maps, &Scaled::new(maps), ctx)?;
        let report = Report::new(SpectralClusteringConfig::NAME, run.termination)
            .with_n_iter(run.history.len())
            .with_objective("inertia", run.fitted.inertia())
            .with_history(run.history);
        Ok((in_order(run.fitted.labels().as_slice()), report))
    }
}

fn in_order(labels: &[i32]) -> Labels {
    let greatest = labels.iter().copied().max().unwrap_or(0);
    let mut numbers = vec![-1; greatest as usize + 1];
    let mut n_clusters = 0;
    let number = |&label: &i32| {
        let number = &mut numbers[label as usize];
        if *number < 0 {
            *number = n_clusters;
            n_clusters += 1;
        }
        *number
    };
    Labels::new(labels.iter().map(number).collect()).expect("labels are counted from zero")
}

impl Clusterer for SpectralClustering {
    type Fitted = FittedSpectralClustering;

    fn fit(
        &self,
        y: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedSpectralClustering>, FitError> {
        let name = SpectralClusteringConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            let n_clusters = self.config.n_clusters;
            enough_samples(name, &format!("n_clusters = {n_clusters}"), n_clusters, y)?;
            let n_components = self.config.n_components.unwrap_or(n_clusters);
            enough_samples(name, &format!("n_components = {n_components}"), n_components, y)?;
            self.run(y, ctx)
        })
    }
}
