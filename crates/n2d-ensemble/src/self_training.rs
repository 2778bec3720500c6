//! An encoder that is taught by what pipelines are certain of.

use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, BoxError, Clusterer, Decode, Encoder, Fit, FitContext, FitError, FittedEncoder, Labels,
    Manifold, N2d, Samples, Stage, SupervisedEncoder,
};
use n2d_metrics::MetricError;
use ndarray::Array2;

use crate::align::{consensus, mapped_to};
use crate::blocks::{MOST_MEMBERS, Saved};
use crate::trust::{believed, purity};

pub(crate) const NAME: &str = "self_trained";

/// An encoder that pipelines teach: it learns to tell apart the clusters that they find, from the rows of which these are certain.
///
/// Certain are rows on which all members agree and whose neighbours in each member's latents are of the same cluster: the inner rows of
/// clusters. (Of 50 neighbours all but one, or of as many as a quarter of the cluster all; and in any case the purest 30 % of a cluster, if members agree on as many.) What
/// members get wrong lies between clusters, and is so not learnt. The encoder taught then places the other rows by what the certain ones
/// have in common; it may be of another kind than the members', with transforms of its own: on images one of convolutions that are taught with
/// shifted copies. The idea is that of Mahon and Lukasiewicz (2021, *Selective Pseudo-label Clustering*,
/// [arXiv 2107.10692](https://arxiv.org/abs/2107.10692)), who keep the rows on which 15 members agree, and teach in rounds.
///
/// The result is one encoder, as large and as fast as any; with a manifold learner and a clusterer behind it
/// ([`N2dEnsemble::by_self_training`](crate::N2dEnsemble::by_self_training)) it is a pipeline. Takes the time of all members, and in each round that of one encoder, from the second round on also of a manifold learner and a clusterer; deterministic as
/// they are.
///
/// ```
/// use n2d_cluster::GaussianMixtureConfig;
/// use n2d_core::{FitContext, FittedEncoder, ManifoldClusterer, N2d, PartConfig, Samples};
/// use n2d_encoder::DenseAutoencoderConfig;
/// use n2d_ensemble::N2dEnsemble;
/// use n2d_manifold::UmapConfig;
///
/// let values: Vec<f32> = (0..240).map(|i| ((i * 7 + i / 120 * 50) % 97) as f32 / 97.0).collect();
/// let x = Samples::from_rows(&values, 6)?;
/// let encoder = DenseAutoencoderConfig { hidden: vec![8], n_epochs: Some(2), ..DenseAutoencoderConfig::new(2) };
/// let umap = UmapConfig { n_neighbors: 5, n_epochs: Some(20), ..UmapConfig::new(2) };
/// let later = ManifoldClusterer::new(umap.build()?, GaussianMixtureConfig::new(2).build()?);
/// let member = N2d::new(encoder.build()?, later);
/// let taught = DenseAutoencoderConfig { n_epochs: Some(20), ..encoder };
/// let fitted = N2dEnsemble::new(member, 1)?.by_self_training(taught.build()?).fit(x, &mut FitContext::new(42))?.model;
/// assert_eq!(fitted.predict(x)?.len(), 40);
/// assert!(fitted.encoder().as_decode().is_none(), "labels alone were learnt");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SelfTrained<E, M, C, T> {
    member: N2d<E, M, C>,
    n_members: usize,
    taught: T,
    weight: f64,
    rounds: usize,
}

impl<E, M, C, T> SelfTrained<E, M, C, T> {
    /// The share of labels in what is minimised: measured on MNIST, reconstructing besides makes the result no better (`benches/records/ensemble.md`).
    pub const WEIGHT: f64 = 1.0;

    /// Times that an encoder is taught; measured on MNIST (`benches/records/ensemble.md`).
    pub const ROUNDS: usize = 2;

    /// `taught` by `n_members` of a pipeline; one is enough.
    ///
    /// # Panics
    /// For a number below 1 or above 1000.
    pub fn new(member: N2d<E, M, C>, n_members: usize, taught: T) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&n_members), "{n_members} members");
        Self {
            member,
            n_members,
            taught,
            weight: Self::WEIGHT,
            rounds: Self::ROUNDS,
        }
    }

    /// With another share of the labels, between 0 and 1; [`WEIGHT`](Self::WEIGHT) by default. Below 1 the encoder learns to reconstruct, too, and can then decode.
    pub fn with_weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Taught so many times, each time anew by what the encoder taught before is certain of; [`ROUNDS`](Self::ROUNDS) by default.
    ///
    /// # Panics
    /// For a number below 1 or above 1000, as [`new`](Self::new) does.
    pub fn with_rounds(self, rounds: usize) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&rounds), "{rounds} rounds");
        Self { rounds, ..self }
    }
}

/// Clusters of all rows, and how pure they are around each.
type Clusters = (Labels, Vec<f32>);

impl<E: Encoder, M: Manifold, C: Clusterer, T: SupervisedEncoder> SelfTrained<E, M, C, T> {
    /// The clusters that a member finds.
    fn of_member(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Clusters, FitError> {
        let fitted = self.member.fit(x, ctx)?.model;
        let latents = fitted.encode(x).map_err(failed)?;
        let latents = Samples::new(latents.view()).map_err(failed)?;
        let purity = purity(latents, fitted.labels(), ctx)?;
        Ok((fitted.labels().clone(), purity))
    }

    /// The clusters of what has been taught.
    fn of_taught(
        &self,
        taught: &T::Fitted,
        x: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Clusters, FitError> {
        let latents = taught.encode(x).map_err(failed)?;
        let latents = Samples::new(latents.view()).map_err(failed)?;
        let labels = self.member.manifold_clusterer().fit_predict(latents, ctx)?;
        let purity = purity(latents, &labels, ctx)?;
        Ok((labels, purity))
    }

    /// What each member finds, and how pure that is at worst.
    fn of_members(
        &self,
        x: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Vec<Labels>, Vec<f32>), FitError> {
        let mut labels = Vec::with_capacity(self.n_members);
        let mut purest = vec![1.0_f32; x.n_samples()];
        for index in 0..self.n_members {
            let (found, purity) = ctx.run_member(index, self.n_pieces(), |ctx| self.of_member(x, ctx))?;
            labels.push(found);
            purest
                .iter_mut()
                .zip(purity)
                .for_each(|(least, own)| *least = least.min(own));
        }
        Ok((labels, purest))
    }

    /// What would only be refused after all members are fitted.
    fn check(&self, ctx: &FitContext<'_>) -> Result<(), BoxError> {
        if !(0.0..=1.0).contains(&self.weight) {
            return Err(format!(
                "the weight of labels must be between 0 and 1, but is {}",
                self.weight
            )
            .into());
        }
        if ctx.checkpoints().is_some() {
            return Err("self-training keeps no checkpoints".into());
        }
        Ok(())
    }

    /// Pieces of the work: members, then lessons, with a clustering between two of them.
    fn n_pieces(&self) -> usize {
        self.n_members + 2 * self.rounds - 1
    }
}

fn failed(error: impl Into<BoxError>) -> FitError {
    FitError::Part {
        part: NAME.to_owned(),
        source: error.into(),
    }
}

impl<E: Encoder, M: Manifold, C: Clusterer, T: SupervisedEncoder> Encoder for SelfTrained<E, M, C, T> {
    type Fitted = FittedSelfTrained<T::Fitted>;

    /// Fits the members, and the encoder that they teach.
    ///
    /// # Errors
    /// What members return, and [`FitError::Part`] for a weight outside `[0, 1]`, a context with checkpoints, and where members agree on fewer than two clusters.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        ctx.run_stage(Stage::Encoder, NAME, |ctx| {
            self.check(ctx).map_err(failed)?;
            let (members, purity) = self.of_members(x, ctx)?;
            let found = consensus(&members).map_err(failed)?;
            let mut certain = believed(&found.labels, &found.agreement, &purity);
            if certain.n_clusters() < 2 {
                let n = certain.n_clusters();
                return Err(failed(format!(
                    "to teach an encoder, the members must agree on two clusters or more, but they do on {n}"
                )));
            }
            let mut piece = self.n_members;
            let teach = |piece, labels: &Labels, ctx: &mut FitContext<'_>| {
                ctx.run_member(piece, self.n_pieces(), |ctx| {
                    self.taught.fit_supervised(x, labels, self.weight, ctx)
                })
            };
            let Fit {
                mut model,
                mut report,
            } = teach(piece, &certain, ctx)?;
            let all_agree = vec![1.0; x.n_samples()];
            for _ in 1..self.rounds {
                let clusters = |ctx: &mut FitContext<'_>| self.of_taught(&model, x, ctx);
                let (labels, purity) = ctx.run_member(piece + 1, self.n_pieces(), clusters)?;
                let next = believed(&labels, &all_agree, &purity);
                if next.n_clusters() < 2 {
                    // Nothing to tell apart: what has been taught before stays.
                    break;
                }
                (certain, piece) = (next, piece + 2);
                Fit { model, report } = teach(piece, &certain, ctx)?;
            }
            let n_certain = certain.as_slice().iter().filter(|&&label| label >= 0).count();
            let share = 100.0 * n_certain as f64 / x.n_samples() as f64;
            // The report is the last lesson's, under this part's name.
            report.part = NAME.to_owned();
            let report = report.with_note(format!(
                "taught by the inner {share:.1} % of the rows of clusters"
            ));
            let model = FittedSelfTrained {
                encoder: model,
                members,
                decodes: self.weight < 1.0,
            };
            Ok(Fit { model, report })
        })
    }
}

/// A fitted [`SelfTrained`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedSelfTrained<F> {
    encoder: F,
    /// The clusters of the training rows that each member found.
    members: Vec<Labels>,
    /// Whether it has learnt to reconstruct.
    decodes: bool,
}

impl<F> FittedSelfTrained<F> {
    /// The kind by which files know it.
    pub const KIND: &'static str = NAME;

    /// The encoder that the members taught.
    pub fn encoder(&self) -> &F {
        &self.encoder
    }

    /// The clusters of the training rows that each of the members found which taught it; none in files of before they were kept.
    pub fn members(&self) -> &[Labels] {
        &self.members
    }

    /// The share of members that have each training row in the cluster which `labels`, those of the whole pipeline, have it in, in `[0, 1]`: clusters are matched one to
    /// one. `None` where no member is known.
    ///
    /// # Errors
    /// [`MetricError`] for labels of other rows.
    pub fn agreement(&self, labels: &Labels) -> Result<Option<Vec<f32>>, MetricError> {
        let mut shares = vec![0.0; labels.len()];
        for member in &self.members {
            let votes = mapped_to(labels, member)?;
            for ((share, vote), label) in shares.iter_mut().zip(votes).zip(labels.as_slice()) {
                *share += f32::from(u8::from(vote == *label)) / self.members.len() as f32;
            }
        }
        Ok((!self.members.is_empty()).then_some(shares))
    }
}

impl<F: FittedEncoder> FittedSelfTrained<F> {
    /// Makes it again, its encoder by a function of its state: the way for encoders whose kind the state says.
    ///
    /// # Errors
    /// [`LoadError`], and what the function returns.
    pub fn load_with(
        state: &State,
        encoder: impl FnOnce(&State) -> Result<F, LoadError>,
    ) -> Result<Self, LoadError> {
        // Files of before members were kept have shares in their place, of no use without them.
        if state.has_array("agreement") {
            state.finite_vec::<f32>("agreement")?;
        }
        let mut members: Vec<Labels> = Vec::new();
        while state.has_array(&member_name(members.len())) {
            let name = member_name(members.len());
            let labels = state.labels(&name)?;
            members.push(state.labels_of(&name, labels.len())?);
        }
        let same = members.iter().all(|member| member.len() == members[0].len());
        state.expect("members", "labels of the same rows", same)?;
        Ok(Self {
            encoder: encoder(state.part("encoder")?)?,
            members,
            // Files of before there was a choice don't have it: these have learnt to reconstruct.
            decodes: !state.values().any(|(name, _)| name == "decodes") || state.get("decodes")?,
        })
    }
}

fn member_name(index: usize) -> String {
    format!("members.{index}")
}

impl<F: FittedEncoder> FittedEncoder for FittedSelfTrained<F> {
    fn name(&self) -> &str {
        NAME
    }

    fn n_features(&self) -> usize {
        self.encoder.n_features()
    }

    fn latent_dim(&self) -> usize {
        self.encoder.latent_dim()
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.encoder.encode(x)
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        self.encoder.as_decode().filter(|_| self.decodes)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        self.encoder.as_save().is_some().then_some(self)
    }
}

impl<F: FittedEncoder> Save for FittedSelfTrained<F> {
    fn kind(&self) -> &str {
        NAME
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        for (index, labels) in self.members.iter().enumerate() {
            state.put_labels(&member_name(index), labels);
        }
        state.set("decodes", &self.decodes);
        let encoder = Saved {
            name: self.encoder.name(),
            part: self.encoder.as_save(),
        };
        state.put_part("encoder", &encoder)
    }
}
