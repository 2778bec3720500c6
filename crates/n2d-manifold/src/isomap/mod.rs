//! Isometric mapping (Tenenbaum, de Silva and Langford 2000, Science 290), with landmarks for many rows.
//!
//! The way through the code is that of the data: nearest neighbours (`n2d-neighbors`), the shortest ways along them
//! (`geodesics`), places with such distances (`scaling`), new points (`fitted`).

mod config;
mod fitted;
mod geodesics;
mod scaling;

use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use n2d_neighbors::Neighbors;
use ndarray::Array2;
use rand::seq::index::sample;
use rayon::prelude::*;

use crate::error::ManifoldError;
use crate::numbers::{fewer_directions, fewer_neighbors};
use crate::pieces;
use crate::training::{Finding, TrainingRows};
pub use config::{IsomapConfig, Landmarks};
pub use fitted::FittedIsomap;
use fitted::Scaling;
use geodesics::Links;
use scaling::Directions;

/// Isomap: places whose distances are those along the manifold, the shortest ways from neighbour to neighbour.
///
/// Built from an [`IsomapConfig`]. Deterministic for a seed, which draws the landmarks and the solver's first vector, whatever the
/// number of threads. Costs: see [`Landmarks`]. The objective reported is scikit-learn's reconstruction error, of the landmarks where
/// there are some.
///
/// A neighbour graph in pieces is joined by the nearest rows of each two, and the report says so. Components that have no direction
/// left, for want of rows or because all lie on a line, say, are zero, which it says too; one row lies at the origin. More than
/// [`Isomap::MAX_EXACT`] rows without landmarks are [`ManifoldError::TooManyRows`].
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
/// use n2d_manifold::IsomapConfig;
///
/// // Half a circle is unrolled: neighbours are as far apart everywhere.
/// let values: Vec<f32> = (0..60).flat_map(|i| { let a = i as f32 * 0.05; [a.cos(), a.sin()] }).collect();
/// let fit = IsomapConfig::new(1).build()?.fit(Samples::from_rows(&values, 2)?, &mut FitContext::new(0))?;
/// let y = fit.model.embedding();
/// assert!((0..59).all(|i| ((y[[i + 1, 0]] - y[[i, 0]]).abs() - 0.05).abs() < 1e-3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Isomap {
    config: IsomapConfig,
}

impl Isomap {
    /// The distances of all pairs are kept for up to so many rows, in 4 bytes each: 3.6 GB.
    pub const MAX_EXACT: usize = 30_000;
    /// Up to so many rows [`Landmarks::Auto`] uses all pairs.
    pub const AUTO_MAX_EXACT: usize = 10_000;
    /// Landmarks of [`Landmarks::Auto`] for more rows; fewer above 900 000, where their distances would take more room than those of
    /// [`MAX_EXACT`](Self::MAX_EXACT) rows.
    pub const AUTO_LANDMARKS: usize = 1000;

    /// The options it was built from.
    pub fn config(&self) -> &IsomapConfig {
        &self.config
    }

    /// Fits with the nearest others of each row as they were found elsewhere: at least as many of each as are asked for, of
    /// which the nearest are taken, or all there are. New rows are compared by `metric` all the same.
    ///
    /// # Errors
    /// As `fit`, and [`FitError::Part`] for neighbours of other rows, or too few.
    pub fn fit_neighbors(
        &self,
        z: Samples<'_>,
        neighbors: &Neighbors,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedIsomap>, FitError> {
        ctx.run_stage(Stage::Manifold, IsomapConfig::NAME, |ctx| {
            self.fit_checked(z, Some(neighbors), ctx)
        })
    }

    fn finding<'a>(&self, given: Option<&'a Neighbors>) -> Finding<'a> {
        Finding {
            part: IsomapConfig::NAME,
            search: self.config.search,
            given,
        }
    }

    fn fit_checked(
        &self,
        z: Samples<'_>,
        given: Option<&Neighbors>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedIsomap>, FitError> {
        let n = z.n_samples();
        let (landmarks, landmark_note) = self.landmarks(n, ctx)?;
        let training = TrainingRows::new(z, self.config.metric);
        let n_neighbors = self.config.n_neighbors.min(n - 1);
        let mut report = Report::new(IsomapConfig::NAME, Termination::ClosedForm);
        let (links, n_pieces) = if n == 1 {
            report.notes.push("a single point: placed at the origin".into());
            (Links::single(), 1)
        } else {
            report
                .notes
                .extend(fewer_neighbors(self.config.n_neighbors, n_neighbors));
            let (neighbors, note) = training.graph(n_neighbors, self.finding(given), ctx)?;
            report.notes.extend(note);
            Links::of(z, training.metric(), &neighbors, ctx)?
        };
        let mut distances = vec![0.0; landmarks.len() * n];
        links.all_from(&landmarks, &mut distances, ctx)?;
        let found = if landmarks.len() == n {
            scaling::directions(&distances, n, self.config.n_components, ctx)?
        } else {
            let between: Vec<f32> = between(&distances, &landmarks, n);
            scaling::directions(&between, landmarks.len(), self.config.n_components, ctx)?
        };
        let why = "in the others rows differ by less than distances are rounded, if at all";
        let fewer = (n > 1).then(|| fewer_directions(self.config.n_components, found.values.len(), why));
        let notes = [
            landmark_note,
            pieces::note(n_pieces),
            found.note.clone(),
            fewer.flatten(),
        ];
        report.notes.extend(notes.into_iter().flatten());
        let report = report.with_objective(
            "reconstruction error",
            reconstruction_error(&found, landmarks.len()),
        );
        let scaling = Scaling {
            directions: found.scaled(),
            landmarks,
            means: found.means,
            eigenvalues: found.values,
        };
        let embedding = self.embedding(&scaling, &distances, n);
        ctx.check_cancelled()?;
        let model = FittedIsomap {
            training,
            n_neighbors,
            links,
            scaling,
            embedding,
        };
        Ok(Fit { model, report })
    }

    /// The rows from which distances are measured, ascending, and what to say of them.
    fn landmarks(&self, n: usize, ctx: &FitContext<'_>) -> Result<(Vec<u32>, Option<String>), FitError> {
        let (count, note) = match self.config.landmarks {
            Landmarks::Auto if n > Self::AUTO_MAX_EXACT => {
                let count = Self::AUTO_LANDMARKS
                    .min(Self::MAX_EXACT * Self::MAX_EXACT / n)
                    .max(self.config.n_components + 1)
                    .min(n);
                let note = format!(
                    "distances were measured from {count} landmarks, as there are more than {} rows",
                    Self::AUTO_MAX_EXACT
                );
                (count, Some(note))
            }
            Landmarks::Auto | Landmarks::None => (n, None),
            Landmarks::Count(count) => (count.min(n), None),
        };
        // As much room as the most rows without landmarks take.
        if count * n > Self::MAX_EXACT * Self::MAX_EXACT {
            let error = ManifoldError::TooManyRows {
                what: "the distances from all landmarks",
                n_samples: n,
                limit: Self::MAX_EXACT * Self::MAX_EXACT / count,
                advice: match self.config.landmarks {
                    Landmarks::Auto => "fit some of them, and transform the rest",
                    Landmarks::None | Landmarks::Count(_) => "set landmarks to auto or a lower number",
                },
            };
            return Err(error.of(IsomapConfig::NAME));
        }
        if count == n {
            return Ok(((0..n as u32).collect(), note));
        }
        let drawn = sample(&mut ctx.rng("isomap landmarks", 0), n, count);
        let mut rows: Vec<u32> = drawn.into_iter().map(|row| row as u32).collect();
        rows.sort_unstable();
        Ok((rows, note))
    }

    /// All rows placed by their distances from the landmarks.
    fn embedding(&self, scaling: &Scaling, distances: &[f32], n: usize) -> Array2<f32> {
        let width = self.config.n_components;
        let mut placed = vec![0.0; n * width];
        // Rows of a task lie side by side in the distances from each landmark.
        placed
            .par_chunks_mut(ROWS * width)
            .enumerate()
            .for_each(|(task, placed)| {
                let n_landmarks = scaling.landmarks.len();
                let rows = placed.len() / width;
                let mut apart = vec![0.0; rows * n_landmarks];
                for (landmark, mean) in scaling.means.iter().enumerate() {
                    let values = &distances[landmark * n + task * ROWS..][..rows];
                    for (row, &v) in values.iter().enumerate() {
                        apart[row * n_landmarks + landmark] = f64::from(v).powi(2) - mean;
                    }
                }
                for (apart, out) in apart
                    .chunks_exact(n_landmarks)
                    .zip(placed.chunks_exact_mut(width))
                {
                    scaling.place(apart, out);
                }
            });
        Array2::from_shape_vec((n, width), placed).expect("n_components values a row")
    }
}

/// Rows a task.
const ROWS: usize = 16;

/// The distances of landmarks from one another.
fn between(distances: &[f32], landmarks: &[u32], n: usize) -> Vec<f32> {
    let of_row = |row: &[f32]| landmarks.iter().map(|&to| row[to as usize]).collect::<Vec<f32>>();
    distances.par_chunks(n).flat_map_iter(of_row).collect()
}

/// The length of what of the centred matrix the directions leave over, for each row.
fn reconstruction_error(found: &Directions, n: usize) -> f64 {
    let explained: f64 = found.values.iter().map(|v| v * v).sum();
    (found.squares - explained).max(0.0).sqrt() / n as f64
}

impl Directions {
    /// What squared distances less their means are multiplied by.
    fn scaled(&self) -> Vec<Vec<f64>> {
        let scaled = |(vector, value): (&Vec<f64>, &f64)| {
            let factor = -0.5 / value.sqrt();
            vector.iter().map(|v| v * factor).collect()
        };
        self.vectors.iter().zip(&self.values).map(scaled).collect()
    }
}

impl Manifold for Isomap {
    type Fitted = FittedIsomap;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedIsomap>, FitError> {
        ctx.run_stage(Stage::Manifold, IsomapConfig::NAME, |ctx| {
            self.fit_checked(z, None, ctx)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landmarks_have_room_for_any_number_of_rows() {
        let isomap = IsomapConfig::default().build().expect("defaults are allowed");
        for (n, expected) in [
            (500, 500),
            (20_000, 1000),
            (900_000, 1000),
            (1_000_000, 900),
            (3_000_000, 300),
        ] {
            let (landmarks, _) = isomap.landmarks(n, &FitContext::new(0)).expect("there is room");
            assert_eq!(landmarks.len(), expected, "{n} rows");
        }
    }
}
