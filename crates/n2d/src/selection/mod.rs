//! Choosing among settings and seeds without labels.

mod criteria;
mod grid;

use std::rc::Rc;

use n2d_core::{
    BoxError, CancelToken, DynFittedN2d, DynN2d, Encoder, Fit, FitContext, FitError, FittedClusterer,
    FittedEncoder, FittedManifold, FittedManifoldClusterer, FittedN2d, Labels, Manifold, Observer,
    Parallelism, Report, Samples,
};
use n2d_metrics::MetricError;
use ndarray::Array2;

pub use criteria::{Criterion, DBCV_ROWS, Scores, stabilities, trustworthiness};
use grid::{Axis, points};

use crate::{BuildError, PipelineConfig, Registry};

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
    /// Someone cancelled.
    #[error("cancelled while fitting {candidate}")]
    Cancelled {
        /// The candidate at work.
        candidate: String,
    },
    /// A criterion could not be measured.
    #[error("the criteria can't be measured: {0}")]
    Metric(#[from] MetricError),
    /// No candidate has the criterion.
    #[error("no candidate has a {criterion}: {reason}")]
    NoneApplies {
        /// What they were to be compared by.
        criterion: Criterion,
        /// What became of the first, or what is missing.
        reason: String,
    },
}

/// The fitted parts of a candidate, shared with those that differ only later.
struct Parts {
    encoder: Rc<Box<dyn FittedEncoder>>,
    manifold: Rc<Box<dyn FittedManifold>>,
    clusterer: Box<dyn FittedClusterer>,
    reports: Vec<Report>,
}

/// Fitted stages that candidates to come may share, by what they were made from.
#[derive(Default)]
struct Shared {
    encoder: Option<(String, Rc<Box<dyn FittedEncoder>>, Report, Rc<Array2<f32>>)>,
    manifold: Option<(String, Rc<Box<dyn FittedManifold>>, Report)>,
}

impl Selection {
    /// Of one pipeline and the seed 0, until more is varied; by the default criterion.
    pub fn new(base: PipelineConfig) -> Self {
        Self {
            base,
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
        let twice = (1..seeds.len()).find(|&at| seeds[..at].contains(&seeds[at]));
        if seeds.is_empty() || twice.is_some() {
            return Err(BuildError::BadSetting {
                setting: format!("seeds {seeds:?}"),
                reason: "must be at least one, and each once".to_owned(),
            });
        }
        Ok(Self { seeds, ..self })
    }

    /// With another thing that is varied: `part.option=value|value`, `n_clusters=8|10`, or the parts themselves, `encoder=dense|identity`.
    ///
    /// # Errors
    /// [`BuildError::BadSetting`] for text of another form.
    pub fn with_varied(mut self, text: &str) -> Result<Self, BuildError> {
        self.axes.push(Axis::parse(text)?);
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

    /// All combinations of settings, each with what was set.
    ///
    /// # Errors
    /// [`BuildError`] for a setting that no combination can have.
    pub fn configs(&self) -> Result<Vec<(Vec<String>, PipelineConfig)>, BuildError> {
        points(&self.base, &self.axes)
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
        let configs = self.configs()?;
        let pipelines = configs
            .iter()
            .map(|(_, config)| registry.build(config))
            .collect::<Result<Vec<_>, _>>()?;
        let mut fitted: Vec<Option<Result<Parts, String>>> =
            (0..configs.len() * self.seeds.len()).map(|_| None).collect();
        for (number, &seed) in self.seeds.iter().enumerate() {
            let mut shared = Shared::default();
            for at in by_parts(&configs) {
                let (settings, config) = &configs[at];
                let mut ctx = self.context(seed, observer);
                let made = shared.fit(x, config, &pipelines[at], &mut ctx);
                if self.cancel.is_cancelled() {
                    let candidate = described(settings, seed);
                    return Err(SelectionError::Cancelled { candidate });
                }
                fitted[at * self.seeds.len() + number] = Some(made.map_err(|error| error.to_string()));
            }
        }
        let fitted: Vec<Result<Parts, String>> = fitted.into_iter().flatten().collect();
        let candidates = self.judge(x, &configs, &fitted, observer)?;
        self.choose(candidates, fitted)
    }

    fn context<'a>(&self, seed: u64, observer: &'a mut dyn Observer) -> FitContext<'a> {
        FitContext::new(seed)
            .with_parallelism(self.parallelism.clone())
            .with_cancel(self.cancel.clone())
            .with_observer(observer)
    }

    /// The candidates with their figures.
    fn judge(
        &self,
        x: Samples<'_>,
        configs: &[(Vec<String>, PipelineConfig)],
        fitted: &[Result<Parts, String>],
        observer: &mut dyn Observer,
    ) -> Result<Vec<Candidate>, SelectionError> {
        let mut candidates = Vec::new();
        for (at, made) in fitted.iter().enumerate() {
            let (settings, config) = &configs[at / self.seeds.len()];
            let seed = self.seeds[at % self.seeds.len()];
            let scores = match made {
                Ok(parts) => {
                    let mut ctx = self.context(seed, observer);
                    parts.scores(x, &mut ctx)?
                }
                Err(_) => Scores::default(),
            };
            candidates.push(Candidate {
                settings: settings.clone(),
                config: config.clone(),
                seed,
                scores,
                labels: made.as_ref().ok().map(|parts| parts.clusterer.labels().clone()),
                failure: made.as_ref().err().cloned(),
            });
        }
        for of_settings in candidates.chunks_mut(self.seeds.len()) {
            add_stability(of_settings)?;
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
        fitted: Vec<Result<Parts, String>>,
    ) -> Result<Selected, SelectionError> {
        let figure = |candidate: &Candidate| candidate.scores.get(self.criterion);
        let mut best: Option<(usize, f64)> = None;
        for (at, candidate) in candidates.iter().enumerate() {
            if let Some(figure) = figure(candidate)
                && best.is_none_or(|(_, most)| figure > most)
            {
                best = Some((at, figure));
            }
        }
        let chosen = best.and_then(|(best, _)| Some((best, fitted.into_iter().nth(best)?.ok()?)));
        let Some((best, parts)) = chosen else {
            let failure = candidates.iter().find_map(|candidate| candidate.failure.clone());
            let reason = failure.unwrap_or_else(|| match self.criterion {
                Criterion::Stability => "it takes two seeds or more".to_owned(),
                Criterion::Likelihood => "it is of mixtures only".to_owned(),
                _ => "it takes two clusters or more".to_owned(),
            });
            return Err(SelectionError::NoneApplies {
                criterion: self.criterion,
                reason,
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
}

/// The order in which stages are shared the most: candidates with one encoder, and among them those with one manifold learner, follow one
/// another.
fn by_parts(configs: &[(Vec<String>, PipelineConfig)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..configs.len()).collect();
    order.sort_by_cached_key(|&at| (encoder_key(&configs[at].1), manifold_key(&configs[at].1), at));
    order
}

/// All that an encoder is made from besides the seed.
fn encoder_key(config: &PipelineConfig) -> String {
    let latent_dim = config.latent_dim.or(config.n_clusters);
    if config.self_trains() {
        // Its members' later stages teach it.
        return format!("{config:?}");
    }
    format!("{:?} {latent_dim:?} {:?}", config.encoder, config.ensemble)
}

/// All that a manifold learner is made from besides the seed and the encoder.
fn manifold_key(config: &PipelineConfig) -> String {
    format!("{:?} {:?}", config.manifold, config.n_clusters)
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

/// Stability is among the seeds of one combination of settings.
fn add_stability(candidates: &mut [Candidate]) -> Result<(), MetricError> {
    let labels: Vec<&Labels> = candidates
        .iter()
        .filter_map(|candidate| candidate.labels.as_ref())
        .collect();
    let Some(stabilities) = stabilities(&labels)? else {
        return Ok(());
    };
    let fitted = candidates
        .iter_mut()
        .filter(|candidate| candidate.labels.is_some());
    for (candidate, stability) in fitted.zip(stabilities) {
        candidate.scores.stability = Some(stability);
    }
    Ok(())
}

impl Shared {
    /// Fits a candidate, but for the stages that the one before it has already.
    fn fit(
        &mut self,
        x: Samples<'_>,
        config: &PipelineConfig,
        pipeline: &DynN2d,
        ctx: &mut FitContext<'_>,
    ) -> Result<Parts, FitError> {
        let key = encoder_key(config);
        if self.encoder.as_ref().is_none_or(|(known, ..)| *known != key) {
            (self.encoder, self.manifold) = (None, None);
            let Fit { model, report } = pipeline.encoder().fit(x, ctx)?;
            let latents = ctx.parallelism().install(|| model.encode(x))?;
            self.encoder = Some((key, Rc::new(model), report, Rc::new(latents)));
        }
        let Some((_, encoder, encoder_report, latents)) = &self.encoder else {
            unreachable!("fitted just now");
        };
        let key = manifold_key(config);
        let later = pipeline.manifold_clusterer();
        if self.manifold.as_ref().is_none_or(|(known, ..)| *known != key) {
            self.manifold = None;
            let z = n2d_core::check::made_by(encoder.name(), latents.view())?;
            let Fit { model, report } = later.manifold().fit(z, ctx)?;
            self.manifold = Some((key, Rc::new(model), report));
        }
        let Some((_, manifold, manifold_report)) = &self.manifold else {
            unreachable!("fitted just now");
        };
        let y = n2d_core::check::made_by(manifold.name(), manifold.embedding())?;
        let Fit { model, report } = n2d_core::Clusterer::fit(later.clusterer(), y, ctx)?;
        Ok(Parts {
            encoder: Rc::clone(encoder),
            manifold: Rc::clone(manifold),
            clusterer: model,
            reports: vec![encoder_report.clone(), manifold_report.clone(), report],
        })
    }
}

impl Parts {
    fn scores(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Scores, MetricError> {
        let embedding = Samples::new(self.manifold.embedding()).expect("clustered already");
        let mut scores = Scores::measured(x, embedding, self.clusterer.labels(), ctx)?;
        let reached = self.reports.last().and_then(|report| report.objective);
        scores.likelihood = reached
            .filter(|&(name, value)| name == "log-likelihood" && value.is_finite())
            .map(|(_, value)| value);
        Ok(scores)
    }

    /// The parts as a pipeline. Nobody shares them any more.
    fn into_model(self) -> (DynFittedN2d, Vec<Report>) {
        let alone = "all other candidates are gone";
        let encoder = Rc::into_inner(self.encoder).expect(alone);
        let manifold = Rc::into_inner(self.manifold).expect(alone);
        let later = FittedManifoldClusterer::from_fitted(manifold, self.clusterer);
        (FittedN2d::from_fitted(encoder, later), self.reports)
    }
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
