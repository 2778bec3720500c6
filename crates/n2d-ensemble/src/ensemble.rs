//! From a pipeline to several of it as one.

use n2d_core::{ConfigError, ManifoldClusterer, N2d, PartConfig};
use n2d_manifold::Umap;
use n2d_manifold::umap::{AveragedUmap, AveragedUmapConfig};

use crate::voting::check_members;
use crate::{Committee, Counting, Each, SelfTrained, Voting};

/// Several of a pipeline, from different seeds, as one pipeline whose result hangs less on a seed.
///
/// Each way the result is an [`N2d`] like any other: it is fitted, labels new rows and is saved as they are.
///
/// | | by mean graph | by votes, by co-association | by self-training |
/// |---|---|---|---|
/// | encoders | all members' | all members' | one, taught by what members are certain of |
/// | manifold learner | one, of the mean of the members' neighbour graphs | one a member | one |
/// | clusterer | one | one a member; most votes win | one |
/// | parts may be | UMAP as the manifold learner | any; with co-association members may find different numbers of clusters | any; the encoder taught is one that learns labels |
///
/// Votes and the mean graph come to nearly the same on pendigits; the mean graph lays out once. On MNIST self-training beats both, with a single
/// member, as the encoder taught is one of convolutions that learns from changed copies. See the project's records (`benches/records/ensembles.md`, `ensemble.md`).
///
/// ```
/// use n2d_cluster::GaussianMixtureConfig;
/// use n2d_core::{FitContext, ManifoldClusterer, N2d, PartConfig, Samples};
/// use n2d_encoder::DenseAutoencoderConfig;
/// use n2d_ensemble::N2dEnsemble;
/// use n2d_manifold::UmapConfig;
///
/// let values: Vec<f32> = (0..240).map(|i| ((i * 7 + i / 120 * 50) % 97) as f32 / 97.0).collect();
/// let x = Samples::from_rows(&values, 6)?;
/// let encoder = DenseAutoencoderConfig { hidden: vec![8], n_epochs: Some(2), ..DenseAutoencoderConfig::new(2) };
/// let umap = UmapConfig { n_neighbors: 5, n_epochs: Some(20), ..UmapConfig::new(2) };
/// let later = ManifoldClusterer::new(umap.build()?, GaussianMixtureConfig::new(2).build()?);
/// let ensemble = N2dEnsemble::new(N2d::new(encoder.build()?, later), 3)?;
/// let fitted = ensemble.by_mean_graph().fit(x, &mut FitContext::new(42))?.model;
/// assert_eq!(fitted.predict(x)?.len(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct N2dEnsemble<E, M, C> {
    member: N2d<E, M, C>,
    n_members: usize,
}

impl<E, M, C> N2dEnsemble<E, M, C> {
    /// `n_members` of a pipeline.
    ///
    /// # Errors
    /// [`ConfigError`] for a number below 1 or above 1000.
    pub fn new(member: N2d<E, M, C>, n_members: usize) -> Result<Self, ConfigError> {
        check_members(n_members)?;
        Ok(Self { member, n_members })
    }

    /// The pipeline that members are.
    pub fn into_member(self) -> N2d<E, M, C> {
        self.member
    }

    /// Every member has an encoder, a manifold learner and a clusterer of its own, and they vote ([`consensus`](crate::consensus())).
    pub fn by_votes(self) -> N2d<Committee<E>, Each<M>, Voting<C>> {
        self.counted(Counting::Matched)
    }

    /// As [`by_votes`](Self::by_votes), but clusters stand for the same where most members put their rows together ([`co_association`](crate::co_association())):
    /// several of a member may be parts of one.
    pub fn by_co_association(self) -> N2d<Committee<E>, Each<M>, Voting<C>> {
        self.counted(Counting::CoAssociation)
    }

    fn counted(self, counting: Counting) -> N2d<Committee<E>, Each<M>, Voting<C>> {
        let n = self.n_members;
        let (encoder, later) = self.member.into_parts();
        let (manifold, clusterer) = later.into_parts();
        let voting = Voting::new(clusterer, n).with_counting(counting);
        let later = ManifoldClusterer::new(Each::new(manifold, n), voting);
        N2d::new(Committee::new(encoder, n), later)
    }
}

impl<E: Clone, M: Clone, C: Clone> N2dEnsemble<E, M, C> {
    /// What the members are certain of teaches one encoder more, which the result has alone ([`SelfTrained`]).
    pub fn by_self_training<T>(self, taught: T) -> N2d<SelfTrained<E, M, C, T>, M, C> {
        let (_, later) = self.member.clone().into_parts();
        N2d::new(SelfTrained::new(self.member, self.n_members, taught), later)
    }
}

impl<E, C> N2dEnsemble<E, Umap, C> {
    /// Every member has an encoder of its own; the mean of their neighbour graphs is laid out once, and clustered once.
    ///
    /// # Panics
    /// For a UMAP with `densmap` or `output_dens`, which a mean of graphs can't have: [`AveragedUmapConfig::build`] says so as an error.
    pub fn by_mean_graph(self) -> N2d<Committee<E>, AveragedUmap, C> {
        let n_views = self.n_members;
        let (encoder, later) = self.member.into_parts();
        let (umap, clusterer) = later.into_parts();
        let config = AveragedUmapConfig {
            n_views,
            umap: umap.config().clone(),
        };
        let averaged = config.build().expect("a UMAP without densities");
        N2d::new(
            Committee::new(encoder, n_views),
            ManifoldClusterer::new(averaged, clusterer),
        )
    }
}
