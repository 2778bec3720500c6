//! The contracts of the three stages, and what a fitted part may be able to do beyond the least.
//!
//! Unfitted and fitted are different types. An unfitted part is a valid configuration, so `fit` takes `&self` and
//! may be called any number of times; the same data and seed give the same bits, for any number of threads.

use std::any::Any;

use ndarray::{Array2, ArrayView2};

use crate::persist::Save;
use crate::{ApplyError, ConfigError, Fit, FitContext, FitError, Labels, Samples};

/// One of the three stages of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Data to latents.
    Encoder,
    /// Latents to an embedding.
    Manifold,
    /// The embedding to clusters.
    Clusterer,
}

impl Stage {
    /// `encoder`, `manifold` or `clusterer`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Manifold => "manifold",
            Self::Clusterer => "clusterer",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Learns a representation of data, such as the code of an autoencoder.
pub trait Encoder: Send + Sync {
    /// What a fit makes.
    type Fitted: FittedEncoder;

    /// Learns from the rows of `x`.
    ///
    /// # Errors
    /// [`FitError`]; the data has been checked, so what remains is what this encoder can't do with it.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError>;
}

/// An encoder that can be told the classes of some rows, which its latents are then to keep apart.
pub trait SupervisedEncoder: Encoder {
    /// As [`fit`](Encoder::fit), with a label for each row, -1 where it is not known, and the share of the labels in what is minimised: from 0, only
    /// what [`fit`](Encoder::fit) minimises, to 1, the labels alone.
    ///
    /// # Errors
    /// As [`fit`](Encoder::fit), and [`FitError::Part`] for labels that are not those of the rows.
    fn fit_supervised(
        &self,
        x: Samples<'_>,
        labels: &Labels,
        weight: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<Self::Fitted>, FitError>;
}

/// Learns the manifold that points lie on, such as UMAP.
pub trait Manifold: Send + Sync {
    /// What a fit makes.
    type Fitted: FittedManifold;

    /// Learns from the rows of `z`: latents, or any embedding.
    ///
    /// # Errors
    /// [`FitError`]; the data has been checked, so what remains is what this learner can't do with it.
    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError>;
}

/// Groups points, such as a Gaussian mixture.
pub trait Clusterer: Send + Sync {
    /// What a fit makes.
    type Fitted: FittedClusterer;

    /// Groups the rows of `y`: a manifold's embedding, or any points.
    ///
    /// # Errors
    /// [`FitError`]; the data has been checked, so what remains is what this clusterer can't do with it.
    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError>;
}

/// An encoder that has been fitted. Every one can encode new rows.
pub trait FittedEncoder: Any + Send + Sync {
    /// The part's name, as in configurations and errors.
    fn name(&self) -> &str;

    /// Width of the rows it takes.
    fn n_features(&self) -> usize;

    /// Width of the rows it makes.
    fn latent_dim(&self) -> usize;

    /// The latents of rows, `(n_samples, latent_dim)`. A row's latent does not depend on the rows beside it.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError>;

    /// This, if it can decode.
    fn as_decode(&self) -> Option<&dyn Decode> {
        None
    }

    /// This, if it can be saved: `Some(self)` for whatever implements [`Persist`](crate::persist::Persist).
    fn as_save(&self) -> Option<&dyn Save> {
        None
    }
}

/// A fitted encoder that can go back from latents to data.
pub trait Decode {
    /// The rows that latents stand for, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for latents of another width.
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError>;
}

/// A manifold learner that has been fitted. Every one has the embedding of its training rows.
pub trait FittedManifold: Any + Send + Sync {
    /// The part's name, as in configurations and errors.
    fn name(&self) -> &str;

    /// Width of the rows it takes.
    fn n_features(&self) -> usize;

    /// Width of the embedding.
    fn n_components(&self) -> usize {
        self.embedding().ncols()
    }

    /// Where the training rows lie, `(n_samples, n_components)`, row-major and finite.
    fn embedding(&self) -> ArrayView2<'_, f32>;

    /// This, if it can place new rows.
    fn as_transform(&self) -> Option<&dyn Transform> {
        None
    }

    /// This, if it can be saved: `Some(self)` for whatever implements [`Persist`](crate::persist::Persist).
    fn as_save(&self) -> Option<&dyn Save> {
        None
    }
}

/// A fitted manifold learner that can place new rows.
pub trait Transform {
    /// Where new rows lie, `(n_samples, n_components)`. A row's place does not depend on the rows beside it.
    ///
    /// Training rows given again need not come out where [`FittedManifold::embedding`] has them.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError>;
}

/// A clusterer that has been fitted. Every one has the labels of its training rows.
pub trait FittedClusterer: Any + Send + Sync {
    /// The part's name, as in configurations and errors.
    fn name(&self) -> &str;

    /// Width of the rows it takes.
    fn n_features(&self) -> usize;

    /// How many clusters it knows, noise not counted. Some may have no training row.
    fn n_clusters(&self) -> usize;

    /// The labels of the training rows.
    fn labels(&self) -> &Labels;

    /// How strongly each training row belongs to its cluster, in `[0, 1]`, 0 for noise; for clusterers that say so, as HDBSCAN does. Default: it
    /// does not.
    fn strengths(&self) -> Option<&[f32]> {
        None
    }

    /// This, if it can label new rows.
    fn as_predict(&self) -> Option<&dyn Predict> {
        None
    }

    /// This, if it can say how probable each cluster is for new rows.
    fn as_predict_proba(&self) -> Option<&dyn PredictProba> {
        None
    }

    /// This, if it can label new rows approximately.
    fn as_approximate_predict(&self) -> Option<&dyn ApproximatePredict> {
        None
    }

    /// This, if it can be saved: `Some(self)` for whatever implements [`Persist`](crate::persist::Persist).
    fn as_save(&self) -> Option<&dyn Save> {
        None
    }
}

/// A fitted clusterer that can label new rows by the same rule as it labelled the training rows.
pub trait Predict {
    /// The labels of rows.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError>;
}

/// A fitted clusterer that can say how probable each cluster is.
pub trait PredictProba {
    /// `(n_samples, n_clusters)`; each row sums to one.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError>;
}

/// A fitted clusterer that can label new rows only approximately, as density-based ones: a new row joins the cluster
/// it would have fallen into, while the clusters stay as they were.
pub trait ApproximatePredict {
    /// The labels of rows, noise included, and the strength in `[0, 1]` with which each row belongs to its cluster.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn approximate_predict(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError>;
}

/// A part's options as plain data, and the only way to the part.
///
/// A configuration is a struct with public fields and a [`Default`] that names every default once. For the
/// command line and configuration files it is a `serde` struct that refuses unknown fields.
pub trait PartConfig {
    /// The part's name in configurations, on the command line and in errors.
    const NAME: &'static str;

    /// The part that is built.
    type Part;

    /// What each option means, by the option's name, for help texts and configuration files. Default: nothing is known.
    ///
    /// [`check::option_docs`](crate::check::option_docs) makes it from the fields' own docs.
    fn option_docs() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// Whether the width of what the part makes follows the number of clusters where nothing else is said, as the N2D paper has
    /// it for UMAP. Default true. A learner for pictures, which can't make so many columns, says no.
    const FOLLOWS_CLUSTERS: bool = true;

    /// Checks every option and makes the part.
    ///
    /// # Errors
    /// [`ConfigError`] names the part, the option, what is allowed and what was given.
    fn build(&self) -> Result<Self::Part, ConfigError>;
}
