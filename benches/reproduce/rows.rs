//! What the rows are made of.

use n2d::cluster::SpectralClusteringConfig;
use n2d::manifold::{IsomapConfig, TsneConfig};
use n2d::prelude::*;
use ndarray::Array2;
use serde::Serialize;

use crate::Fallible;
use crate::cache::{Cache, Cached};

/// What is clustered, or embedded first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The data itself.
    Raw,
    /// The latents of the paper's autoencoder.
    Encoded,
}

impl Input {
    pub(crate) const ALL: [Self; 2] = [Self::Raw, Self::Encoded];

    /// Says the number of epochs where it is not the default: these are rows of their own.
    pub(crate) fn name(self, epochs: Option<usize>) -> String {
        match (self, epochs) {
            (Self::Raw, _) => "raw".to_owned(),
            (Self::Encoded, None) => "ae".to_owned(),
            (Self::Encoded, Some(epochs)) => format!("ae of {epochs} epochs"),
        }
    }
}

/// How the input is embedded before it is clustered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learner {
    Unembedded,
    Isomap,
    Tsne,
    Umap,
}

impl Learner {
    pub(crate) const ALL: [Self; 4] = [Self::Unembedded, Self::Isomap, Self::Tsne, Self::Umap];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unembedded => "none",
            Self::Isomap => "isomap",
            Self::Tsne => "tsne",
            Self::Umap => "umap",
        }
    }

    /// The embedding and the seconds it took. As many components as clusters, as the paper has it, but for t-SNE, which has two.
    pub(crate) fn embed(
        self,
        latents: &Latents,
        n_clusters: usize,
        seed: u64,
        name: &str,
        cache: &Cache,
    ) -> Fallible<(Array2<f32>, f64)> {
        match self {
            Self::Unembedded => Ok((latents.z.clone(), 0.0)),
            Self::Isomap => embedded(&IsomapConfig::new(n_clusters), latents, seed, name, cache),
            Self::Tsne => embedded(&TsneConfig::default(), latents, seed, name, cache),
            Self::Umap => embedded(&UmapConfig::new(n_clusters), latents, seed, name, cache),
        }
    }
}

/// What is embedded or clustered.
pub(crate) struct Latents {
    pub(crate) z: Array2<f32>,
    /// That the encoder took.
    pub(crate) seconds: f64,
    /// The encoder's options; none where the rows are as they are.
    pub(crate) made_by: Option<String>,
}

fn embedded<C>(
    config: &C,
    latents: &Latents,
    seed: u64,
    name: &str,
    cache: &Cache,
) -> Fallible<(Array2<f32>, f64)>
where
    C: PartConfig<Part: Manifold<Fitted: Persist>> + Serialize,
{
    let fit = || {
        Ok(config
            .build()?
            .fit(Samples::new(latents.z.view())?, &mut FitContext::new(seed))?)
    };
    // Of other latents it would be another embedding.
    let options = (&latents.made_by, config);
    let fitted: Cached<<C::Part as Manifold>::Fitted> = cache.get(name, &options, fit)?;
    Ok((fitted.part.embedding().to_owned(), fitted.seconds))
}

/// What clusters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shallow {
    Gmm,
    KMeans,
    Spectral,
    Hdbscan,
}

impl Shallow {
    pub(crate) const ALL: [Self; 4] = [Self::Gmm, Self::KMeans, Self::Spectral, Self::Hdbscan];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gmm => "gmm",
            Self::KMeans => "kmeans",
            Self::Spectral => "spectral",
            Self::Hdbscan => "hdbscan",
        }
    }

    /// The labels. HDBSCAN is not told the number of clusters; by one rule for all data, a cluster has a hundredth of the rows at
    /// least, and a row's density is that of its tenth neighbour.
    pub(crate) fn labels(self, y: Samples<'_>, n_clusters: usize, seed: u64) -> Fallible<Labels> {
        match self {
            Self::Gmm => labels(&GaussianMixtureConfig::new(n_clusters), y, seed),
            Self::KMeans => labels(&KMeansConfig::new(n_clusters), y, seed),
            Self::Spectral => labels(&SpectralClusteringConfig::new(n_clusters), y, seed),
            Self::Hdbscan => {
                let config = HdbscanConfig {
                    min_cluster_size: (y.n_samples() / 100).max(2),
                    min_samples: Some(10),
                    ..HdbscanConfig::default()
                };
                labels(&config, y, seed)
            }
        }
    }
}

fn labels<C: PartConfig<Part: Clusterer>>(config: &C, y: Samples<'_>, seed: u64) -> Fallible<Labels> {
    let fit = config.build()?.fit(y, &mut FitContext::new(seed))?;
    Ok(fit.model.labels().clone())
}
