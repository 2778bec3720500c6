use ndarray::{Array2, ArrayView2};

use crate::check::made_by;
use crate::{
    ApplyError, ApproximatePredict, Clusterer, Decode, Encoder, Fit, FitContext, FitError, FittedClusterer,
    FittedEncoder, FittedManifold, FittedManifoldClusterer, Labels, Manifold, ManifoldClusterer, Predict,
    PredictProba, Report, Samples, Transform,
};

/// The pipeline: an encoder, then a manifold learner and a clusterer. Any parts compose, ours or your own.
///
/// With boxed parts in its slots it is [`DynN2d`](crate::DynN2d): the same code.
#[derive(Debug, Clone)]
pub struct N2d<E, M, C> {
    encoder: E,
    manifold_clusterer: ManifoldClusterer<M, C>,
}

impl<E, M, C> N2d<E, M, C> {
    /// `manifold_clusterer` on the latents that `encoder` learns.
    pub fn new(encoder: E, manifold_clusterer: ManifoldClusterer<M, C>) -> Self {
        Self {
            encoder,
            manifold_clusterer,
        }
    }

    /// The encoder.
    pub fn encoder(&self) -> &E {
        &self.encoder
    }

    /// The manifold learner and the clusterer.
    pub fn manifold_clusterer(&self) -> &ManifoldClusterer<M, C> {
        &self.manifold_clusterer
    }

    /// The encoder, and the manifold learner with the clusterer.
    pub fn into_parts(self) -> (E, ManifoldClusterer<M, C>) {
        (self.encoder, self.manifold_clusterer)
    }
}

impl<E: Encoder, M: Manifold, C: Clusterer> N2d<E, M, C> {
    /// Fits all three stages to the rows of `x`, one after the other.
    ///
    /// # Errors
    /// What the parts return.
    pub fn fit(
        &self,
        x: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedN2d<E::Fitted, M::Fitted, C::Fitted>>, FitError> {
        let encoder = self.encoder.fit(x, ctx)?;
        self.fit_encoded(encoder, x, ctx)
    }

    /// Fits the later stages behind an encoder that has been fitted before: [`fit`](Self::fit) from its second stage on, with
    /// the same result. One trained encoder can so serve many manifold learners and clusterers.
    ///
    /// # Errors
    /// What the parts return, and [`FitError::Data`] where the latents are not finite.
    pub fn fit_encoded(
        &self,
        encoder: Fit<E::Fitted>,
        x: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedN2d<E::Fitted, M::Fitted, C::Fitted>>, FitError> {
        let Fit {
            model: encoder,
            report,
        } = encoder;
        let latents = ctx.parallelism().install(|| encoder.encode(x))?;
        let z = made_by(encoder.name(), latents.view())?;
        let later = self.manifold_clusterer.fit(z, ctx)?;
        let mut parts = vec![report];
        parts.extend(later.report.parts);
        let model = FittedN2d {
            encoder,
            manifold_clusterer: later.model,
        };
        Ok(Fit {
            model,
            report: Report::composed("n2d", parts),
        })
    }

    /// The labels alone.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_predict(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Labels, FitError> {
        Ok(self.fit(x, ctx)?.model.labels().clone())
    }
}

/// A fitted [`N2d`]: the labels and the embedding of the training rows, and whatever its parts can do with new ones.
#[derive(Debug, Clone)]
pub struct FittedN2d<E, M, C> {
    encoder: E,
    manifold_clusterer: FittedManifoldClusterer<M, C>,
}

impl<E, M, C> FittedN2d<E, M, C> {
    /// Of fitted parts: an encoder before a manifold learner and a clusterer that were fitted to its latents.
    pub fn from_fitted(encoder: E, manifold_clusterer: FittedManifoldClusterer<M, C>) -> Self {
        Self {
            encoder,
            manifold_clusterer,
        }
    }

    /// The fitted parts, given away.
    pub fn into_parts(self) -> (E, FittedManifoldClusterer<M, C>) {
        (self.encoder, self.manifold_clusterer)
    }

    /// The fitted encoder.
    pub fn encoder(&self) -> &E {
        &self.encoder
    }

    /// The fitted manifold learner.
    pub fn manifold(&self) -> &M {
        self.manifold_clusterer.manifold()
    }

    /// The fitted clusterer.
    pub fn clusterer(&self) -> &C {
        self.manifold_clusterer.clusterer()
    }

    /// The fitted manifold learner and clusterer together.
    pub fn manifold_clusterer(&self) -> &FittedManifoldClusterer<M, C> {
        &self.manifold_clusterer
    }
}

impl<E: FittedEncoder, M: FittedManifold, C: FittedClusterer> FittedN2d<E, M, C> {
    /// The labels of the training rows: those of the fitted embedding itself.
    ///
    /// The training rows given to [`predict`](Self::predict) again may differ in a few, where the manifold learner or the clusterer has
    /// another rule for new rows than for those it was fitted to.
    pub fn labels(&self) -> &Labels {
        self.manifold_clusterer.labels()
    }

    /// The embedding of the training rows, `(n_samples, n_components)`.
    pub fn embedding(&self) -> ArrayView2<'_, f32> {
        self.manifold_clusterer.embedding()
    }

    /// The latents of rows, `(n_samples, latent_dim)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.encoder.encode(x)
    }

    /// The rows that latents stand for, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// [`ApplyError`] for latents of another width.
    pub fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        E: Decode,
    {
        self.encoder.decode(z)
    }

    /// What the encoder keeps of rows: encoded and decoded again.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn reconstruct(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        E: Decode,
    {
        self.on_latents(x, |z| self.encoder.decode(z))
    }

    /// Where new rows lie on the manifold, `(n_samples, n_components)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn transform(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        M: Transform,
    {
        self.on_latents(x, |z| self.manifold_clusterer.transform(z))
    }

    /// The labels of new rows.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn predict(&self, x: Samples<'_>) -> Result<Labels, ApplyError>
    where
        M: Transform,
        C: Predict,
    {
        self.on_latents(x, |z| self.manifold_clusterer.predict(z))
    }

    /// How probable each cluster is for new rows, `(n_samples, n_clusters)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn predict_proba(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        M: Transform,
        C: PredictProba,
    {
        self.on_latents(x, |z| self.manifold_clusterer.predict_proba(z))
    }

    /// The labels of new rows, noise included, and how strongly each belongs to its cluster.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn approximate_predict(&self, x: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError>
    where
        M: Transform,
        C: ApproximatePredict,
    {
        self.on_latents(x, |z| self.manifold_clusterer.approximate_predict(z))
    }

    fn on_latents<T>(
        &self,
        x: Samples<'_>,
        apply: impl FnOnce(Samples<'_>) -> Result<T, ApplyError>,
    ) -> Result<T, ApplyError> {
        let latents = self.encoder.encode(x)?;
        apply(made_by(self.encoder.name(), latents.view())?)
    }
}
