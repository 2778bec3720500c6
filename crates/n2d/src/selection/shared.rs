//! The fits of candidates, of which those that differ only later share the stages before.

use std::any::Any;
use std::rc::Rc;

use n2d_cluster::FittedGaussianMixture;
use n2d_core::check::made_by;
use n2d_core::{
    BoxEncoder, Clusterer, DynFittedN2d, DynManifoldClusterer, DynN2d, Encoder, Fit, FitContext, FitError,
    FittedClusterer, FittedEncoder, FittedManifold, FittedManifoldClusterer, FittedN2d, Labels, Manifold,
    Report, Samples, Stage,
};
use n2d_metrics::MetricError;
use ndarray::Array2;

use super::Scores;
use crate::{BuildError, PipelineConfig, Registry};

/// The fitted parts of a candidate, shared with those that differ only later.
pub(super) struct Parts {
    encoder: Rc<Box<dyn FittedEncoder>>,
    manifold: Rc<Box<dyn FittedManifold>>,
    clusterer: Box<dyn FittedClusterer>,
    reports: Vec<Report>,
}

/// Stages that candidates to come may share.
#[derive(Default)]
pub(super) struct Shared(Kept<Encoded>);

/// A stage by what it was made from; where it could not be made, why not. (One that was cancelled ends the whole choice, and is not asked for again.)
type Kept<T> = Option<(String, Result<T, String>)>;

/// A fitted encoder, the latents of the rows, and what was made of these last.
struct Encoded {
    encoder: Rc<Box<dyn FittedEncoder>>,
    report: Report,
    latents: Array2<f32>,
    embedded: Kept<Embedded>,
}

struct Embedded {
    manifold: Rc<Box<dyn FittedManifold>>,
    report: Report,
}

/// What the stages of a candidate are made from besides the seed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keys {
    encoder: String,
    /// Besides the encoder.
    manifold: String,
}

impl Keys {
    /// Of a configuration: the parts with the options that they are built with, wherever these come from.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub(super) fn of(config: &PipelineConfig, registry: &Registry) -> Result<Self, BuildError> {
        let key = |stage: Stage| -> Result<String, BuildError> {
            let options = registry.built_with(stage, config)?;
            Ok(format!("{} {options:?}", config.part(stage).name))
        };
        let encoder = match config.self_trains() {
            // Its members' later stages teach it.
            true => format!("{config:?}"),
            false => format!("{} {:?}", key(Stage::Encoder)?, config.ensemble),
        };
        let manifold = key(Stage::Manifold)?;
        Ok(Self { encoder, manifold })
    }
}

/// The order in which stages are shared the most: candidates with one encoder, and among them those with one manifold learner, follow one
/// another.
pub(super) fn by_parts(keys: &[Keys]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|&at| (&keys[at], at));
    order
}

impl Shared {
    /// Fits a candidate, but for the stages that the one before it has already, or has failed to make.
    pub(super) fn fit(
        &mut self,
        x: Samples<'_>,
        keys: &Keys,
        pipeline: &DynN2d,
        ctx: &mut FitContext<'_>,
    ) -> Result<Parts, String> {
        let encoded = kept(&mut self.0, &keys.encoder, || {
            Encoded::fit(x, pipeline.encoder(), ctx)
        })?;
        encoded.cluster(&keys.manifold, pipeline.manifold_clusterer(), ctx)
    }
}

/// What is kept of this key, made where another is.
fn kept<'a, T>(
    place: &'a mut Kept<T>,
    key: &str,
    make: impl FnOnce() -> Result<T, FitError>,
) -> Result<&'a mut T, String> {
    if place.as_ref().is_none_or(|(known, _)| known != key) {
        // The other makes room first.
        *place = None;
        *place = Some((key.to_owned(), make().map_err(|error| error.to_string())));
    }
    let Some((_, made)) = place else {
        unreachable!("made just now");
    };
    made.as_mut().map_err(|reason| reason.clone())
}

impl Encoded {
    fn fit(x: Samples<'_>, encoder: &BoxEncoder, ctx: &mut FitContext<'_>) -> Result<Self, FitError> {
        let Fit { model, report } = encoder.fit(x, ctx)?;
        let latents = ctx.parallelism().install(|| model.encode(x))?;
        Ok(Self {
            encoder: Rc::new(model),
            report,
            latents,
            embedded: None,
        })
    }

    /// A candidate whose encoder this is.
    fn cluster(
        &mut self,
        key: &str,
        later: &DynManifoldClusterer,
        ctx: &mut FitContext<'_>,
    ) -> Result<Parts, String> {
        let embedded = kept(&mut self.embedded, key, || {
            let z = made_by(self.encoder.name(), self.latents.view())?;
            let Fit { model, report } = later.manifold().fit(z, ctx)?;
            let manifold = Rc::new(model);
            Ok(Embedded { manifold, report })
        })?;
        let manifold = &embedded.manifold;
        let clustered = made_by(manifold.name(), manifold.embedding())
            .map_err(FitError::from)
            .and_then(|y| Clusterer::fit(later.clusterer(), y, ctx));
        let Fit { model, report } = clustered.map_err(|error| error.to_string())?;
        Ok(Parts {
            encoder: Rc::clone(&self.encoder),
            manifold: Rc::clone(manifold),
            clusterer: model,
            reports: vec![self.report.clone(), embedded.report.clone(), report],
        })
    }
}

impl Parts {
    pub(super) fn labels(&self) -> &Labels {
        self.clusterer.labels()
    }

    /// All figures that follow from this candidate alone.
    pub(super) fn scores(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Scores, MetricError> {
        let embedding = Samples::new(self.manifold.embedding()).expect("clustered already");
        let mut scores = Scores::measured(x, embedding, self.labels(), ctx)?;
        let reached = self.reports.last().and_then(|report| report.objective);
        scores.likelihood = reached
            .filter(|&(name, value)| name == "log-likelihood" && value.is_finite())
            .map(|(_, value)| value);
        let clusterer = &*self.clusterer;
        scores.bic = ctx.parallelism().install(|| bic(clusterer, embedding));
        Ok(scores)
    }

    /// The parts as a pipeline. Nobody shares them any more.
    pub(super) fn into_model(self) -> (DynFittedN2d, Vec<Report>) {
        let alone = "all other candidates are gone";
        let encoder = Rc::into_inner(self.encoder).expect(alone);
        let manifold = Rc::into_inner(self.manifold).expect(alone);
        let later = FittedManifoldClusterer::from_fitted(manifold, self.clusterer);
        (FittedN2d::from_fitted(encoder, later), self.reports)
    }
}

/// Of a Gaussian mixture; none of all else.
fn bic(clusterer: &dyn FittedClusterer, embedding: Samples<'_>) -> Option<f64> {
    let any: &dyn Any = clusterer;
    let mixture = any.downcast_ref::<FittedGaussianMixture>()?;
    mixture.bic(embedding).ok().filter(|bic| bic.is_finite())
}
