//! Expectation and maximisation in turn: the same loop for mixtures of known parameters and for variational ones.

use n2d_core::{Control, FitError, Samples, Termination};
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::covariances::CovarianceType;
use super::density::{Density, Expectation, weigh, weights_of_block};
use super::moments::{Moments, Shared, moments};
use super::rows::Rows;
use crate::chunks::ROWS;
use crate::lanes::{LANES, Lane};

/// What the loop makes better: components, or what is believed of them.
pub(crate) trait Model: Sized {
    /// The components as the rows see them.
    fn density(&self) -> &Density;

    /// The best model for the moments of the shares; the error is a component whose covariance is not positive definite.
    fn update(&self, moments: Moments) -> Result<Self, usize>;

    /// What is maximised, after an update; `expectation` is from before it, `total` the sum of the rows' weights.
    fn objective(&self, expectation: Expectation, total: f64) -> f64;
}

/// What one fit from one beginning comes to.
pub(crate) struct Run<M> {
    pub(crate) model: M,
    /// The objective of each iteration.
    pub(crate) history: Vec<f64>,
    pub(crate) termination: Termination,
}

impl<M> Run<M> {
    /// The last value of what is maximised.
    pub(crate) fn reached(&self) -> f64 {
        self.history.last().copied().unwrap_or(f64::NEG_INFINITY)
    }
}

/// Why a fit gave nothing.
pub(crate) enum Failure {
    /// This component's covariance is not positive definite; another beginning may fare better.
    Collapsed(usize),
    /// Nothing will help.
    Fatal(FitError),
}

impl From<FitError> for Failure {
    fn from(error: FitError) -> Self {
        Self::Fatal(error)
    }
}

/// What the loop is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    pub(crate) part: &'static str,
    /// The name of what is maximised.
    pub(crate) objective: &'static str,
    pub(crate) kind: CovarianceType,
    pub(crate) n_clusters: usize,
    pub(crate) max_iter: usize,
    pub(crate) tol: f64,
    pub(crate) reg_covar: f64,
}

/// The rows and the shares of the components in them, times the rows' weights.
pub(crate) struct Em<'d> {
    rows: &'d Rows<'d>,
    y: Samples<'d>,
    total: f64,
    task: Task,
    shares: Vec<Lane>,
}

impl<'d> Em<'d> {
    pub(crate) fn new(rows: &'d Rows<'d>, task: Task) -> Self {
        let mut em = Self {
            rows,
            y: rows.samples(),
            total: rows.total(),
            task,
            shares: Vec::new(),
        };
        em.turn_to(task);
        em
    }

    /// Goes over to another task on the same rows.
    pub(crate) fn turn_to(&mut self, task: Task) {
        self.task = task;
        let n_blocks = self.y.n_samples().div_ceil(LANES);
        self.shares.clear();
        self.shares.resize(n_blocks * task.n_clusters, [0.0; LANES]);
    }

    pub(crate) fn data(&self) -> Samples<'d> {
        self.y
    }

    /// Every row belongs wholly to one component.
    pub(crate) fn share_by_labels(&mut self, labels: &[i32]) {
        self.shares.fill([0.0; LANES]);
        for (row, &label) in labels.iter().enumerate() {
            let block = row / LANES * self.task.n_clusters;
            self.shares[block + label as usize][row % LANES] = self.rows.weight(row);
        }
    }

    /// Every row's shares are those that are written into a slice, one for each component.
    pub(crate) fn share_by(&mut self, write: impl Fn(usize, &mut [f64]) + Sync) {
        let (n_clusters, n_rows, rows) = (self.task.n_clusters, self.y.n_samples(), self.rows);
        let blocks = self.shares.par_chunks_mut(n_clusters).enumerate();
        blocks.for_each(|(block, shares)| {
            let mut row_shares = vec![0.0; n_clusters];
            let first = block * LANES;
            for row in first..(first + LANES).min(n_rows) {
                write(row, &mut row_shares);
                for (lanes, share) in shares.iter_mut().zip(&row_shares) {
                    lanes[row - first] = *share;
                }
            }
            weigh(shares, &weights_of_block(rows.weights(), first, n_rows));
        });
    }

    /// Every row's shares are given, `(n_samples, n_clusters)`.
    pub(crate) fn share_as_given(&mut self, given: ArrayView2<'_, f64>) {
        self.share_by(|row, shares| {
            for (share, &given) in shares.iter_mut().zip(given.row(row)) {
                *share = given;
            }
        });
    }

    /// The moments of the shares; `reference` is near the means.
    pub(crate) fn moments(&self, reference: &[f64]) -> Moments {
        let data = Shared {
            rows: self.y.as_slice(),
            n_features: self.y.n_features(),
            shares: &self.shares,
            n_clusters: self.task.n_clusters,
        };
        moments(data, reference, self.task.kind, self.task.reg_covar)
    }

    /// The moments of shares that say nothing about where the means are.
    pub(crate) fn moments_about_the_mean(&self) -> Moments {
        let mean = self.rows.mean();
        let reference: Vec<f64> = mean.repeat(self.task.n_clusters);
        self.moments(&reference)
    }

    /// Iterates until the objective settles; `each` is told the number of each iteration and the objective.
    pub(crate) fn climb<M: Model>(
        &mut self,
        mut model: M,
        each: &mut dyn FnMut(usize, f64) -> Result<Control, FitError>,
    ) -> Result<Run<M>, Failure> {
        let mut history = Vec::new();
        let mut last = f64::NEG_INFINITY;
        let mut termination = Termination::MaxIter;
        for iteration in 1..=self.task.max_iter {
            let (updated, objective) = self.iterate(&model, iteration)?;
            model = updated;
            history.push(objective);
            let control = each(iteration, objective)?;
            if (objective - last).abs() < self.task.tol {
                termination = Termination::Converged;
                break;
            }
            if control == Control::Stop {
                termination = Termination::Stopped;
                break;
            }
            last = objective;
        }
        Ok(Run {
            model,
            history,
            termination,
        })
    }

    fn iterate<M: Model>(&mut self, model: &M, iteration: usize) -> Result<(M, f64), Failure> {
        let expectation = self.expect(model.density());
        self.finite(expectation.log_density, iteration)?;
        let updated = model
            .update(self.moments(model.density().means()))
            .map_err(Failure::Collapsed)?;
        let objective = updated.objective(expectation, self.total);
        self.finite(objective, iteration)?;
        Ok((updated, objective))
    }

    /// Finds the shares.
    fn expect(&mut self, density: &Density) -> Expectation {
        let (rows, n_features) = (self.rows, density.n_features());
        let sums: Vec<Expectation> = self
            .shares
            .par_chunks_mut(ROWS / LANES * density.n_clusters())
            .zip(self.y.as_slice().par_chunks(ROWS * n_features))
            .enumerate()
            .map(|(at, (shares, values))| {
                let weights = rows.weights().map(|weights| &weights[at * ROWS..]);
                density.expect(values, weights, shares)
            })
            .collect();
        sums.into_iter().sum()
    }

    fn finite(&self, value: f64, iteration: usize) -> Result<(), FitError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(FitError::Diverged {
            part: self.task.part.to_owned(),
            objective: self.task.objective,
            value,
            unit: "iteration",
            step: iteration as u64,
            advice: "raise reg_covar or scale the data".into(),
        })
    }
}
