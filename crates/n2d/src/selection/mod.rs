//! Choosing among settings and seeds without labels.

mod criteria;
mod grid;
mod shared;

use n2d_core::{
    BoxError, CancelToken, DynFittedN2d, FitContext, FitError, Labels, Observer, Parallelism, Report, Samples,
};
use n2d_metrics::MetricError;

pub use criteria::{Criterion, DBCV_ROWS, Scores, nmi_stabilities, stabilities, trustworthiness};
use grid::{Axis, first_twice, listed, points};
use shared::{Keys, Parts, Shared, by_parts};

use crate::{BuildError, PipelineConfig, Registry};

/// Most candidates of one choice, all seeds counted: the fitted parts of all are in memory at once.
pub const MOST_CANDIDATES: usize = 10_000;

/// A choice among pipelines that differ in settings and seeds, by a criterion that needs no labels.
///
/// Every combination of the values that are varied is fitted from every seed. Encoders are shared by candidates that differ only later,
/// manifold learners by those that differ in the clusterer only. The chosen pipeline is the one that a fit with its settings and seed
/// gives, bit for bit.
///
/// Takes the time of all fits that are not shared, and that of the criteria; all fitted parts are in memory until one is chosen.
///
/// ```
/// use n2d::selection::{Criterion, Selection};
/// use n2d::{Control, Event, PartChoice, PipelineConfig, Registry, Samples};
///
/// let values: Vec<f32> = (0..120).map(|i| (i % 2 * 10) as f32 + (i * 7 % 13) as f32 / 13.0).collect();
/// let x = Samples::from_rows(&values, 1)?;
/// let mut base = PipelineConfig::new(2);
/// base.encoder = PartChoice::new("identity");
/// base.set("umap.n_epochs=20")?;
/// let selection = Selection::new(base)
///     .with_seeds(vec![0, 1])?
///     .with_varied("umap.n_neighbors=5|15")?
///     .with_criterion(Criterion::Silhouette);
/// let selected = selection.run(x, &Registry::default(), &mut |_: &Event<'_>| Control::Continue)?;
/// assert_eq!(selected.candidates.len(), 4);
/// let best = &selected.candidates[selected.best];
/// assert!(selected.candidates.iter().all(|other| other.scores.silhouette <= best.scores.silhouette));
/// assert_eq!(selected.model.labels().len(), 120);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Selection {
    base: PipelineConfig,
    list: Vec<Vec<Axis>>,
    axes: Vec<Axis>,
    seeds: Vec<u64>,
    criterion: Criterion,
    parallelism: Parallelism,
    cancel: CancelToken,
}

/// One combination of settings with one seed, and how good it looks.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What was varied: `umap.n_neighbors=10`.
    pub settings: Vec<String>,
    /// The whole configuration.
    pub config: PipelineConfig,
    /// The seed of the fit.
    pub seed: u64,
    /// The figures by which it is compared.
    pub scores: Scores,
    /// The labels of the rows; none where the fit failed.
    pub labels: Option<Labels>,
    /// Why the fit failed, where it did.
    pub failure: Option<String>,
}

/// What was tried, and the best of it.
pub struct Selected {
    /// All candidates: combinations in their order, the seeds of each together.
    pub candidates: Vec<Candidate>,
    /// Which of them was chosen; the first of equals.
    pub best: usize,
    /// The pipeline that was chosen.
    pub model: DynFittedN2d,
    /// How its fit went: encoder, manifold learner, clusterer.
    pub reports: Vec<Report>,
}

impl std::fmt::Debug for Selected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selected")
            .field("candidates", &self.candidates)
            .field("best", &self.best)
            .finish_non_exhaustive()
    }
}

/// Why nothing could be selected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// A configuration can't be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// More candidates than [`MOST_CANDIDATES`].
    #[error(
        "at most {most} candidates can be compared, but there are {combinations} combinations of settings or more, each from {n_seeds} seeds"
    )]
    TooManyCandidates {
        /// Combinations of settings, as far as they were counted.
        combinations: usize,
        /// Seeds of each.
        n_seeds: usize,
        /// Most candidates allowed.
        most: usize,
    },
    /// A criterion that compares seeds, with a single one.
    #[error("{criterion} compares seeds: at least 2 are needed, but there is {n_seeds}")]
    TooFewSeeds {
        /// What they were to be compared by.
        criterion: Criterion,
        /// Seeds given.
        n_seeds: usize,
    },
    /// A criterion that compares mixtures of one embedding, with candidates of several.
    #[error(
        "{criterion} compares clusterings of one embedding alone, but candidates differ in {difference}: it takes one seed, and one encoder and manifold learner of one width (`latent_dim` and the manifold learner's `n_components` set, as they follow the number of clusters otherwise)"
    )]
    SeveralEmbeddings {
        /// What they were to be compared by.
        criterion: Criterion,
        /// In what their embeddings differ.
        difference: &'static str,
    },
    /// Someone cancelled.
    #[error("cancelled while fitting {candidate}")]
    Cancelled {
        /// The candidate at work.
        candidate: String,
        /// The candidates that were fitted before, with their figures; stability and what follows from it are those among them.
        finished: Vec<Candidate>,
    },
    /// A criterion could not be measured.
    #[error("the criteria can't be measured: {0}")]
    Metric(#[from] MetricError),
    /// No candidate has the criterion.
    #[error("no candidate can be compared by {criterion}: {reason}")]
    NoneApplies {
        /// What they were to be compared by.
        criterion: Criterion,
        /// What became of the first, or what is missing.
        reason: String,
    },
}

/// What the fit of a candidate came to, and the figures that follow from it alone.
struct Made {
    parts: Result<Parts, String>,
    scores: Scores,
}

impl Selection {
    /// Of one pipeline and the seed 0, until more is varied; by the default criterion.
    pub fn new(base: PipelineConfig) -> Self {
        Self {
            base,
            list: Vec::new(),
            axes: Vec::new(),
            seeds: vec![0],
            criterion: Criterion::default(),
            parallelism: Parallelism::default(),
            cancel: CancelToken::new(),
        }
    }

    /// With these seeds.
    ///
    /// # Errors
    /// [`BuildError::BadSetting`] for none, and for one that stands twice.
    pub fn with_seeds(self, seeds: Vec<u64>) -> Result<Self, BuildError> {
        let reason = match first_twice(&seeds) {
            Some(seed) => format!("{seed} is there twice"),
            None if seeds.is_empty() => "must be at least one".to_owned(),
            None => return Ok(Self { seeds, ..self }),
        };
        let setting = "seeds".to_owned();
        Err(BuildError::BadSetting { setting, reason })
    }

    /// With another thing that is varied: `part.option=value|value`, `n_clusters=8|10`, or the parts themselves, `encoder=dense|identity`.
    ///
    /// # Errors
    /// [`BuildError::BadSetting`] for text of another form, and for what is varied already: the later value would undo the earlier.
    pub fn with_varied(mut self, text: &str) -> Result<Self, BuildError> {
        let axis = Axis::parse(text)?;
        if self.axes.iter().any(|other| other.name() == axis.name()) {
            return Err(BuildError::BadSetting {
                setting: text.to_owned(),
                reason: format!("{} is varied already", axis.name()),
            });
        }
        self.axes.push(axis);
        Ok(self)
    }

    /// With another listed candidate, in place of the base alone: settings as in configurations, parted by `;`, such as
    /// `encoder=identity; umap.n_neighbors=30`. What is varied besides is varied in each of the listed.
    ///
    /// # Errors
    /// [`BuildError::BadSetting`] for text of another form, and for a candidate that is listed already.
    pub fn with_candidate(mut self, text: &str) -> Result<Self, BuildError> {
        let candidate = listed(text)?;
        if self.list.contains(&candidate) {
            return Err(BuildError::BadSetting {
                setting: text.to_owned(),
                reason: "is listed already".to_owned(),
            });
        }
        self.list.push(candidate);
        Ok(self)
    }

    /// With a criterion.
    pub fn with_criterion(self, criterion: Criterion) -> Self {
        Self { criterion, ..self }
    }

    /// With a number of threads.
    pub fn with_parallelism(self, parallelism: Parallelism) -> Self {
        Self { parallelism, ..self }
    }

    /// With a token by which it can be cancelled.
    pub fn with_cancel(self, cancel: CancelToken) -> Self {
        Self { cancel, ..self }
    }

    /// All combinations of settings, each with what was set. An option of a part is varied in the combinations that have the part and
    /// the option.
    ///
    /// # Errors
    /// [`SelectionError::Build`] for a value that is refused, an option that no combination has, one that is set in the base for a part that none has, and
    /// one that is varied under two names;
    /// [`SelectionError::TooManyCandidates`]; [`SelectionError::TooFewSeeds`].
    pub fn configs(&self, registry: &Registry) -> Result<Vec<(Vec<String>, PipelineConfig)>, SelectionError> {
        let n_seeds = self.seeds.len();
        if self.criterion.needs_seeds() && n_seeds < 2 {
            let criterion = self.criterion;
            return Err(SelectionError::TooFewSeeds { criterion, n_seeds });
        }
        points(&self.base, &self.list, &self.axes, n_seeds, registry)
    }

    /// Fits all candidates and chooses.
    ///
    /// A candidate whose fit fails is left out of the choice, and says why.
    ///
    /// # Errors
    /// [`SelectionError`]; configurations are all built before anything is fitted.
    pub fn run(
        &self,
        x: Samples<'_>,
        registry: &Registry,
        observer: &mut dyn Observer,
    ) -> Result<Selected, SelectionError> {
        let configs = self.configs(registry)?;
        let pipelines = configs
            .iter()
            .map(|(_, config)| registry.build(config))
            .collect::<Result<Vec<_>, _>>()?;
        let keys = configs
            .iter()
            .map(|(_, config)| Keys::of(config, registry))
            .collect::<Result<Vec<_>, _>>()?;
        self.check_embeddings(&keys)?;
        let mut fitted: Vec<Option<Made>> = (0..configs.len() * self.seeds.len()).map(|_| None).collect();
        for (number, &seed) in self.seeds.iter().enumerate() {
            let mut shared = Shared::default();
            for at in by_parts(&keys) {
                let mut ctx = self.context(seed, observer);
                let made = shared.fit(x, &keys[at], &pipelines[at], &mut ctx);
                let scores = made.as_ref().map(|parts| parts.scores(x, &mut ctx));
                if self.cancel.is_cancelled() {
                    return Err(SelectionError::Cancelled {
                        candidate: described(&configs[at].0, seed),
                        finished: self.judge(&configs, &fitted)?,
                    });
                }
                let scores = scores.ok().transpose()?.unwrap_or_default();
                fitted[at * self.seeds.len() + number] = Some(Made { parts: made, scores });
            }
        }
        let candidates = self.judge(&configs, &fitted)?;
        self.choose(candidates, fitted.into_iter().flatten().map(|made| made.parts))
    }

    /// That candidates are of one embedding, where the criterion says something of these alone.
    fn check_embeddings(&self, keys: &[Keys]) -> Result<(), SelectionError> {
        let criterion = self.criterion;
        if !matches!(criterion, Criterion::Bic | Criterion::Likelihood) {
            return Ok(());
        }
        let difference = match keys.iter().any(|key| *key != keys[0]) {
            true => "the encoder, the manifold learner or their widths",
            false if self.seeds.len() > 1 => "the seed",
            false => return Ok(()),
        };
        Err(SelectionError::SeveralEmbeddings {
            criterion,
            difference,
        })
    }

    fn context<'a>(&self, seed: u64, observer: &'a mut dyn Observer) -> FitContext<'a> {
        FitContext::new(seed)
            .with_parallelism(self.parallelism.clone())
            .with_cancel(self.cancel.clone())
            .with_observer(observer)
    }

    /// Those that have been made, with the figures that follow from all of them.
    fn judge(
        &self,
        configs: &[(Vec<String>, PipelineConfig)],
        fitted: &[Option<Made>],
    ) -> Result<Vec<Candidate>, SelectionError> {
        let mut candidates = Vec::new();
        for ((settings, config), fitted) in configs.iter().zip(fitted.chunks(self.seeds.len())) {
            let candidate = |(&seed, made): (&u64, &Option<Made>)| {
                let Made { parts, scores } = made.as_ref()?;
                Some(Candidate {
                    settings: settings.clone(),
                    config: config.clone(),
                    seed,
                    scores: *scores,
                    labels: parts.as_ref().ok().map(|parts| parts.labels().clone()),
                    failure: parts.as_ref().err().cloned(),
                })
            };
            let mut of_settings: Vec<Candidate> =
                self.seeds.iter().zip(fitted).filter_map(candidate).collect();
            add_stability(&mut of_settings)?;
            candidates.extend(of_settings);
        }
        let mut scores: Vec<Scores> = candidates.iter().map(|candidate| candidate.scores).collect();
        criteria::combine(&mut scores);
        for (candidate, scores) in candidates.iter_mut().zip(scores) {
            candidate.scores = scores;
        }
        Ok(candidates)
    }

    fn choose(
        &self,
        candidates: Vec<Candidate>,
        mut fitted: impl Iterator<Item = Result<Parts, String>>,
    ) -> Result<Selected, SelectionError> {
        let best = self.best(&candidates);
        let chosen = best.and_then(|best| Some((best, fitted.nth(best)?.ok()?)));
        // No one shares the chosen parts any more.
        drop(fitted);
        let Some((best, parts)) = chosen else {
            let failure = candidates.iter().find_map(|candidate| candidate.failure.clone());
            return Err(SelectionError::NoneApplies {
                criterion: self.criterion,
                reason: failure.unwrap_or_else(|| self.criterion.applies_to().to_owned()),
            });
        };
        let (model, reports) = parts.into_model();
        Ok(Selected {
            candidates,
            best,
            model,
            reports,
        })
    }

    /// The first of those with the best figure.
    fn best(&self, candidates: &[Candidate]) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (at, candidate) in candidates.iter().enumerate() {
            if let Some(figure) = candidate.scores.get(self.criterion)
                && best.is_none_or(|(_, other)| self.criterion.prefers(figure, other))
            {
                best = Some((at, figure));
            }
        }
        best.map(|(best, _)| best)
    }
}

/// A candidate in words.
fn described(settings: &[String], seed: u64) -> String {
    let settings = settings.join(" ");
    let space = if settings.is_empty() { "" } else { " " };
    format!("{settings}{space}seed {seed}")
}

impl Candidate {
    /// What it is, in words.
    pub fn describe(&self) -> String {
        described(&self.settings, self.seed)
    }
}

/// Stability is among the seeds of one combination of settings. A clustering without a silhouette counts for the others, but has none itself.
fn add_stability(candidates: &mut [Candidate]) -> Result<(), MetricError> {
    let labels: Vec<&Labels> = candidates
        .iter()
        .filter_map(|candidate| candidate.labels.as_ref())
        .collect();
    let (Some(by_ari), Some(by_nmi)) = (stabilities(&labels)?, nmi_stabilities(&labels)?) else {
        return Ok(());
    };
    let fitted = candidates
        .iter_mut()
        .filter(|candidate| candidate.labels.is_some());
    for (candidate, (ari, nmi)) in fitted.zip(by_ari.into_iter().zip(by_nmi)) {
        let scores = &mut candidate.scores;
        let of_clusters = scores.silhouette.is_some();
        scores.stability = Some(ari).filter(|_| of_clusters);
        scores.stability_nmi = Some(nmi).filter(|_| of_clusters);
    }
    Ok(())
}

impl From<SelectionError> for FitError {
    /// For programs that select within a fit.
    fn from(error: SelectionError) -> Self {
        Self::Part {
            part: "selection".to_owned(),
            source: BoxError::from(error),
        }
    }
}
