//! A fitted part of any stage, and all that can be asked of it.

use std::collections::BTreeMap;

use n2d_core::persist::Save;
use n2d_core::{ApplyError, FittedClusterer, FittedEncoder, FittedManifold, Labels, Samples};
use ndarray::{Array2, ArrayView2};

/// A fitted part.
pub(crate) enum Fitted {
    Encoder(Box<dyn FittedEncoder>),
    Manifold(Box<dyn FittedManifold>),
    Clusterer(Box<dyn FittedClusterer>),
}

/// What a part answers, by question, as bits: two parts are the same where these are.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answers(BTreeMap<&'static str, Answer>);

#[derive(Debug, PartialEq)]
enum Answer {
    Text(String),
    Values { shape: Vec<usize>, bits: Vec<u32> },
}

impl Answers {
    fn text(&mut self, question: &'static str, answer: impl ToString) {
        self.0.insert(question, Answer::Text(answer.to_string()));
    }

    fn matrix(&mut self, question: &'static str, answer: Result<Array2<f32>, ApplyError>) {
        match answer {
            Ok(values) => self.values(question, values.shape(), values.iter().map(|x| x.to_bits())),
            Err(error) => self.text(question, error),
        }
    }

    fn labels(&mut self, question: &'static str, answer: Result<Labels, ApplyError>) {
        match answer {
            Ok(labels) => self.values(
                question,
                &[labels.len()],
                labels.as_slice().iter().map(|&label| label as u32),
            ),
            Err(error) => self.text(question, error),
        }
    }

    fn values(&mut self, question: &'static str, shape: &[usize], bits: impl Iterator<Item = u32>) {
        let answer = Answer::Values {
            shape: shape.to_vec(),
            bits: bits.collect(),
        };
        self.0.insert(question, answer);
    }

    /// The first question that two parts answer differently.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        let questions = self.0.keys().chain(other.0.keys());
        questions
            .copied()
            .find(|question| self.0.get(question) != other.0.get(question))
    }

    /// The rows of both for every question about rows that were given; a question that only one has comes to nothing.
    pub(crate) fn one_after_the_other(parts: &[Self]) -> Self {
        let mut all = Self::default();
        for (question, first) in parts.first().into_iter().flat_map(|part| &part.0) {
            let Answer::Values { shape, .. } = first else {
                continue;
            };
            let (mut shape, mut bits) = (shape.clone(), Vec::new());
            shape[0] = 0;
            for part in parts {
                if let Some(Answer::Values {
                    shape: of_part,
                    bits: some,
                }) = part.0.get(question)
                {
                    shape[0] += of_part[0];
                    bits.extend(some);
                }
            }
            all.0.insert(question, Answer::Values { shape, bits });
        }
        all
    }
}

impl Fitted {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Encoder(part) => part.name(),
            Self::Manifold(part) => part.name(),
            Self::Clusterer(part) => part.name(),
        }
    }

    pub(crate) fn n_features(&self) -> usize {
        match self {
            Self::Encoder(part) => part.n_features(),
            Self::Manifold(part) => part.n_features(),
            Self::Clusterer(part) => part.n_features(),
        }
    }

    pub(crate) fn as_save(&self) -> Option<&dyn Save> {
        match self {
            Self::Encoder(part) => part.as_save(),
            Self::Manifold(part) => part.as_save(),
            Self::Clusterer(part) => part.as_save(),
        }
    }

    /// Everything that does not depend on new rows, and everything about these.
    pub(crate) fn answers(&self, new: Samples<'_>) -> Answers {
        let mut answers = self.answers_about(new);
        answers.text("name", self.name());
        answers.text("n_features", self.n_features());
        match self {
            Self::Encoder(part) => answers.text("latent_dim", part.latent_dim()),
            Self::Manifold(part) => {
                answers.text("n_components", part.n_components());
                answers.matrix("embedding", Ok(part.embedding().to_owned()));
            }
            Self::Clusterer(part) => {
                answers.text("n_clusters", part.n_clusters());
                answers.labels("labels", Ok(part.labels().clone()));
                if let Some(strengths) = part.strengths() {
                    let bits = strengths.iter().map(|strength| strength.to_bits());
                    answers.values("strengths", &[strengths.len()], bits);
                }
            }
        }
        answers
    }

    /// What is said of new rows by each capability that the part has.
    pub(crate) fn answers_about(&self, new: Samples<'_>) -> Answers {
        let mut answers = Answers::default();
        match self {
            Self::Encoder(part) => {
                let latents = part.encode(new);
                if let (Some(decoder), Ok(latents)) = (part.as_decode(), &latents)
                    && let Ok(z) = Samples::new(latents.view())
                {
                    answers.matrix("decode", decoder.decode(z));
                }
                answers.matrix("encode", latents);
            }
            Self::Manifold(part) => {
                if let Some(part) = part.as_transform() {
                    answers.matrix("transform", part.transform(new));
                }
            }
            Self::Clusterer(part) => clusterer_about(&**part, new, &mut answers),
        }
        answers
    }

    /// That all answers are such as the traits promise, for a part fitted to `x`.
    pub(crate) fn sound(&self, x: Samples<'_>, new: Samples<'_>) -> Result<(), String> {
        require(!self.name().is_empty(), || "its name is empty".into())?;
        let (given, taken) = (x.n_features(), self.n_features());
        require(given == taken, || {
            format!("n_features is {taken} after a fit to rows of {given}")
        })?;
        match self {
            Self::Encoder(part) => sound_encoder(&**part, new),
            Self::Manifold(part) => sound_manifold(&**part, x, new),
            Self::Clusterer(part) => sound_clusterer(&**part, x, new),
        }
    }
}

pub(crate) fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn clusterer_about(part: &dyn FittedClusterer, new: Samples<'_>, answers: &mut Answers) {
    if let Some(part) = part.as_predict() {
        answers.labels("predict", part.predict(new));
    }
    if let Some(part) = part.as_predict_proba() {
        answers.matrix("predict_proba", part.predict_proba(new));
    }
    if let Some(part) = part.as_approximate_predict() {
        match part.approximate_predict(new) {
            Ok((labels, strengths)) => {
                let bits = strengths.iter().map(|strength| strength.to_bits());
                answers.values("approximate_predict: strengths", &[strengths.len()], bits);
                answers.labels("approximate_predict", Ok(labels));
            }
            Err(error) => answers.labels("approximate_predict", Err(error)),
        }
    }
}

fn sound_encoder(part: &dyn FittedEncoder, new: Samples<'_>) -> Result<(), String> {
    let latents = part.encode(new).map_err(|error| format!("encode: {error}"))?;
    sound_matrix("encode", latents.view(), (new.n_samples(), part.latent_dim()))?;
    let Some(decoder) = part.as_decode() else {
        return Ok(());
    };
    let z = Samples::new(latents.view()).map_err(|error| format!("encode: {error}"))?;
    let rows = decoder.decode(z).map_err(|error| format!("decode: {error}"))?;
    sound_matrix("decode", rows.view(), (new.n_samples(), part.n_features()))
}

fn sound_manifold(part: &dyn FittedManifold, x: Samples<'_>, new: Samples<'_>) -> Result<(), String> {
    let width = part.n_components();
    sound_matrix("embedding", part.embedding(), (x.n_samples(), width))?;
    Samples::new(part.embedding()).map_err(|error| format!("embedding: {error}"))?;
    let Some(transformer) = part.as_transform() else {
        return Ok(());
    };
    let places = transformer
        .transform(new)
        .map_err(|error| format!("transform: {error}"))?;
    sound_matrix("transform", places.view(), (new.n_samples(), width))
}

fn sound_clusterer(part: &dyn FittedClusterer, x: Samples<'_>, new: Samples<'_>) -> Result<(), String> {
    let n_clusters = part.n_clusters();
    sound_labels("labels", part.labels(), x.n_samples(), n_clusters)?;
    if let Some(strengths) = part.strengths() {
        let sound = |(&strength, &label): (&f32, &i32)| {
            (0.0..=1.0).contains(&strength) && (label >= 0 || strength == 0.0)
        };
        let all_sound =
            strengths.len() == x.n_samples() && strengths.iter().zip(part.labels().as_slice()).all(sound);
        require(all_sound, || {
            "strengths: not one in [0, 1] for each row, 0 for noise".into()
        })?;
    }
    if let Some(part) = part.as_predict() {
        let labels = part.predict(new).map_err(|error| format!("predict: {error}"))?;
        sound_labels("predict", &labels, new.n_samples(), n_clusters)?;
    }
    if let Some(part) = part.as_predict_proba() {
        let proba = part
            .predict_proba(new)
            .map_err(|error| format!("predict_proba: {error}"))?;
        sound_matrix("predict_proba", proba.view(), (new.n_samples(), n_clusters))?;
        let is_whole = |row: ndarray::ArrayView1<'_, f32>| {
            row.iter().all(|p| (0.0..=1.0).contains(p)) && (row.sum() - 1.0).abs() < 1e-4
        };
        let whole = proba.rows().into_iter().all(is_whole);
        require(whole, || {
            "predict_proba: a row is not of probabilities that sum to 1".into()
        })?;
    }
    if let Some(part) = part.as_approximate_predict() {
        let (labels, strengths) = part
            .approximate_predict(new)
            .map_err(|error| format!("approximate_predict: {error}"))?;
        sound_labels("approximate_predict", &labels, new.n_samples(), n_clusters)?;
        let strong = strengths.len() == new.n_samples() && strengths.iter().all(|s| (0.0..=1.0).contains(s));
        require(strong, || {
            "approximate_predict: not one strength in [0, 1] for each row".into()
        })?;
    }
    Ok(())
}

fn sound_matrix(what: &str, values: ArrayView2<'_, f32>, shape: (usize, usize)) -> Result<(), String> {
    let given = values.dim();
    require(given == shape, || {
        format!("{what}: the shape is {given:?}, not {shape:?}")
    })?;
    let finite = values.iter().all(|value| value.is_finite());
    require(finite, || format!("{what}: not all values are finite"))
}

fn sound_labels(what: &str, labels: &Labels, n_samples: usize, n_clusters: usize) -> Result<(), String> {
    let given = labels.len();
    require(given == n_samples, || {
        format!("{what}: {given} labels for {n_samples} rows")
    })?;
    let greatest = labels.as_slice().iter().copied().max().unwrap_or(Labels::NOISE);
    let below = usize::try_from(greatest).map_or(true, |greatest| greatest < n_clusters);
    require(below, || {
        format!("{what}: the label {greatest} is not below n_clusters, {n_clusters}")
    })
}
