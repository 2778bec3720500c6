use n2d_core::{CancelToken, Samples};

use crate::angles::Angles;
use crate::ball_tree::BallTree;
use crate::descent::NnDescent;
use crate::kd_tree::boxes::BoxTree;
use crate::measured::Measured;
use crate::nearest::Slots;
use crate::{BruteForce, KdTree, Measure, Metric, NeighborSearch};

/// Rows whose neighbours are sought together.
pub(crate) struct Task<'a> {
    /// The rows, one after the other.
    pub(crate) queries: &'a [f32],
    /// The number of the first row, where they are points of the index themselves, each of which is not its own neighbour.
    pub(crate) own: Option<usize>,
    pub(crate) k: usize,
    /// Once it is set, results matter no more.
    pub(crate) cancel: &'a CancelToken,
}

impl Task<'_> {
    /// The point that a row is, if it is one.
    pub(crate) fn own(&self, row: usize) -> Option<u32> {
        self.own.map(|first| (first + row) as u32)
    }
}

/// The ways to search; all are exact but the last.
#[derive(Debug, Clone)]
pub(crate) enum Engine {
    /// Euclidean. Distances are squares.
    KdTree(KdTree),
    /// Euclidean. Distances are squares.
    Products(BruteForce),
    /// Cosine and correlation.
    Angles(Angles),
    /// Manhattan, Chebyshev, Minkowski.
    Boxes(BoxTree),
    Balls(BallTree),
    Measured(Measured),
    /// Euclidean distances are squares.
    Descent(NnDescent),
}

impl Engine {
    /// For an exact way that is possible and resolved. Euclidean trees and products are made of the points on their scale.
    pub(crate) fn new(points: Samples<'_>, measure: &Measure, search: NeighborSearch) -> Self {
        let tree = search == NeighborSearch::KdTree;
        match (search, measure.named()) {
            (NeighborSearch::BallTree, _) => Self::Balls(BallTree::new(points, measure.clone())),
            (_, Some(Metric::Euclidean)) if tree => Self::KdTree(KdTree::new(points)),
            (_, Some(Metric::Euclidean)) => Self::Products(BruteForce::new(points)),
            (_, Some(metric @ (Metric::Cosine | Metric::Correlation))) => {
                Self::Angles(Angles::new(points, metric, tree))
            }
            (_, Some(metric)) if tree => Self::Boxes(BoxTree::new(points, metric)),
            _ => Self::Measured(Measured::new(points, measure.clone())),
        }
    }

    pub(crate) fn n_samples(&self) -> usize {
        match self {
            Self::KdTree(tree) => tree.n_samples(),
            Self::Products(all) => all.n_samples(),
            Self::Angles(angles) => angles.points().n_samples(),
            Self::Boxes(tree) => tree.tree.n_samples(),
            Self::Balls(tree) => tree.points.n_samples(),
            Self::Measured(all) => all.n_samples(),
            Self::Descent(descent) => descent.n_samples(),
        }
    }

    pub(crate) fn n_features(&self) -> usize {
        match self {
            Self::KdTree(tree) => tree.n_features(),
            Self::Products(all) => all.n_features(),
            Self::Angles(angles) => angles.points().n_features,
            Self::Boxes(tree) => tree.tree.n_features(),
            Self::Balls(tree) => tree.points.n_features,
            Self::Measured(all) => all.n_features,
            Self::Descent(descent) => descent.n_features(),
        }
    }

    /// The points as they were given.
    pub(crate) fn points(&self) -> Vec<f32> {
        match self {
            Self::KdTree(tree) => tree.points(),
            Self::Products(all) => all.points().to_vec(),
            Self::Angles(angles) => angles.points().points.clone(),
            Self::Boxes(tree) => tree.tree.points(),
            Self::Balls(tree) => tree.points.points.clone(),
            Self::Measured(all) => all.points.clone(),
            Self::Descent(descent) => descent.points().to_vec(),
        }
    }

    /// Fills the slots.
    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        match self {
            Self::KdTree(tree) => tree.search(task, slots),
            Self::Products(all) => all.search(task, slots),
            Self::Angles(angles) => angles.search(task, slots),
            Self::Boxes(tree) => tree.search(task, slots),
            Self::Balls(tree) => tree.search(task, slots),
            Self::Measured(all) => all.search(task, slots),
            Self::Descent(descent) => descent.search(task, slots),
        }
    }
}
