//! A clusterer for each member of a committee, and their votes.

use n2d_core::check::{Options, made_by, same_features};
use n2d_core::persist::{LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, ApproximatePredict, Capability, Clusterer, Fit, FitContext, FitError, FittedClusterer,
    Labels, Predict, PredictProba, Samples, Stage,
};
use ndarray::{Array2, Axis};

use crate::align::{Consensus, beyond, consensus, count, mapped};
use crate::blocks::{MOST_MEMBERS, Saved, block, check_blocks, load_members, save_members};
use crate::co_association::co_association;
use crate::committee::of_members;

pub(crate) const NAME: &str = "voting";

/// One clusterer fitted to each block of columns by itself; a row's label is that which most members give it
/// ([`Counting`]), and the share of them that do is its agreement.
///
/// Takes what an [`Each`](crate::Each) of as many members makes. New rows are labelled by the members' votes (approximately, where a member can only do so), and a cluster is as probable
/// as it is to the members on average. Takes the time of all members, one after the other; deterministic as they are.
///
/// ```
/// use n2d_cluster::KMeansConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Predict, Samples};
/// use n2d_ensemble::Voting;
///
/// // Two groups, seen in two ways.
/// let values: Vec<f32> = (0..40).flat_map(|i| { let v = (i % 20 + i / 20 * 500) as f32; [v, -3.0 * v] }).collect();
/// let y = Samples::from_rows(&values, 2)?;
/// let fit = Voting::new(KMeansConfig::new(2).build()?, 2).fit(y, &mut FitContext::new(42))?;
/// assert_eq!(fit.model.labels().sizes().iter().map(|&(_, size)| size).collect::<Vec<_>>(), [20, 20]);
/// assert!(fit.model.agreement().iter().all(|&share| share == 1.0));
/// assert_eq!(fit.model.predict(Samples::from_rows(&[3.0, -9.0], 2)?)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Voting<C> {
    member: C,
    n_members: usize,
    counting: Counting,
}

/// Which clusters of the members stand for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Those that are matched one to one ([`consensus`](crate::consensus())).
    #[default]
    Matched,
    /// Those whose rows most members put together ([`co_association`](crate::co_association())).
    CoAssociation,
}

impl<C> Voting<C> {
    /// `n_members` of a clusterer.
    ///
    /// # Panics
    /// For a number below 1 or above 1000.
    pub fn new(member: C, n_members: usize) -> Self {
        assert!((1..=MOST_MEMBERS).contains(&n_members), "{n_members} members");
        Self {
            member,
            n_members,
            counting: Counting::default(),
        }
    }

    /// With votes counted in another way; [`Counting::Matched`] by default.
    pub fn with_counting(self, counting: Counting) -> Self {
        Self { counting, ..self }
    }

    fn count(&self, labels: &[Labels], ctx: &FitContext<'_>) -> Result<Consensus, FitError> {
        match self.counting {
            Counting::CoAssociation => co_association(labels, ctx),
            Counting::Matched => consensus(labels).map_err(|error| FitError::Part {
                part: NAME.to_owned(),
                source: error.into(),
            }),
        }
    }
}

impl<C: Clusterer> Clusterer for Voting<C> {
    type Fitted = FittedVoting<C::Fitted>;

    /// Fits every member, and counts.
    ///
    /// # Errors
    /// What members return, and [`FitError::Part`] where the number of members does not divide the columns.
    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
        ctx.run_stage(Stage::Clusterer, NAME, |ctx| {
            check_blocks(NAME, self.n_members, y)?;
            let fit = |index| {
                let own = block(y, self.n_members, index);
                let rows = made_by(NAME, own.view())?;
                ctx.run_member(index, self.n_members, |ctx| self.member.fit(rows, ctx))
            };
            let fits = (0..self.n_members).map(fit).collect::<Result<Vec<_>, _>>()?;
            let labels: Vec<Labels> = fits.iter().map(|fit| fit.model.labels().clone()).collect();
            let found = self.count(&labels, ctx)?;
            let mut report = of_members(NAME, fits.iter().map(|fit| &fit.report));
            for note in notes(&labels, &found) {
                report = report.with_note(note);
            }
            let model = FittedVoting::of(fits.into_iter().map(|fit| fit.model).collect(), found);
            Ok(Fit { model, report })
        })
    }
}

/// How far members agree, and what is odd about what they came to.
fn notes(members: &[Labels], found: &Consensus) -> Vec<String> {
    let n_rows = found.labels.len();
    let whole = found.agreement.iter().filter(|&&share| share == 1.0).count();
    let share = 100.0 * whole as f64 / n_rows as f64;
    let mut notes = vec![format!("all members agree on {share:.1} % of the rows")];
    let n_noise = |labels: &Labels| labels.as_slice().iter().filter(|&&label| label < 0).count();
    if n_noise(&found.labels) > 0 && members.iter().all(|member| n_noise(member) == 0) {
        notes.push(format!(
            "{} of {n_rows} rows are in no cluster: members put them into clusters that match none of member {}'s",
            n_noise(&found.labels),
            found.reference
        ));
    }
    let (n_left, n_of_reference) = (found.labels.n_clusters(), members[found.reference].n_clusters());
    if n_left < n_of_reference {
        notes.push(format!(
            "{n_left} clusters have rows, where member {} has {n_of_reference}: most votes are for others",
            found.reference
        ));
    }
    notes
}

/// A fitted [`Voting`].
#[derive(Debug, Clone)]
pub struct FittedVoting<F> {
    members: Vec<F>,
    found: Consensus,
    n_clusters: usize,
}

impl<F> FittedVoting<F> {
    /// The kind by which files know it.
    pub const KIND: &'static str = NAME;

    /// The fitted clusterers, in the order of the blocks of columns.
    pub fn members(&self) -> &[F] {
        &self.members
    }

    /// The share of members that give each training row its label, in `(0, 1]`.
    pub fn agreement(&self) -> &[f32] {
        &self.found.agreement
    }

    /// What the members' labels came to.
    pub fn consensus(&self) -> &Consensus {
        &self.found
    }
}

impl<F: FittedClusterer> FittedVoting<F> {
    fn of(members: Vec<F>, found: Consensus) -> Self {
        let labels = found.mappings.iter().flatten();
        let n_clusters = labels.fold(0, |most, &label| {
            most.max(usize::try_from(label.saturating_add(1)).unwrap_or(0))
        });
        Self {
            members,
            found,
            n_clusters,
        }
    }

    /// The labels of new rows, and the share of members that give each row its label.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and members that can't label new rows, not even approximately.
    pub fn votes(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        Ok(count(&self.each_vote(y)?.0, self.found.reference))
    }

    /// What each member votes for, by row, and how strongly the row belongs to that cluster of the member: 1 where it is no matter of degrees.
    fn each_vote(&self, y: Samples<'_>) -> Result<(Vec<Vec<i32>>, Vec<Vec<f32>>), ApplyError> {
        let labelled = self.each(y, |member, rows| {
            if let Some(part) = member.as_predict() {
                return Ok((part.predict(rows)?, vec![1.0; rows.n_samples()]));
            }
            member
                .as_approximate_predict()
                .ok_or_else(|| missing(member.name(), Capability::Predict))?
                .approximate_predict(rows)
        })?;
        let vote = |((labels, strengths), mapping): ((Labels, Vec<f32>), &Vec<i32>)| {
            (mapped(&labels, mapping), strengths)
        };
        Ok(labelled.into_iter().zip(&self.found.mappings).map(vote).unzip())
    }

    fn all(&self, can: impl Fn(&F) -> bool) -> bool {
        self.members.iter().all(can)
    }

    fn each<T>(
        &self,
        y: Samples<'_>,
        apply: impl Fn(&F, Samples<'_>) -> Result<T, ApplyError>,
    ) -> Result<Vec<T>, ApplyError> {
        same_features(NAME, self.n_features(), y)?;
        let member = |(index, member): (usize, &F)| {
            let own = block(y, self.members.len(), index);
            apply(member, made_by(NAME, own.view())?)
        };
        self.members.iter().enumerate().map(member).collect()
    }

    /// Makes the part again, each member by a function of its state: the way for members whose kind the state says.
    ///
    /// # Errors
    /// [`LoadError`], also where members do not fit together, and what the function returns.
    pub fn load_with(
        state: &State,
        member: impl Fn(&State) -> Result<F, LoadError>,
    ) -> Result<Self, LoadError> {
        let members = load_members(state, member)?;
        let shape = |member: &F| (member.n_features(), member.labels().len());
        let same = members.iter().all(|member| shape(member) == shape(&members[0]));
        state.expect("n_members", "clusterers of rows of one shape", same)?;
        let reference: usize = state.get("reference")?;
        let allowed = format!("below {}, the number of members", members.len());
        state.expect("reference", &allowed, reference < members.len())?;
        let mappings: Vec<Vec<i32>> = state.get("mappings")?;
        let n_most = members[reference]
            .n_clusters()
            .max(beyond(members[reference].labels()));
        let numbering = i64::from(Labels::NOISE)..n_most as i64;
        let fits = mappings.len() == members.len()
            && mappings
                .iter()
                .flatten()
                .all(|&label| numbering.contains(&i64::from(label)));
        state.expect("mappings", "for each member, labels of the consensus", fits)?;
        // Votes follow from labels and mappings: what a file can't say, it can't say wrongly.
        let labels = members.iter().map(FittedClusterer::labels);
        let found = Consensus::counted(labels, mappings, reference);
        Ok(Self::of(members, found))
    }
}

fn missing(part: &str, capability: Capability) -> ApplyError {
    ApplyError::MissingCapability {
        part: part.to_owned(),
        capability,
    }
}

impl<F: FittedClusterer> FittedClusterer for FittedVoting<F> {
    fn name(&self) -> &str {
        NAME
    }

    fn n_features(&self) -> usize {
        self.members.iter().map(FittedClusterer::n_features).sum()
    }

    fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    fn labels(&self) -> &Labels {
        &self.found.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        self.all(|member| member.as_predict().is_some()).then_some(self)
    }

    fn as_approximate_predict(&self) -> Option<&dyn ApproximatePredict> {
        let labels_somehow =
            |member: &F| member.as_predict().is_some() || member.as_approximate_predict().is_some();
        (self.as_predict().is_none() && self.all(labels_somehow)).then_some(self)
    }

    fn as_predict_proba(&self) -> Option<&dyn PredictProba> {
        self.all(|member| member.as_predict_proba().is_some())
            .then_some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        self.all(|member| member.as_save().is_some()).then_some(self)
    }
}

impl<F: FittedClusterer> Predict for FittedVoting<F> {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        Ok(self.votes(y)?.0)
    }
}

impl<F: FittedClusterer> ApproximatePredict for FittedVoting<F> {
    /// A row's strength is the mean of its strengths in the clusters of those members that give it its label, 0 for the others; 0 for noise.
    fn approximate_predict(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        let (votes, strengths) = self.each_vote(y)?;
        let labels = count(&votes, self.found.reference).0;
        let mut means = vec![0.0; labels.len()];
        for (votes, strengths) in votes.iter().zip(&strengths) {
            for (row, &label) in labels.as_slice().iter().enumerate() {
                if label >= 0 && votes[row] == label {
                    means[row] += strengths[row] / self.members.len() as f32;
                }
            }
        }
        Ok((labels, means))
    }
}

impl<F: FittedClusterer> PredictProba for FittedVoting<F> {
    /// The mean of the members' probabilities. What a member gives to a cluster that stands for none is shared out evenly, so that a row has probabilities
    /// even where most votes are for none and [`predict`](Predict::predict) has it as noise.
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        let each = self.each(y, |member, rows| {
            let part = member
                .as_predict_proba()
                .ok_or_else(|| missing(member.name(), Capability::PredictProba))?;
            part.predict_proba(rows)
        })?;
        let mut mean = Array2::<f32>::zeros((y.n_samples(), self.n_clusters));
        for (own, mapping) in each.iter().zip(&self.found.mappings) {
            for (cluster, column) in own.columns().into_iter().enumerate() {
                let label = mapping.get(cluster).copied().unwrap_or(Labels::NOISE);
                match usize::try_from(label) {
                    Ok(label) => {
                        let mut sum = mean.column_mut(label);
                        sum += &column;
                    }
                    Err(_) => {
                        let share = column.mapv(|p| p / self.n_clusters as f32).insert_axis(Axis(1));
                        mean += &share;
                    }
                }
            }
        }
        for mut row in mean.rows_mut() {
            let sum: f32 = row.iter().sum();
            row /= sum;
        }
        Ok(mean)
    }
}

impl<F: FittedClusterer> Save for FittedVoting<F> {
    fn kind(&self) -> &str {
        NAME
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.set("reference", &self.found.reference);
        state.set("mappings", &self.found.mappings);
        let members = self.members.iter().map(|member| Saved {
            name: member.name(),
            part: member.as_save(),
        });
        save_members(members, state)
    }
}

/// That a number of members can be had.
pub(crate) fn check_members(n_members: usize) -> Result<(), n2d_core::ConfigError> {
    Options::of("ensemble").between("n_members", n_members as f64, 1.0, MOST_MEMBERS as f64)
}
