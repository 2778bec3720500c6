//! Where the layout starts.

use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError, Samples};
use rand::RngExt;

use super::config::{Init, TsneConfig};
use crate::pca;

/// Standard deviation of the start (scikit-learn's value).
const SPREAD: f64 = 1e-4;

/// Positions, `(n, n_components)` values, and what the user should know about them.
pub(super) fn start(
    config: &TsneConfig,
    z: Samples<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<(Vec<f32>, Option<String>), FitError> {
    let mut rng = ctx.rng("tsne start", 0);
    let (n, width) = (z.n_samples(), config.n_components);
    let random = |rng: &mut ChaCha8Rng| (0..n * width).map(|_| normal(rng)).collect();
    match config.init {
        Init::Random => Ok((random(&mut rng), None)),
        Init::Pca => {
            let found = width.min(z.n_features()).min(n);
            let projected = pca::project(z, found, ctx)?;
            let first = projected.iter().step_by(found).map(|&v| f64::from(v));
            // The mean is zero but for rounding.
            let deviation = (first.map(|v| v * v).sum::<f64>() / n as f64).sqrt();
            if deviation == 0.0 {
                let note = "random start: all rows are equal".to_owned();
                return Ok((random(&mut rng), Some(note)));
            }
            let mut positions = Vec::with_capacity(n * width);
            for row in projected.rows() {
                positions.extend(row.iter().map(|&v| (f64::from(v) / deviation * SPREAD) as f32));
                positions.extend((found..width).map(|_| normal(&mut rng)));
            }
            let note = (found < width).then(|| {
                format!(
                    "the start is random in {} of {width} components: the rows have no more directions",
                    width - found
                )
            });
            Ok((positions, note))
        }
    }
}

/// By the method of Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let uniform = 1.0 - rng.random_range(0.0..1.0_f64);
    let angle = rng.random_range(0.0..std::f64::consts::TAU);
    ((-2.0 * uniform.ln()).sqrt() * angle.cos() * SPREAD) as f32
}
