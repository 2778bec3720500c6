//! The fits of candidates, of which those that differ only later share the stages before.

use std::any::Any;
use std::rc::Rc;

use n2d_cluster::FittedGaussianMixture;
use n2d_core::{
    DynFittedN2d, DynN2d, Encoder, Fit, FitContext, FitError, FittedClusterer, FittedEncoder, FittedManifold,
    FittedManifoldClusterer, FittedN2d, Labels, Manifold, Report, Samples, Stage,
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

/// Fitted stages that candidates to come may share, by what they were made from.
#[derive(Default)]
pub(super) struct Shared {
    encoder: Option<(String, Rc<Box<dyn FittedEncoder>>, Report, Rc<Array2<f32>>)>,
    manifold: Option<(String, Rc<Box<dyn FittedManifold>>, Report)>,
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
    /// Fits a candidate, but for the stages that the one before it has already.
    pub(super) fn fit(
        &mut self,
        x: Samples<'_>,
        keys: &Keys,
        pipeline: &DynN2d,
        ctx: &mut FitContext<'_>,
    ) -> Result<Parts, FitError> {
        let key = &keys.encoder;
        if self.encoder.as_ref().is_none_or(|(known, ..)| known != key) {
            (self.encoder, self.manifold) = (None, None);
            let Fit { model, report } = pipeline.encoder().fit(x, ctx)?;
            let latents = ctx.parallelism().install(|| model.encode(x))?;
            self.encoder = Some((key.clone(), Rc::new(model), report, Rc::new(latents)));
        }
        let Some((_, encoder, encoder_report, latents)) = &self.encoder else {
            unreachable!("fitted just now");
        };
        let key = &keys.manifold;
        let later = pipeline.manifold_clusterer();
        if self.manifold.as_ref().is_none_or(|(known, ..)| known != key) {
            self.manifold = None;
            let z = n2d_core::check::made_by(encoder.name(), latents.view())?;
            let Fit { model, report } = later.manifold().fit(z, ctx)?;
            self.manifold = Some((key.clone(), Rc::new(model), report));
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
