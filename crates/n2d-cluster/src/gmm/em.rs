//! Expectation and maximisation in turn.

use n2d_core::{Control, FitError, PartConfig, Samples, Termination};
use rayon::prelude::*;

use super::config::GaussianMixtureConfig;
use super::density::Density;
use super::moments::{self, Shared};
use super::parameters::Components;
use crate::chunks::ROWS;
use crate::lanes::{LANES, Lane};

/// What one fit from one beginning comes to.
pub(crate) struct Run {
    pub(crate) components: Components,
    pub(crate) density: Density,
    /// The mean log-likelihood of a row before each maximisation.
    pub(crate) history: Vec<f64>,
    pub(crate) termination: Termination,
}

impl Run {
    /// The last value of what is maximised.
    pub(crate) fn log_likelihood(&self) -> f64 {
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

/// The rows and the shares of the components in them.
pub(crate) struct Em<'d, 'c> {
    y: Samples<'d>,
    config: &'c GaussianMixtureConfig,
    shares: Vec<Lane>,
}

impl<'d, 'c> Em<'d, 'c> {
    pub(crate) fn new(y: Samples<'d>, config: &'c GaussianMixtureConfig) -> Self {
        let n_blocks = y.n_samples().div_ceil(LANES);
        Self {
            y,
            config,
            shares: vec![[0.0; LANES]; n_blocks * config.n_clusters],
        }
    }

    pub(crate) fn data(&self) -> Samples<'d> {
        self.y
    }

    /// Components made of rows that wholly belong to one each; `centers` are near their means.
    pub(crate) fn components_of(&mut self, labels: &[i32], centers: &[f64]) -> Components {
        self.shares.fill([0.0; LANES]);
        for (row, &label) in labels.iter().enumerate() {
            let block = row / LANES * self.config.n_clusters;
            self.shares[block + label as usize][row % LANES] = 1.0;
        }
        self.maximize(centers)
    }

    /// Iterates until the likelihood settles; `each` is told the number of each iteration and the likelihood.
    pub(crate) fn climb(
        &mut self,
        mut components: Components,
        each: &mut dyn FnMut(usize, f64) -> Result<Control, FitError>,
    ) -> Result<Run, Failure> {
        let mut density = Density::new(&components).map_err(Failure::Collapsed)?;
        let mut history = Vec::new();
        let mut last = f64::NEG_INFINITY;
        let mut termination = Termination::MaxIter;
        for iteration in 1..=self.config.max_iter {
            let mean_log = self.expect(&density);
            finite(mean_log, iteration)?;
            components = self.maximize(&components.means);
            density = Density::new(&components).map_err(Failure::Collapsed)?;
            history.push(mean_log);
            let control = each(iteration, mean_log)?;
            if (mean_log - last).abs() < self.config.tol {
                termination = Termination::Converged;
                break;
            }
            if control == Control::Stop {
                termination = Termination::Stopped;
                break;
            }
            last = mean_log;
        }
        Ok(Run {
            components,
            density,
            history,
            termination,
        })
    }

    /// Finds the shares and returns the mean log-density of a row.
    fn expect(&mut self, density: &Density) -> f64 {
        let blocks = ROWS / LANES;
        let sums: Vec<f64> = self
            .shares
            .par_chunks_mut(blocks * density.n_clusters())
            .zip(self.y.as_slice().par_chunks(ROWS * density.n_features()))
            .map(|(shares, rows)| density.expect(rows, shares))
            .collect();
        sums.iter().sum::<f64>() / self.y.n_samples() as f64
    }

    fn maximize(&self, reference: &[f64]) -> Components {
        let data = Shared {
            rows: self.y.as_slice(),
            n_features: self.y.n_features(),
            shares: &self.shares,
            n_clusters: self.config.n_clusters,
        };
        moments::components(data, reference, self.config.reg_covar)
    }
}

fn finite(mean_log: f64, iteration: usize) -> Result<(), FitError> {
    if mean_log.is_finite() {
        return Ok(());
    }
    Err(FitError::Diverged {
        part: GaussianMixtureConfig::NAME.to_owned(),
        objective: "log-likelihood",
        value: mean_log,
        unit: "iteration",
        step: iteration as u64,
        advice: "raise gmm.reg_covar or scale the data",
    })
}
