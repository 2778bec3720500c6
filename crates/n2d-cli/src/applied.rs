//! Rows that go through a model some at a time, and what is kept of them.

use n2d::check::made_by;
use n2d::datasets::NamedLabels;
use n2d::{Answers, ApplyError, FittedEncoder, Labels, Model, Parallelism, Samples};
use ndarray::{Array2, Axis};

use crate::errors::CliError;
use crate::interrupt::Interrupt;
use crate::model_source::{RangeCheck, Rows};
use crate::predict::can_label;
use crate::progress::Screen;
use crate::source::Source;
use crate::text::counted;

/// What a model says of rows. The rows themselves and their latents are not kept.
pub(crate) struct Applied {
    pub(crate) name: String,
    /// Where they lie, `(n_samples, n_components)`.
    pub(crate) embedding: Array2<f32>,
    pub(crate) labels: Labels,
    pub(crate) classes: Option<NamedLabels>,
    /// In the units of the data; none where it was not asked for, and with encoders that can't decode.
    pub(crate) reconstruction_mse: Option<f64>,
    /// What the user should know of the rows.
    pub(crate) note: Option<String>,
}

/// How rows go through a model.
pub(crate) struct Applying<'a> {
    pub(crate) model: &'a Model,
    pub(crate) screen: &'a Screen,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) parallelism: &'a Parallelism,
    /// Whether the rows are decoded again.
    pub(crate) reconstruct: bool,
}

impl Applying<'_> {
    /// Reads rows and has the model label them.
    ///
    /// # Errors
    /// Rows that can't be read or are not the model's, and an interruption.
    pub(crate) fn to(&self, source: &Source) -> Result<Applied, CliError> {
        can_label(self.model)?;
        let mut rows = Rows::open(source, self.model)?;
        self.interrupt.doing(format!("the labelling of {}", rows.name()));
        let waiting = self.screen.waiting(format!("labels for {}", rows.name()));
        let mut range = RangeCheck::default();
        let mut places = Array2::zeros((0, self.model.embedding().ncols()));
        let (mut labels, mut squares, mut n_values) = (Vec::new(), Some(0.0), 0);
        while let Some(chunk) = rows.next()? {
            let failed = |error: &dyn std::error::Error| CliError::from_error(error);
            let x = Samples::new(chunk.view()).map_err(|error| failed(&error))?;
            range.see(x);
            let found = self.parallelism.install(|| self.answers(x));
            let (answers, squared) = found.map_err(|error| failed(&error))?;
            labels.extend_from_slice(answers.assigned.labels.as_slice());
            places
                .append(Axis(0), answers.embedding.view())
                .map_err(|error| failed(&error))?;
            squares = squares.zip(squared).map(|(sum, of_chunk)| sum + of_chunk);
            n_values += chunk.len();
            waiting.say(counted(labels.len(), "row"));
            if self.interrupt.token().is_cancelled() {
                return Err(self.interrupt.interrupted());
            }
        }
        Ok(Applied {
            name: rows.name(),
            embedding: places,
            labels: Labels::new(labels).map_err(|error| CliError::from_error(&error))?,
            classes: rows.classes()?,
            reconstruction_mse: squares.map(|sum| sum / n_values as f64),
            note: range.note(self.model),
        })
    }

    /// The answers, and the sum of squares of what the encoder loses.
    fn answers(&self, x: Samples<'_>) -> Result<(Answers, Option<f64>), ApplyError> {
        let answers = self.model.answers(x)?;
        let encoder = self.model.pipeline().encoder();
        if !self.reconstruct || encoder.as_decode().is_none() {
            return Ok((answers, None));
        }
        let again = self
            .model
            .decode(made_by(encoder.name(), answers.latents.view())?)?;
        let squared = |(a, b): (&f32, &f32)| f64::from(a - b).powi(2);
        let sum = again.iter().zip(x.as_slice()).map(squared).sum();
        Ok((answers, Some(sum)))
    }
}
