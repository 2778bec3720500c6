//! Where new rows fall in the tree that the training rows made.

use n2d_core::check::same_features;
use n2d_core::{ApplyError, ApproximatePredict, Capability, FittedClusterer, Labels, Samples};
use rayon::prelude::*;

use super::fitted::FittedHdbscan;
use super::flat::{outlier_score, strength};

/// Rows a task.
const TASK: usize = 64;

/// Where a new row joins the training rows.
#[derive(Clone, Copy)]
pub(super) struct Joint {
    /// The training row it reaches first.
    pub(super) row: usize,
    /// The density at which it does.
    pub(super) lambda: f64,
    /// Whether it equals a training row.
    twin: bool,
}

impl FittedHdbscan {
    /// GLOSH outlier scores of new rows, in `[0, 1]`, as if they were added to the tree one at a time.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width, [`ApplyError::MissingCapability`] where the fit was on given
    /// distances.
    pub fn approximate_predict_scores(&self, y: Samples<'_>) -> Result<Vec<f32>, ApplyError> {
        let deaths = self.tree.deaths_below();
        let score = |joint: &Joint| {
            let (cluster, lambda) = self.home[joint.row];
            let lambda = if joint.twin { lambda } else { joint.lambda };
            outlier_score(lambda, deaths[cluster]) as f32
        };
        Ok(self.joints(y)?.iter().map(score).collect())
    }

    /// The training row that each new row reaches first by mutual reachability.
    ///
    /// # Errors
    /// As [`approximate_predict_scores`](Self::approximate_predict_scores).
    pub fn connecting_points(&self, y: Samples<'_>) -> Result<Vec<usize>, ApplyError> {
        Ok(self.joints(y)?.iter().map(|joint| joint.row).collect())
    }

    /// The training rows, or why new rows can't be compared with any.
    pub(super) fn rows(&self) -> Result<&[f32], ApplyError> {
        self.space
            .rows
            .as_deref()
            .ok_or_else(|| ApplyError::MissingCapability {
                part: self.name().to_owned(),
                capability: Capability::ApproximatePredict,
            })
    }

    pub(super) fn joints(&self, y: Samples<'_>) -> Result<Vec<Joint>, ApplyError> {
        let rows = self.rows()?;
        same_features(self.name(), self.n_features(), y)?;
        let k = self.space.min_samples.saturating_mul(2).min(self.space.n_samples);
        if let Some((_, index)) = &self.space.index {
            let near = index.query(y, k)?;
            return Ok((0..y.n_samples())
                .into_par_iter()
                .with_min_len(TASK)
                .map(|at| self.joint(rows, y, at, near.indices(at).iter().map(|&row| row as usize)))
                .collect());
        }
        Ok((0..y.n_samples())
            .into_par_iter()
            .map(|at| {
                let new = &y.as_slice()[at * y.n_features()..][..y.n_features()];
                self.joint(rows, y, at, self.nearest(rows, new, k).into_iter())
            })
            .collect())
    }

    /// The nearest training rows by any metric.
    fn nearest(&self, rows: &[f32], new: &[f32], k: usize) -> Vec<usize> {
        let mut all: Vec<(f64, usize)> = rows
            .chunks_exact(new.len())
            .enumerate()
            .map(|(row, other)| (self.space.metric.distance(new, other), row))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        all.select_nth_unstable_by(k - 1, order);
        all.truncate(k);
        all.sort_unstable_by(order);
        all.into_iter().map(|(_, row)| row).collect()
    }

    /// The core distance of a new row is that to its training row number `min_samples + 1`; those of training rows count
    /// themselves here. That is how hdbscan predicts, other than it fits.
    fn joint(&self, rows: &[f32], y: Samples<'_>, at: usize, near: impl Iterator<Item = usize>) -> Joint {
        let d = y.n_features();
        let new = &y.as_slice()[at * d..][..d];
        let metric = self.space.metric;
        let near: Vec<(usize, f64)> = near
            .map(|row| (row, metric.distance(new, &rows[row * d..][..d])))
            .collect();
        let own = near[self.space.min_samples.min(near.len() - 1)].1;
        let reach = |&(row, distance): &(usize, f64)| (row, distance.max(own).max(self.space.core[row][0]));
        let (row, distance) = near
            .iter()
            .map(reach)
            .reduce(|a, b| if b.1 < a.1 { b } else { a })
            .expect("there is a training row");
        Joint {
            row,
            lambda: if distance > 0.0 {
                1.0 / distance
            } else {
                f64::INFINITY
            },
            twin: near.iter().any(|&(_, distance)| distance == 0.0),
        }
    }

    /// The cluster of the condensed tree that a new row leaves: where the row it joins leaves, or above it where it joins
    /// too late for that.
    fn cluster_of(&self, joint: &Joint) -> usize {
        let (mut cluster, lambda) = self.home[joint.row];
        if lambda <= joint.lambda {
            return cluster;
        }
        while let Some(parent) = self.tree.clusters[cluster].parent
            && self.tree.clusters[cluster].birth >= joint.lambda
        {
            cluster = parent;
        }
        cluster
    }

    fn label_of(&self, joint: &Joint) -> (i32, f32) {
        let cluster = self.cluster_of(joint);
        let bar = self.flat.root_bar;
        match self.flat.owner[cluster].filter(|_| bar.is_none_or(|bar| joint.lambda >= bar)) {
            Some(label) => {
                let death = self.tree.clusters[self.flat.selection.clusters[label]].death;
                (label as i32, strength(joint.lambda, death) as f32)
            }
            None if self.cut.assign_noise => (self.labels().as_slice()[joint.row], 0.0),
            None => (Labels::NOISE, 0.0),
        }
    }
}

impl ApproximatePredict for FittedHdbscan {
    fn approximate_predict(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        let joints = self.joints(y)?;
        let (labels, strengths): (Vec<i32>, Vec<f32>) =
            joints.iter().map(|joint| self.label_of(joint)).unzip();
        let labels = Labels::new(labels).expect("labels are counted from zero");
        Ok((labels, strengths))
    }
}
