use ndarray::{Array2, ArrayView2};

use crate::check::made_by;
use crate::{
    ApplyError, ApproximatePredict, Clusterer, Fit, FitContext, FitError, FittedClusterer, FittedManifold,
    Labels, Manifold, Predict, PredictProba, Report, Samples, Transform,
};

/// Any manifold learner with any clusterer: the counterpart of the Python library's `manifold_cluster_generator`.
///
/// It is of use by itself, on ready-made embeddings, and as the second half of [`N2d`](crate::N2d).
#[derive(Debug, Clone)]
pub struct ManifoldClusterer<M, C> {
    manifold: M,
    clusterer: C,
}

impl<M, C> ManifoldClusterer<M, C> {
    /// `clusterer` on the embedding that `manifold` learns.
    pub fn new(manifold: M, clusterer: C) -> Self {
        Self { manifold, clusterer }
    }

    /// The manifold learner.
    pub fn manifold(&self) -> &M {
        &self.manifold
    }

    /// The clusterer.
    pub fn clusterer(&self) -> &C {
        &self.clusterer
    }

    /// Both parts.
    pub fn into_parts(self) -> (M, C) {
        (self.manifold, self.clusterer)
    }
}

impl<M: Manifold, C: Clusterer> ManifoldClusterer<M, C> {
    /// Learns the manifold of `z` and clusters it.
    ///
    /// # Errors
    /// What the parts return.
    pub fn fit(
        &self,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedManifoldClusterer<M::Fitted, C::Fitted>>, FitError> {
        let manifold = self.manifold.fit(z, ctx)?;
        self.fit_embedded(manifold, ctx)
    }

    /// Clusters a manifold that has been learnt before: [`fit`](Self::fit) from its second half on, with the same result.
    ///
    /// # Errors
    /// What the clusterer returns, and [`FitError::Data`] where the embedding is not finite.
    pub fn fit_embedded(
        &self,
        manifold: Fit<M::Fitted>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedManifoldClusterer<M::Fitted, C::Fitted>>, FitError> {
        let embedding = Samples::new(manifold.model.embedding()).map_err(|source| FitError::Data {
            part: manifold.report.part.clone(),
            source,
        })?;
        let clusterer = self.clusterer.fit(embedding, ctx)?;
        let report = Report::composed("manifold clusterer", vec![manifold.report, clusterer.report]);
        let model = FittedManifoldClusterer {
            manifold: manifold.model,
            clusterer: clusterer.model,
        };
        Ok(Fit { model, report })
    }

    /// The labels alone.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_predict(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Labels, FitError> {
        Ok(self.fit(z, ctx)?.model.labels().clone())
    }
}

/// A fitted [`ManifoldClusterer`].
#[derive(Debug, Clone)]
pub struct FittedManifoldClusterer<M, C> {
    manifold: M,
    clusterer: C,
}

impl<M, C> FittedManifoldClusterer<M, C> {
    /// Of fitted parts: a manifold learner and a clusterer that was fitted to its embedding.
    pub fn from_fitted(manifold: M, clusterer: C) -> Self {
        Self { manifold, clusterer }
    }

    /// The fitted parts, given away.
    pub fn into_parts(self) -> (M, C) {
        (self.manifold, self.clusterer)
    }

    /// The fitted manifold learner.
    pub fn manifold(&self) -> &M {
        &self.manifold
    }

    /// The fitted clusterer.
    pub fn clusterer(&self) -> &C {
        &self.clusterer
    }
}

impl<M: FittedManifold, C: FittedClusterer> FittedManifoldClusterer<M, C> {
    /// The labels of the training rows: those of the fitted embedding itself.
    pub fn labels(&self) -> &Labels {
        self.clusterer.labels()
    }

    /// The embedding of the training rows, `(n_samples, n_components)`.
    pub fn embedding(&self) -> ArrayView2<'_, f32> {
        self.manifold.embedding()
    }

    /// Where new rows lie on the manifold.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        M: Transform,
    {
        self.manifold.transform(z)
    }

    /// The labels of new rows.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn predict(&self, z: Samples<'_>) -> Result<Labels, ApplyError>
    where
        M: Transform,
        C: Predict,
    {
        self.on_manifold(z, |y| self.clusterer.predict(y))
    }

    /// How probable each cluster is for new rows, `(n_samples, n_clusters)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn predict_proba(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError>
    where
        M: Transform,
        C: PredictProba,
    {
        self.on_manifold(z, |y| self.clusterer.predict_proba(y))
    }

    /// The labels of new rows and how strongly each belongs to its cluster.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn approximate_predict(&self, z: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError>
    where
        M: Transform,
        C: ApproximatePredict,
    {
        self.on_manifold(z, |y| self.clusterer.approximate_predict(y))
    }

    fn on_manifold<T>(
        &self,
        z: Samples<'_>,
        apply: impl FnOnce(Samples<'_>) -> Result<T, ApplyError>,
    ) -> Result<T, ApplyError>
    where
        M: Transform,
    {
        let embedding = self.manifold.transform(z)?;
        apply(made_by(self.manifold.name(), embedding.view())?)
    }
}
