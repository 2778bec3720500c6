//! An encoder that is trained anew on what several pipelines agree on.

use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, Clusterer, Decode, Encoder, Fit, FitContext, FitError, FittedEncoder, Labels, Manifold, N2d,
    Samples, Stage, SupervisedEncoder,
};
use ndarray::Array2;

use crate::align::consensus;
use crate::blocks::{MOST_MEMBERS, Saved};

pub(crate) const NAME: &str = "self_trained";

/// An encoder that several pipelines teach: where all of them agree on a row's cluster, that is its label, and an encoder is trained to tell
/// these labels apart while it reconstructs.
///
/// Rows on which the members differ have no label, so that it is not their mistakes that are learnt; and what all get wrong in few rows,
/// a network learns more slowly than what it sees in many. The idea is that of Mahon and Lukasiewicz (2021, *Selective Pseudo-label Clustering*,
/// [arXiv 2107.10692](https://arxiv.org/abs/2107.10692)), of whose networks, rounds and augmentation nothing is taken over.
///
/// The result is one encoder, as large and as fast as any; with a manifold learner and a clusterer behind it
/// ([`N2dEnsemble::by_self_training`](crate::N2dEnsemble::by_self_training)) it is a pipeline. Takes the time of all members and of one encoder more; deterministic as
/// they are.
#[derive(Debug, Clone)]
pub struct SelfTrained<E, M, C> {
    member: N2d<E, M, C>,
    n_members: usize,
    weight: f64,
}

impl<E, M, C> SelfTrained<E, M, C> {
    /// What labels weigh in the loss beside the reconstruction: a first guess, not measured against others.
    pub const WEIGHT: f64 = 0.1;

    /// Taught by `n_members` of a pipeline, whose encoder it is.
    ///
    /// # Panics
    /// For a number below 1 or above 1000.
    pub fn new(member: N2d<E, M, C>, n_members: usize) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&n_members), "{n_members} members");
        Self {
            member,
            n_members,
            weight: Self::WEIGHT,
        }
    }

    /// With another weight of the labels, 0 or above; [`WEIGHT`](Self::WEIGHT) by default.
    pub fn with_weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }
}

impl<E: SupervisedEncoder, M: Manifold, C: Clusterer> Encoder for SelfTrained<E, M, C> {
    type Fitted = FittedSelfTrained<E::Fitted>;

    /// Fits the members, and the encoder that they teach.
    ///
    /// # Errors
    /// What members return, and [`FitError::Part`] where they agree on no row.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        ctx.run_stage(Stage::Encoder, NAME, |ctx| {
            let of = self.n_members + 1;
            let label = |index| {
                let fit = ctx.run_member(index, of, |ctx| self.member.fit(x, ctx))?;
                Ok(fit.model.labels().clone())
            };
            let labels = (0..self.n_members)
                .map(label)
                .collect::<Result<Vec<Labels>, FitError>>()?;
            let found = consensus(&labels).map_err(|error| FitError::Part {
                part: NAME.to_owned(),
                source: error.into(),
            })?;
            let agreed = agreed(&found.labels, &found.agreement);
            let taught = agreed.as_slice().iter().filter(|&&label| label >= 0).count();
            let encoder = self.member.encoder();
            let Fit { model, report } = ctx.run_member(self.n_members, of, |ctx| {
                encoder.fit_supervised(x, &agreed, self.weight, ctx)
            })?;
            let share = 100.0 * taught as f64 / x.n_samples() as f64;
            let report = report.with_note(format!(
                "taught by the {share:.1} % of the rows on which all of {} members agree",
                self.n_members
            ));
            let model = FittedSelfTrained {
                encoder: model,
                agreement: found.agreement,
            };
            Ok(Fit { model, report })
        })
    }
}

/// The labels on which all agree; -1 for other rows, and for noise.
fn agreed(labels: &Labels, agreement: &[f32]) -> Labels {
    let pairs = labels.as_slice().iter().zip(agreement);
    let label = |(&label, &share): (&i32, &f32)| if share == 1.0 { label } else { Labels::NOISE };
    Labels::new(pairs.map(label).collect()).expect("labels of the members")
}

/// A fitted [`SelfTrained`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedSelfTrained<F> {
    encoder: F,
    agreement: Vec<f32>,
}

impl<F> FittedSelfTrained<F> {
    /// The kind by which files know it.
    pub const KIND: &'static str = NAME;

    /// The encoder that the members taught.
    pub fn encoder(&self) -> &F {
        &self.encoder
    }

    /// The share of members that gave each training row the label which most gave it, in `(0, 1]`.
    pub fn agreement(&self) -> &[f32] {
        &self.agreement
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
        let agreement: Vec<f32> = state.finite_vec("agreement")?;
        let shares = agreement.iter().all(|share| (0.0..=1.0).contains(share));
        state.expect("agreement", "shares between 0 and 1", shares)?;
        Ok(Self {
            encoder: encoder(state.part("encoder")?)?,
            agreement,
        })
    }
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
        self.encoder.as_decode()
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
        state.put("agreement", &self.agreement);
        let encoder = Saved {
            name: self.encoder.name(),
            part: self.encoder.as_save(),
        };
        state.put_part("encoder", &encoder)
    }
}
