use n2d_core::Report;
use serde::{Deserialize, Serialize};

use crate::{DataConfig, PipelineConfig};

/// Where a [`Model`](crate::Model) came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelInfo {
    /// The version of n2d that wrote it.
    pub n2d: String,
    /// The name of the data it was fitted to.
    pub dataset: String,
    /// The names of the data's columns; empty where they have none.
    pub feature_names: Vec<String>,
    /// The shape of one row, such as `[28, 28]`; empty where it is not known.
    pub row_shape: Vec<usize>,
    /// How the data's values are scaled, in words; empty where nothing is known.
    pub scaling: String,
    /// The seed of the fit.
    pub seed: u64,
    /// The data as it was asked for: input, classes, columns left out, scaling.
    pub data: DataConfig,
    /// The configuration it was built from, where it was built from one. [`Registry::resolved`](crate::Registry::resolved) makes it
    /// whole.
    pub config: Option<PipelineConfig>,
    /// How the fit of each part went, in the order of the stages.
    pub reports: Vec<StageReport>,
}

/// A part's [`Report`] as a model keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The part's name.
    pub part: String,
    /// Why it ended, in words.
    pub ended: String,
    /// Rounds made.
    pub n_iter: usize,
    /// What was optimised, and its final value, if finite.
    pub objective: Option<(String, f64)>,
    /// That value after each round; where it was not finite, nothing.
    pub history: Vec<Option<f64>>,
    /// The same of the rows held out; empty where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation_history: Vec<Option<f64>>,
    /// Wall-clock seconds. All else in a model follows from data, configuration and seed.
    pub seconds: f64,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl From<&Report> for StageReport {
    fn from(report: &Report) -> Self {
        let objective = report.objective.filter(|(_, value)| value.is_finite());
        Self {
            part: report.part.clone(),
            ended: report.termination.to_string(),
            n_iter: report.n_iter,
            objective: objective.map(|(name, value)| (name.to_owned(), value)),
            history: finite(&report.history),
            validation_history: finite(&report.validation_history),
            seconds: report.seconds,
            notes: report.notes.clone(),
        }
    }
}

fn finite(values: &[f64]) -> Vec<Option<f64>> {
    values
        .iter()
        .map(|&value| Some(value).filter(|v| v.is_finite()))
        .collect()
}

impl ModelInfo {
    /// Of a model that was fitted to a data set by this version of n2d.
    pub fn new(dataset: impl Into<String>, seed: u64) -> Self {
        Self {
            n2d: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: dataset.into(),
            seed,
            ..Self::default()
        }
    }

    /// With the configuration that the pipeline was built from.
    pub fn with_config(self, config: PipelineConfig) -> Self {
        Self {
            config: Some(config),
            ..self
        }
    }

    /// With how the fit went: the reports of a composed report's parts, or the report itself.
    pub fn with_report(self, report: &Report) -> Self {
        fn leaves(report: &Report, into: &mut Vec<StageReport>) {
            if report.parts.is_empty() {
                into.push(report.into());
            }
            report.parts.iter().for_each(|part| leaves(part, into));
        }
        let mut reports = Vec::new();
        leaves(report, &mut reports);
        Self { reports, ..self }
    }
}
