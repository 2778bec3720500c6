//! Parts whose kind is chosen at run time, boxed so that they fill the slots of the same generic pipeline.

use std::any::Any;

use ndarray::{Array2, ArrayView2};

use crate::persist::{Save, SaveError, State};
use crate::{
    ApplyError, ApproximatePredict, Capability, Clusterer, Decode, Encoder, Fit, FitContext, FitError,
    FittedClusterer, FittedEncoder, FittedManifold, FittedManifoldClusterer, FittedN2d, Labels, Manifold,
    ManifoldClusterer, N2d, Predict, PredictProba, Samples, Transform,
};

/// The pipeline with parts chosen at run time. It is [`N2d`] itself with boxes in its slots.
pub type DynN2d = N2d<BoxEncoder, BoxManifold, BoxClusterer>;

/// A fitted [`DynN2d`].
///
/// A capability that its part lacks is [`ApplyError::MissingCapability`]. The concrete part is reached by upcasting
/// the box's content to [`Any`](std::any::Any) and downcasting.
pub type DynFittedN2d = FittedN2d<Box<dyn FittedEncoder>, Box<dyn FittedManifold>, Box<dyn FittedClusterer>>;

/// A manifold learner and a clusterer chosen at run time.
pub type DynManifoldClusterer = ManifoldClusterer<BoxManifold, BoxClusterer>;

impl<E, M, C> N2d<E, M, C>
where
    E: Encoder + 'static,
    M: Manifold + 'static,
    C: Clusterer + 'static,
{
    /// The same pipeline with its parts boxed.
    pub fn boxed(self) -> DynN2d {
        let (encoder, later) = self.into_parts();
        let (manifold, clusterer) = later.into_parts();
        let later = ManifoldClusterer::new(BoxManifold::new(manifold), BoxClusterer::new(clusterer));
        N2d::new(BoxEncoder::new(encoder), later)
    }
}

impl<E: FittedEncoder, M: FittedManifold, C: FittedClusterer> FittedN2d<E, M, C> {
    /// The same fitted pipeline with its parts boxed; one whose parts are boxed is left as it is, so that
    /// its parts are found in their boxes.
    pub fn boxed(self) -> DynFittedN2d {
        let boxed: Box<dyn Any> = Box::new(self);
        match boxed.downcast::<DynFittedN2d>() {
            Ok(boxed) => *boxed,
            Err(other) => other
                .downcast::<Self>()
                .expect("it was put in above")
                .with_boxes(),
        }
    }

    fn with_boxes(self) -> DynFittedN2d {
        let (encoder, later) = self.into_parts();
        let (manifold, clusterer) = later.into_parts();
        let later = FittedManifoldClusterer::from_fitted(
            Box::new(manifold) as Box<dyn FittedManifold>,
            Box::new(clusterer) as Box<dyn FittedClusterer>,
        );
        FittedN2d::from_fitted(Box::new(encoder), later)
    }
}

/// Writes, for one stage: the object-safe twin of its trait, the box, and the trait for the box.
macro_rules! boxed_stage {
    ($box:ident, $stage:ident, $fitted:ident, $erased:ident, $what:literal) => {
        #[doc = concat!("Any ", $what, ", its type erased.")]
        pub struct $box(Box<dyn $erased>);

        impl $box {
            #[doc = concat!("Boxes ", $what, ".")]
            pub fn new(part: impl $stage + 'static) -> Self {
                Self(Box::new(part))
            }
        }

        impl std::fmt::Debug for $box {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($box)).finish_non_exhaustive()
            }
        }

        trait $erased: Send + Sync {
            fn fit_erased(
                &self,
                x: Samples<'_>,
                ctx: &mut FitContext<'_>,
            ) -> Result<Fit<Box<dyn $fitted>>, FitError>;
        }

        impl<P: $stage> $erased for P {
            fn fit_erased(
                &self,
                x: Samples<'_>,
                ctx: &mut FitContext<'_>,
            ) -> Result<Fit<Box<dyn $fitted>>, FitError> {
                Ok(self
                    .fit(x, ctx)?
                    .map(|model| Box::new(model) as Box<dyn $fitted>))
            }
        }

        impl $stage for $box {
            type Fitted = Box<dyn $fitted>;

            fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Self::Fitted>, FitError> {
                self.0.fit_erased(x, ctx)
            }
        }
    };
}

boxed_stage!(BoxEncoder, Encoder, FittedEncoder, ErasedEncoder, "an encoder");
boxed_stage!(
    BoxManifold,
    Manifold,
    FittedManifold,
    ErasedManifold,
    "a manifold learner"
);
boxed_stage!(
    BoxClusterer,
    Clusterer,
    FittedClusterer,
    ErasedClusterer,
    "a clusterer"
);

fn missing<T>(part: &str, capability: Capability) -> Result<T, ApplyError> {
    Err(ApplyError::MissingCapability {
        part: part.to_owned(),
        capability,
    })
}

impl FittedEncoder for Box<dyn FittedEncoder> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn n_features(&self) -> usize {
        (**self).n_features()
    }

    fn latent_dim(&self) -> usize {
        (**self).latent_dim()
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        (**self).encode(x)
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        (**self).as_decode()
    }

    fn as_save(&self) -> Option<&dyn Save> {
        (**self).as_save()
    }
}

impl Decode for Box<dyn FittedEncoder> {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        match self.as_decode() {
            Some(part) => part.decode(z),
            None => missing(self.name(), Capability::Decode),
        }
    }
}

impl FittedManifold for Box<dyn FittedManifold> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn n_features(&self) -> usize {
        (**self).n_features()
    }

    fn n_components(&self) -> usize {
        (**self).n_components()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        (**self).embedding()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        (**self).as_transform()
    }

    fn as_save(&self) -> Option<&dyn Save> {
        (**self).as_save()
    }
}

impl Transform for Box<dyn FittedManifold> {
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        match self.as_transform() {
            Some(part) => part.transform(z),
            None => missing(self.name(), Capability::Transform),
        }
    }
}

impl FittedClusterer for Box<dyn FittedClusterer> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn n_features(&self) -> usize {
        (**self).n_features()
    }

    fn n_clusters(&self) -> usize {
        (**self).n_clusters()
    }

    fn labels(&self) -> &Labels {
        (**self).labels()
    }

    fn strengths(&self) -> Option<&[f32]> {
        (**self).strengths()
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        (**self).as_predict()
    }

    fn as_predict_proba(&self) -> Option<&dyn PredictProba> {
        (**self).as_predict_proba()
    }

    fn as_approximate_predict(&self) -> Option<&dyn ApproximatePredict> {
        (**self).as_approximate_predict()
    }

    fn as_save(&self) -> Option<&dyn Save> {
        (**self).as_save()
    }
}

impl Predict for Box<dyn FittedClusterer> {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        match self.as_predict() {
            Some(part) => part.predict(y),
            None => missing(self.name(), Capability::Predict),
        }
    }
}

impl PredictProba for Box<dyn FittedClusterer> {
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        match self.as_predict_proba() {
            Some(part) => part.predict_proba(y),
            None => missing(self.name(), Capability::PredictProba),
        }
    }
}

impl ApproximatePredict for Box<dyn FittedClusterer> {
    fn approximate_predict(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        match self.as_approximate_predict() {
            Some(part) => part.approximate_predict(y),
            None => missing(self.name(), Capability::ApproximatePredict),
        }
    }
}

/// Writes saving for the boxes of fitted parts: through the part, if it can.
macro_rules! save_boxed {
    ($($fitted:ident),*) => {$(
        impl Save for Box<dyn $fitted> {
            fn kind(&self) -> &str {
                self.as_save().map_or_else(|| self.name(), Save::kind)
            }

            fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
                match self.as_save() {
                    Some(part) => part.save_into(state),
                    None => Err(SaveError::Unsupported {
                        part: self.name().to_owned(),
                    }),
                }
            }
        }
    )*};
}

save_boxed!(FittedEncoder, FittedManifold, FittedClusterer);
