use std::any::Any;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use n2d_core::persist::Persist;
use n2d_core::{
    ApproximatePredict, BoxClusterer, BoxEncoder, BoxManifold, Clusterer, Decode, Encoder, Fit, FitContext,
    FitError, FittedClusterer, FittedEncoder, FittedManifold, Manifold, PartConfig, Predict, PredictProba,
    Samples, Transform,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::check::Check;
use crate::checks;
use crate::data::data_sets;
use crate::fitted::Fitted;
use crate::subject::{Subject, caught};

/// The conformance suite of one part: what it is, what it says it can do, and which exceptions it declares.
///
/// `F` is the fitted part. What it can do is declared ([`predicts`](Self::predicts), [`saves`](Self::saves), ...): an `as_*`
/// that says otherwise is a failure.
pub struct Suite<F> {
    subject: Subject,
    wrap: fn(F) -> Fitted,
    allowed: Vec<(String, String)>,
    fitted: PhantomData<fn() -> F>,
}

/// How a suite went.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The checks that passed.
    pub passed: Vec<Check>,
    /// What the declared exceptions came to, with the reasons given.
    pub exceptions: Vec<(String, String)>,
    /// The checks that were not for this part, and why.
    pub left_out: Vec<(Check, &'static str)>,
}

/// A part that its box shares with the suite.
struct Shared<P>(Arc<P>);

/// Writes, for one stage: the constructor, and fits of the shared part.
macro_rules! stage {
    ($new:ident, $stage:ident, $fitted:ident, $box:ident, $variant:ident, $what:literal) => {
        impl<P: $stage> $stage for Shared<P> {
            type Fitted = P::Fitted;

            fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<P::Fitted>, FitError> {
                self.0.fit(x, ctx)
            }
        }

        impl<F: $fitted> Suite<F> {
            #[doc = concat!("For ", $what, ".")]
            pub fn $new(part: impl $stage<Fitted = F> + 'static) -> Self {
                let part = Arc::new(part);
                let boxed = $box::new(Shared(Arc::clone(&part)));
                let wrap = |model: F| Fitted::$variant(Box::new(model));
                Self {
                    subject: Subject {
                        fit: Box::new(move |x, ctx| Ok(part.fit(x, ctx)?.map(wrap))),
                        fit_boxed: Box::new(move |x, ctx| Ok(boxed.fit(x, ctx)?.map(Fitted::$variant))),
                        load: None,
                        config: None,
                        capabilities: Vec::new(),
                    },
                    wrap,
                    allowed: Vec::new(),
                    fitted: PhantomData,
                }
            }
        }
    };
}

stage!(encoder, Encoder, FittedEncoder, BoxEncoder, Encoder, "an encoder");
stage!(
    manifold,
    Manifold,
    FittedManifold,
    BoxManifold,
    Manifold,
    "a manifold learner"
);
stage!(
    clusterer,
    Clusterer,
    FittedClusterer,
    BoxClusterer,
    Clusterer,
    "a clusterer"
);

/// Writes the declaration of a capability.
macro_rules! declares {
    ($method:ident, $trait:ident, $call:ident, $bits:expr, $doc:literal) => {
        #[doc = $doc]
        pub fn $method(mut self) -> Self
        where
            F: $trait + 'static,
        {
            let call = |fitted: &dyn Any, rows: Samples<'_>| {
                let fitted: &F = fitted.downcast_ref()?;
                Some(fitted.$call(rows).map($bits))
            };
            self.subject.capabilities.push((stringify!($call), call));
            self
        }
    };
}

impl<F> Suite<F> {
    declares!(
        decodes,
        Decode,
        decode,
        checks::bits_of_matrix,
        "Declares that latents can be decoded."
    );
    declares!(
        transforms,
        Transform,
        transform,
        checks::bits_of_matrix,
        "Declares that new rows can be placed."
    );
    declares!(
        predicts,
        Predict,
        predict,
        checks::bits_of_labels,
        "Declares that new rows can be labelled."
    );
    declares!(
        predicts_proba,
        PredictProba,
        predict_proba,
        checks::bits_of_matrix,
        "Declares that new rows have probabilities."
    );
    declares!(
        predicts_approximately,
        ApproximatePredict,
        approximate_predict,
        |(labels, _)| checks::bits_of_labels(labels),
        "Declares that new rows can be labelled approximately."
    );

    /// Declares that the fitted part can be saved: the checks on saving are run.
    ///
    /// Without it most are left out, though an `as_save` that is `Some` must be able to save.
    pub fn saves(mut self) -> Self
    where
        F: Persist + 'static,
    {
        let wrap = self.wrap;
        self.subject.load = Some(Box::new(move |state| Ok(wrap(state.load::<F>()?))));
        self
    }

    /// With the part's configuration, whose way to JSON and back is checked.
    pub fn with_config<C>(mut self, config: C) -> Self
    where
        C: PartConfig + Default + PartialEq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        self.subject.config = Some(Box::new(move || checks::configuration(&config)));
        self
    }

    /// Declares a known exception, with its reason: the name of a data set that the part can't be fitted to, which must be
    /// refused by an error, or of a check that it does not pass. A declaration that is not needed is a failure.
    ///
    /// # Panics
    /// For a name of neither.
    pub fn allow(mut self, name: &str, reason: &str) -> Self {
        let known = data_sets().iter().any(|set| set.name() == name)
            || Check::ALL.iter().any(|check| check.name() == name);
        assert!(known, "`{name}` is neither a data set nor a check");
        self.allowed.push((name.to_owned(), reason.to_owned()));
        self
    }
}

impl<F> Suite<F> {
    /// Runs all checks.
    ///
    /// # Panics
    /// Where one fails, with the names of part, check and data set, and what was found.
    pub fn run(&self) -> Summary {
        let mut summary = Summary {
            passed: Vec::new(),
            exceptions: self.allowed.clone(),
            left_out: Vec::new(),
        };
        let mut failures = Vec::new();
        for check in Check::ALL {
            if let Some(why) = self.left_out(check) {
                summary.left_out.push((check, why));
                continue;
            }
            match self.check(check) {
                Ok(()) => summary.passed.push(check),
                Err(found) => failures.push(format!("{check}: {found}")),
            }
        }
        assert!(
            failures.is_empty(),
            "{} does not conform:\n{}",
            self.part(),
            failures.join("\n")
        );
        summary
    }

    /// Runs one check. A check that the part is declared not to pass is passed if it does not.
    ///
    /// # Errors
    /// What was found.
    pub fn check(&self, check: Check) -> Result<(), String> {
        let outcome = caught(|| match check {
            Check::SoundResults => checks::sound_results(&self.subject, &|data| self.reason(data).is_some()),
            Check::FitTwice => checks::fit_twice(&self.subject),
            Check::Threads => checks::threads(&self.subject),
            Check::BatchSplit => checks::batch_split(&self.subject),
            Check::StaticAndDynamic => checks::static_and_dynamic(&self.subject),
            Check::FeatureMismatch => checks::feature_mismatch(&self.subject),
            Check::Observer => checks::observer(&self.subject),
            Check::Stop => checks::stop(&self.subject),
            Check::Cancel => checks::cancel(&self.subject),
            Check::Configuration => self.subject.config.as_ref().map_or(Ok(()), |check| check()),
            Check::SaveAndLoad => checks::save_and_load(&self.subject),
            Check::HostileStates => checks::hostile(&self.subject),
            Check::DamagedFiles => checks::damaged(&self.subject),
        });
        match (outcome, self.reason(check.name())) {
            (outcome, None) => outcome,
            (Err(_), Some(_)) => Ok(()),
            (Ok(()), Some(reason)) => Err(format!("it passes, although it is declared not to: {reason}")),
        }
    }

    fn reason(&self, name: &str) -> Option<&str> {
        let mut allowed = self.allowed.iter();
        allowed
            .find(|(of, _)| of == name)
            .map(|(_, reason)| reason.as_str())
    }

    fn left_out(&self, check: Check) -> Option<&'static str> {
        match check {
            Check::Configuration if self.subject.config.is_none() => Some("no configuration was given"),
            Check::HostileStates | Check::DamagedFiles if self.subject.load.is_none() => {
                Some("the part is not declared to be saved")
            }
            _ => None,
        }
    }

    fn part(&self) -> String {
        let fit = caught(|| self.subject.ordinary());
        fit.map_or_else(
            |_| "the part".to_owned(),
            |(part, ..)| format!("`{}`", part.name()),
        )
    }
}

/// Runs the suite of an encoder that declares nothing.
///
/// # Panics
/// As [`Suite::run`].
pub fn check_encoder<E: Encoder + 'static>(part: E) -> Summary {
    Suite::encoder(part).run()
}

/// Runs the suite of a manifold learner that declares nothing.
///
/// # Panics
/// As [`Suite::run`].
pub fn check_manifold<M: Manifold + 'static>(part: M) -> Summary {
    Suite::manifold(part).run()
}

/// Runs the suite of a clusterer that declares nothing.
///
/// # Panics
/// As [`Suite::run`].
pub fn check_clusterer<C: Clusterer + 'static>(part: C) -> Summary {
    Suite::clusterer(part).run()
}
