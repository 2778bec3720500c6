//! Encoders.

use std::time::Instant;

use n2d::datasets::Dataset;
use n2d::encoder::Engine;
use n2d::prelude::*;

use super::{Answer, Job};

/// The paper's network by one of the engines.
pub(super) fn answer(job: &Job, data: &Dataset, engine: Engine) -> Answer {
    let x = data.samples()?;
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let part = DenseAutoencoderConfig { engine, ..config }.build()?;
    let start = Instant::now();
    let fit = part.fit(x, &mut FitContext::new(0))?;
    let seconds = start.elapsed().as_secs_f64();
    let rate = (x.n_samples() * fit.report.n_iter) as f64 / seconds;
    let loss = fit.report.objective.map_or(f64::NAN, |objective| objective.1);
    Ok((seconds, format!("{rate:.0} samples/s, loss {loss:.4}")))
}
