//! Several encoders side by side.

use n2d_core::check::{made_by, same_features};
use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, Encoder, Fit, FitContext, FitError, FittedEncoder, Report, Samples, Stage, Termination,
};
use ndarray::{Array2, s};

use crate::blocks::{MOST_MEMBERS, Saved, block, load_members, save_members};

pub(crate) const NAME: &str = "committee";

/// One encoder fitted several times from different seeds; its latents are those of all of them, side by side.
///
/// What comes behind it looks at the blocks of columns one by one: [`Each`](crate::Each), [`Voting`](crate::Voting) and
/// n2d-manifold's `AveragedUmap`. Member `i` has the seed that [`FitContext::run_member`] derives. Takes the time and the memory of
/// all members, one after the other; deterministic as they are.
///
/// ```
/// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
/// use n2d_encoder::DenseAutoencoderConfig;
/// use n2d_ensemble::Committee;
///
/// let values: Vec<f32> = (0..60).map(|i| (i % 7) as f32 / 7.0).collect();
/// let x = Samples::from_rows(&values, 6)?;
/// let member = DenseAutoencoderConfig { hidden: vec![8], n_epochs: Some(2), ..DenseAutoencoderConfig::new(2) };
/// let fit = Committee::new(member.build()?, 3).fit(x, &mut FitContext::new(42))?;
/// assert_eq!(fit.model.encode(x)?.dim(), (10, 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Committee<E> {
    member: E,
    n_members: usize,
}

impl<E> Committee<E> {
    /// `n_members` of an encoder.
    ///
    /// # Panics
    /// For a number below 1 or above 1000.
    pub fn new(member: E, n_members: usize) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&n_members), "{n_members} members");
        Self { member, n_members }
    }
}

impl<E: Encoder> Encoder for Committee<E> {
    type Fitted = FittedCommittee<E::Fitted>;

    /// Fits every member.
    ///
    /// # Errors
    /// What members return, and [`FitError::Part`] for a context with checkpoints.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        ctx.run_stage(Stage::Encoder, NAME, |ctx| {
            if ctx.checkpoints().is_some() {
                return Err(FitError::Part {
                    part: NAME.to_owned(),
                    source: "a checkpoint is of one training, and a committee has several".into(),
                });
            }
            let fits = (0..self.n_members)
                .map(|index| ctx.run_member(index, self.n_members, |ctx| self.member.fit(x, ctx)));
            let fits = fits.collect::<Result<Vec<_>, _>>()?;
            let mut report = of_members(NAME, fits.iter().map(|fit| &fit.report));
            let members = fits.into_iter().map(|fit| fit.model).collect();
            let model = FittedCommittee { members };
            if model.is_of_one_mind(x)? {
                report =
                    report.with_note("all members are the same: this encoder does not depend on the seed");
            }
            Ok(Fit { model, report })
        })
    }
}

/// The report of a part whose members have these: their mean objective and most rounds, and what they say.
pub(crate) fn of_members<'a>(part: &str, reports: impl Iterator<Item = &'a Report>) -> Report {
    let reports: Vec<&Report> = reports.collect();
    let objectives: Vec<(&'static str, f64)> = reports.iter().filter_map(|report| report.objective).collect();
    let stopped = reports
        .iter()
        .any(|report| report.termination == Termination::Stopped);
    let ended = if stopped {
        Termination::Stopped
    } else {
        Termination::Completed
    };
    let rounds = reports.iter().map(|report| report.n_iter).max().unwrap_or(0);
    let mut whole = Report::new(part, ended)
        .with_n_iter(rounds)
        .with_note(format!("{} members", reports.len()));
    if let Some(&(name, _)) = objectives.first().filter(|_| objectives.len() == reports.len()) {
        let sum: f64 = objectives.iter().map(|(_, value)| value).sum();
        whole = whole.with_objective(name, sum / objectives.len() as f64);
    }
    for note in reports.iter().flat_map(|report| &report.notes) {
        if !whole.notes.contains(note) {
            whole.notes.push(note.clone());
        }
    }
    whole
}

/// Rows by which members are compared.
const COMPARED_ROWS: usize = 16;

/// A fitted [`Committee`].
#[derive(Debug, Clone, PartialEq)]
pub struct FittedCommittee<F> {
    members: Vec<F>,
}

impl<F> FittedCommittee<F> {
    /// The kind by which files know it.
    pub const KIND: &'static str = NAME;

    /// The fitted encoders, in the order of the blocks of columns.
    pub fn members(&self) -> &[F] {
        &self.members
    }
}

impl<F: FittedEncoder> FittedCommittee<F> {
    /// Whether there are several members that encode the first rows alike, to the last bit: the result is then that of one.
    fn is_of_one_mind(&self, x: Samples<'_>) -> Result<bool, ApplyError> {
        let first = x.view().slice_move(s![..COMPARED_ROWS.min(x.n_samples()), ..]);
        let latents = self.encode(made_by(NAME, first)?)?;
        let own = block(made_by(NAME, latents.view())?, self.members.len(), 0);
        let same = |member| latents.slice(s![.., member * own.ncols()..(member + 1) * own.ncols()]) == own;
        Ok(self.members.len() > 1 && (1..self.members.len()).all(same))
    }

    /// Makes the committee again, each member by a function of its state: the way for members whose kind the state says.
    ///
    /// # Errors
    /// [`LoadError`], also where members take or make rows of different widths, and what the function returns.
    pub fn load_with(
        state: &State,
        member: impl Fn(&State) -> Result<F, LoadError>,
    ) -> Result<Self, LoadError> {
        let members = load_members(state, member)?;
        let width = |member: &F| (member.n_features(), member.latent_dim());
        let same = members.iter().all(|member| width(member) == width(&members[0]));
        state.expect("n_members", "encoders of rows of one width", same)?;
        Ok(Self { members })
    }
}

impl<F: FittedEncoder> FittedEncoder for FittedCommittee<F> {
    fn name(&self) -> &str {
        NAME
    }

    fn n_features(&self) -> usize {
        self.members[0].n_features()
    }

    fn latent_dim(&self) -> usize {
        self.members.len() * self.members[0].latent_dim()
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(NAME, self.n_features(), x)?;
        let width = self.members[0].latent_dim();
        let mut latents = Array2::zeros((x.n_samples(), self.latent_dim()));
        for (block, member) in self.members.iter().enumerate() {
            let own = member.encode(x)?;
            made_by(member.name(), own.view())?;
            latents
                .slice_mut(s![.., block * width..(block + 1) * width])
                .assign(&own);
        }
        Ok(latents)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        self.members
            .iter()
            .all(|member| member.as_save().is_some())
            .then_some(self)
    }
}

impl<F: FittedEncoder> Save for FittedCommittee<F> {
    fn kind(&self) -> &str {
        NAME
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        let members = self.members.iter().map(|member| Saved {
            name: member.name(),
            part: member.as_save(),
        });
        save_members(members, state)
    }
}
