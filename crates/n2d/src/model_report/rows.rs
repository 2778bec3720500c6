//! What the model makes of rows: their labels and places where they are new, and what decoding brings back of each cluster.

use std::collections::BTreeMap;

use n2d_core::{FitContext, FittedEncoder, Labels, Samples};
use n2d_datasets::Dataset;
use ndarray::{Array2, ArrayView2, Axis};

use super::ReportError;
use crate::{Answers, Model};

/// Rows that go through the model at once; the answers do not depend on it.
const CHUNK_ROWS: usize = 4096;

/// What the model makes of rows.
pub(super) struct Seen {
    /// Of new rows.
    pub(super) answers: Option<Answers>,
    /// Of each group, by its label, where the encoder can decode.
    pub(super) decoded: BTreeMap<i32, Decoded>,
}

/// What the encoder keeps of a group's rows, decoded again.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoded {
    n_rows: usize,
    sum: Vec<f64>,
    squared_errors: f64,
}

impl Decoded {
    /// The mean of the rows.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.n_rows as f64).collect()
    }

    /// Root of the mean squared difference from the data, over all values.
    pub(super) fn error(&self) -> f64 {
        (self.squared_errors / (self.n_rows * self.sum.len()) as f64).sqrt()
    }

    fn add(&mut self, row: &[f32], again: &[f32]) {
        self.n_rows += 1;
        self.sum.resize(row.len(), 0.0);
        self.sum
            .iter_mut()
            .zip(again)
            .for_each(|(sum, &value)| *sum += f64::from(value));
        let errors = row
            .iter()
            .zip(again)
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
        self.squared_errors += errors.sum::<f64>();
    }
}

impl Seen {
    pub(super) fn of(
        model: &Model,
        data: &Dataset,
        are_new: bool,
        ctx: &FitContext<'_>,
    ) -> Result<Self, ReportError> {
        let answers = are_new.then(|| answers(model, data, ctx)).transpose()?;
        let labels = answers
            .as_ref()
            .map_or(model.labels(), |answers| &answers.assigned.labels);
        let decoded = match model.pipeline().encoder().as_decode() {
            // What decodes without a loss has nothing to show.
            Some(_) if model.pipeline().encoder().name() != "identity" => decoded(model, data, labels, ctx)?,
            _ => BTreeMap::new(),
        };
        Ok(Self { answers, decoded })
    }

    /// Where new rows lie, and their labels.
    pub(super) fn placed(&self) -> Option<(ArrayView2<'_, f32>, &Labels)> {
        let answers = self.answers.as_ref()?;
        Some((answers.embedding.view(), &answers.assigned.labels))
    }
}

fn answers(model: &Model, data: &Dataset, ctx: &FitContext<'_>) -> Result<Answers, ReportError> {
    let mut parts: Vec<Answers> = Vec::new();
    for rows in data.x.axis_chunks_iter(Axis(0), CHUNK_ROWS) {
        ctx.check_cancelled()?;
        let x = Samples::new(rows)?;
        parts.push(ctx.parallelism().install(|| model.answers(x))?);
    }
    let labels: Vec<i32> = parts
        .iter()
        .flat_map(|part| part.assigned.labels.as_slice())
        .copied()
        .collect();
    let strengths: Option<Vec<f32>> = parts
        .iter()
        .map(|part| part.assigned.strengths.clone())
        .collect::<Option<Vec<_>>>()
        .map(|all| all.concat());
    let joined = |of: fn(&Answers) -> &Array2<f32>| {
        let rows: Vec<f32> = parts.iter().flat_map(|part| of(part).iter().copied()).collect();
        let width = parts.first().map_or(0, |part| of(part).ncols());
        Array2::from_shape_vec((data.n_samples(), width), rows)
    };
    let shaped = |rows: Result<Array2<f32>, ndarray::ShapeError>| {
        // Each part has a row for every row it was given.
        rows.map_err(|_| ReportError::RowCount {
            expected: data.n_samples(),
            given: labels.len(),
        })
    };
    Ok(Answers {
        latents: shaped(joined(|part| &part.latents))?,
        embedding: shaped(joined(|part| &part.embedding))?,
        assigned: crate::Assigned {
            labels: Labels::new(labels.clone())?,
            strengths,
        },
    })
}

fn decoded(
    model: &Model,
    data: &Dataset,
    labels: &Labels,
    ctx: &FitContext<'_>,
) -> Result<BTreeMap<i32, Decoded>, ReportError> {
    let mut groups: BTreeMap<i32, Decoded> = BTreeMap::new();
    let labels = labels.as_slice().chunks(CHUNK_ROWS);
    for (rows, labels) in data.x.axis_chunks_iter(Axis(0), CHUNK_ROWS).zip(labels) {
        ctx.check_cancelled()?;
        let x = Samples::new(rows)?;
        let again = ctx.parallelism().install(|| model.reconstruct(x))?;
        let width = x.n_features();
        let rows = x.as_slice().chunks(width).zip(again.rows());
        for ((row, again), &label) in rows.zip(labels) {
            groups.entry(label).or_default().add(row, &again.to_vec());
        }
    }
    Ok(groups)
}
