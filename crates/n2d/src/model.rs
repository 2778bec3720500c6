use std::path::Path;

use n2d_core::check::made_by;
use n2d_core::persist::{self, LoadError, Save, SaveError, State};
use n2d_core::{
    ApplyError, ApproximatePredict, DynFittedN2d, FittedClusterer, FittedEncoder, FittedManifold, FittedN2d,
    Labels, Samples,
};
use n2d_datasets::{ColumnRanges, Scaler};
use ndarray::{Array2, ArrayView2};

use crate::ensemble::agreement_on;
use crate::{ModelInfo, Registry};

/// A fitted pipeline with the scaling of its data and where it came from: what one `.n2d` file holds.
///
/// It takes rows in the units of the training data and answers as the pipeline does, whatever its parts are. A row gets
/// the same answer alone as among a million, so that data of any size can go through in chunks.
///
/// ```
/// use n2d::prelude::*;
///
/// let values: Vec<f32> = (0..80).map(|i| (i / 40 * 100 + i % 7) as f32).collect();
/// let mut x = ndarray::Array2::from_shape_vec((40, 2), values)?;
/// let scaler = Scaling::MinMax.fit(Samples::new(x.view())?);
/// scaler.apply(&mut x)?;
/// let config = PipelineConfig {
///     encoder: PartChoice::new("identity"),
///     manifold: PartChoice::new("identity"),
///     ..PipelineConfig::new(2)
/// };
/// let pipeline = Registry::default().build(&config)?;
/// let fit = pipeline.fit(Samples::new(x.view())?, &mut FitContext::new(42))?;
/// let info = ModelInfo::new("example", 42).with_config(config).with_report(&fit.report);
/// let model = Model::new(fit.model, info).with_scaler(scaler)?;
///
/// let file = tempfile::NamedTempFile::new()?;
/// model.save(file.path())?;
/// let loaded = Model::load(file.path())?;
/// let new_rows = Samples::from_rows(&[3.0, 4.0, 104.0, 103.0], 2)?;
/// assert_eq!(loaded.predict(new_rows)?, model.predict(new_rows)?);
/// assert_eq!(loaded.info().seed, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Model {
    pipeline: DynFittedN2d,
    scaler: Option<Scaler>,
    ranges: Option<ColumnRanges>,
    info: ModelInfo,
}

/// All that a model finds out about rows on the way to their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Their latents, `(n_samples, latent_dim)`.
    pub latents: Array2<f32>,
    /// Where they lie on the manifold, `(n_samples, n_components)`.
    pub embedding: Array2<f32>,
    /// Their labels.
    pub assigned: Assigned,
}

/// Labels of new rows, by whatever rule the clusterer has for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// The label of each row.
    pub labels: Labels,
    /// How strongly each row belongs to its cluster, in `[0, 1]`, where the rule says so.
    pub strengths: Option<Vec<f32>>,
}

/// Why there is no answer to a chunk of a stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError<E: std::error::Error + 'static> {
    /// The stream has failed.
    #[error(transparent)]
    Source(E),
    /// The model can't take the chunk.
    #[error(transparent)]
    Model(#[from] ApplyError),
}

impl Model {
    const KIND: &'static str = "model";

    /// Of a fitted pipeline that takes its data as it is.
    pub fn new<E: FittedEncoder, M: FittedManifold, C: FittedClusterer>(
        pipeline: FittedN2d<E, M, C>,
        info: ModelInfo,
    ) -> Self {
        Self {
            pipeline: pipeline.boxed(),
            scaler: None,
            ranges: None,
            info,
        }
    }

    /// With the scaling that the training data went through before the fit, and new rows go through, too.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for a scaling of rows of another width.
    pub fn with_scaler(mut self, scaler: Scaler) -> Result<Self, ApplyError> {
        self.is_as_wide(scaler.n_features())?;
        self.scaler = Some(scaler);
        Ok(self)
    }

    /// With the ranges of the training data's columns before its scaling, by which rows in other units can be told.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for ranges of rows of another width.
    pub fn with_ranges(mut self, ranges: ColumnRanges) -> Result<Self, ApplyError> {
        self.is_as_wide(ranges.n_features())?;
        self.ranges = Some(ranges);
        Ok(self)
    }

    fn is_as_wide(&self, given: usize) -> Result<(), ApplyError> {
        if given == self.n_features() {
            return Ok(());
        }
        Err(ApplyError::FeatureMismatch {
            part: self.pipeline.encoder().name().to_owned(),
            expected: self.n_features(),
            given,
        })
    }

    /// Writes the model to one file. A kill or a full disk leaves what was there before.
    ///
    /// # Errors
    /// [`SaveError`], also for a part of your own that can't be saved.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        persist::write_file(path.as_ref(), self)
    }

    /// Reads a model of our own parts from a file; [`load_with`](Self::load_with) knows others too.
    ///
    /// # Errors
    /// [`LoadError`] with the file's name.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load_with(path, &Registry::default())
    }

    /// Reads a model of the parts of a registry from a file.
    ///
    /// # Errors
    /// [`LoadError`] with the file's name.
    pub fn load_with(path: impl AsRef<Path>, registry: &Registry) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let state = persist::read_file(path)?;
        Self::from_state(&state, registry).map_err(|error| error.in_file(path))
    }

    /// Makes a model of a saved state: that of a model, or that of a pipeline alone.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn from_state(state: &State, registry: &Registry) -> Result<Self, LoadError> {
        match state.kind() {
            Self::KIND => {
                let mut model = Self::new(registry.load(state)?, state.get("info")?);
                let refused = |part, error| state.refuse(part, &format!("for the encoder's rows ({error})"));
                if state.has_part("scaling") {
                    let scaler = state.part("scaling")?.load()?;
                    model = model
                        .with_scaler(scaler)
                        .map_err(|error| refused("scaling", error))?;
                }
                if state.has_part("ranges") {
                    let ranges = state.part("ranges")?.load()?;
                    model = model
                        .with_ranges(ranges)
                        .map_err(|error| refused("ranges", error))?;
                }
                Ok(model)
            }
            "n2d" => Ok(Self::new(registry.load(state)?, ModelInfo::default())),
            _ => Err(state.wrong_kind("`model` or `n2d`".to_owned())),
        }
    }

    /// The fitted pipeline. It takes rows that are scaled already.
    pub fn pipeline(&self) -> &DynFittedN2d {
        &self.pipeline
    }

    /// The scaling of the data, if it has one.
    pub fn scaler(&self) -> Option<&Scaler> {
        self.scaler.as_ref()
    }

    /// The ranges of the training data's columns before its scaling, where they are known.
    pub fn ranges(&self) -> Option<&ColumnRanges> {
        self.ranges.as_ref()
    }

    /// Where it came from.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Width of the rows it takes.
    pub fn n_features(&self) -> usize {
        self.pipeline.encoder().n_features()
    }

    /// The labels of the training rows.
    pub fn labels(&self) -> &Labels {
        self.pipeline.labels()
    }

    /// The embedding of the training rows, `(n_samples, n_components)`.
    pub fn embedding(&self) -> ArrayView2<'_, f32> {
        self.pipeline.embedding()
    }

    /// The latents of rows, `(n_samples, latent_dim)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width.
    pub fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.scaled(x, |x| self.pipeline.encode(x))
    }

    /// The rows that latents stand for, in the units of the data, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// [`ApplyError`] for latents of another width, and an encoder that can't decode.
    pub fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.unscaled(self.pipeline.decode(z)?)
    }

    /// What the encoder keeps of rows: encoded and decoded again, in the units of the data.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and an encoder that can't decode.
    pub fn reconstruct(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.unscaled(self.scaled(x, |x| self.pipeline.reconstruct(x))?)
    }

    /// Where new rows lie on the manifold, `(n_samples, n_components)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and a manifold learner that can't place new rows.
    pub fn transform(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.scaled(x, |x| self.pipeline.transform(x))
    }

    /// The labels of new rows.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and parts that can't do it.
    pub fn predict(&self, x: Samples<'_>) -> Result<Labels, ApplyError> {
        self.scaled(x, |x| self.pipeline.predict(x))
    }

    /// How probable each cluster is for new rows, `(n_samples, n_clusters)`.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and parts that can't do it.
    pub fn predict_proba(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.scaled(x, |x| self.pipeline.predict_proba(x))
    }

    /// The labels of new rows and how strongly each belongs to its cluster, by clusterers such as HDBSCAN.
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and parts that can't do it.
    pub fn approximate_predict(&self, x: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        self.scaled(x, |x| self.pipeline.approximate_predict(x))
    }

    /// The labels of new rows by [`predict`](Self::predict) where the clusterer has it, else by
    /// [`approximate_predict`](Self::approximate_predict).
    ///
    /// # Errors
    /// [`ApplyError`] for rows of another width, and parts that can do neither.
    pub fn assign(&self, x: Samples<'_>) -> Result<Assigned, ApplyError> {
        Ok(self.answers(x)?.assigned)
    }

    /// The latents, the places and the labels of new rows, with each stage done once.
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn answers(&self, x: Samples<'_>) -> Result<Answers, ApplyError> {
        let latents = self.encode(x)?;
        let later = self.pipeline.manifold_clusterer();
        let z = made_by(self.pipeline.encoder().name(), latents.view())?;
        let embedding = later.transform(z)?;
        let y = made_by(later.manifold().name(), embedding.view())?;
        let clusterer = later.clusterer();
        let (labels, strengths) = match clusterer.as_predict() {
            Some(part) => (part.predict(y)?, None),
            None => {
                let (labels, strengths) = clusterer.approximate_predict(y)?;
                (labels, Some(strengths))
            }
        };
        Ok(Answers {
            latents,
            embedding,
            assigned: Assigned { labels, strengths },
        })
    }

    /// The share of members that agree with each label of [`answers`](Self::answers), in `[0, 1]`, where the model is an ensemble: by votes and co-association those that
    /// give the row its label, by a mean graph those by which most of the training rows near it have its label. `None` for a single pipeline, and for
    /// self-training, whose members are not kept.
    ///
    /// A training row given again is among the rows near it, and so agrees a little more with itself than in [`agreement`](crate::agreement). Takes about as long as the answers did.
    ///
    /// # Errors
    /// [`ApplyError`] for answers of another width.
    ///
    /// # Panics
    /// Where there are not as many labels as rows.
    pub fn agreement_on(&self, answers: &Answers) -> Result<Option<Vec<f32>>, ApplyError> {
        let z = made_by(self.pipeline.encoder().name(), answers.latents.view())?;
        let y = made_by(self.pipeline.manifold().name(), answers.embedding.view())?;
        agreement_on(&self.pipeline, z, y, &answers.assigned.labels)
    }

    /// The answers to a stream of chunks of rows, chunk by chunk, such as [`read_chunks`](n2d_datasets::read_chunks) reads them. One chunk is
    /// held at a time; how the rows are divided changes nothing.
    ///
    /// ```
    /// # use n2d::prelude::*;
    /// use n2d::datasets::{ReadOptions, read_chunks};
    ///
    /// # let values: Vec<f32> = (0..80).map(|i| (i / 40 * 100 + i % 7) as f32).collect();
    /// # let config = PipelineConfig {
    /// #     encoder: PartChoice::new("identity"),
    /// #     manifold: PartChoice::new("identity"),
    /// #     ..PipelineConfig::new(2)
    /// # };
    /// # let x = Samples::from_rows(&values, 2)?;
    /// # let fit = Registry::default().build(&config)?.fit(x, &mut FitContext::new(42))?;
    /// # let model = Model::new(fit.model, ModelInfo::new("example", 42));
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("new.csv");
    /// # std::fs::write(&path, "x,y\n1,2\n103,104\n5,6\n")?;
    /// let mut n_clusters_seen = std::collections::BTreeSet::new();
    /// for answers in model.answers_to(read_chunks(&path, &ReadOptions::default(), 2)?) {
    ///     n_clusters_seen.extend(answers?.assigned.labels.as_slice().to_vec());
    /// }
    /// assert_eq!(n_clusters_seen.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of the stream, and those of [`answers`](Self::answers).
    pub fn answers_to<'a, E: std::error::Error + 'static>(
        &'a self,
        chunks: impl IntoIterator<Item = Result<Array2<f32>, E>> + 'a,
    ) -> impl Iterator<Item = Result<Answers, StreamError<E>>> + 'a {
        chunks.into_iter().map(|chunk| {
            let chunk = chunk.map_err(StreamError::Source)?;
            Ok(self.answers(made_by("the stream", chunk.view())?)?)
        })
    }

    fn scaled<T>(
        &self,
        x: Samples<'_>,
        apply: impl FnOnce(Samples<'_>) -> Result<T, ApplyError>,
    ) -> Result<T, ApplyError> {
        let Some(scaler) = &self.scaler else {
            return apply(x);
        };
        let mut rows = x.view().to_owned();
        scaler.apply(&mut rows)?;
        apply(made_by("scaling", rows.view())?)
    }

    fn unscaled(&self, mut rows: Array2<f32>) -> Result<Array2<f32>, ApplyError> {
        if let Some(scaler) = &self.scaler {
            scaler.invert(&mut rows)?;
        }
        Ok(rows)
    }
}

impl Save for Model {
    fn kind(&self) -> &str {
        Self::KIND
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.set("info", &self.info);
        if let Some(scaler) = &self.scaler {
            state.put_part("scaling", scaler)?;
        }
        if let Some(ranges) = &self.ranges {
            state.put_part("ranges", ranges)?;
        }
        self.pipeline.save_into(state)
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("info", &self.info)
            .field("scaler", &self.scaler)
            .finish_non_exhaustive()
    }
}
