//! Merges along the edges of a neighbour graph.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use n2d_core::{FitContext, FitError, Progress, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, SparseGraph};

use super::Linkage;
use super::table::Join;
use crate::pieces::nearest_pairs;

/// The pairs of rows that touch, each once, the lower row first; and into how many pieces the graph of nearest neighbours
/// falls, which are linked by their nearest rows.
pub(super) fn edges(
    y: Samples<'_>,
    metric: Metric,
    n_neighbors: usize,
    ctx: &mut FitContext<'_>,
) -> Result<(Vec<[u32; 2]>, usize), FitError> {
    let found = NeighborIndex::new(y, NeighborSearch::Auto).graph(y, n_neighbors, ctx)?;
    let row = |row: usize| found.indices(row).iter().map(|&other| (other, 1.0)).collect();
    let graph = SparseGraph::from_rows((0..y.n_samples()).map(row).collect()).symmetrised(f32::max);
    let pieces = graph.components();
    let above = |row: usize| {
        let others = graph.row(row).map(|(other, _)| other);
        others
            .filter(move |&other| other as usize > row)
            .map(move |other| [row as u32, other])
    };
    let mut edges: Vec<[u32; 2]> = (0..y.n_samples()).flat_map(above).collect();
    let n_pieces = pieces.iter().max().map_or(0, |&last| last as usize + 1);
    let links = nearest_pairs(y, metric, &pieces, ctx)?;
    edges.extend(
        links
            .iter()
            .map(|link| [link.rows[0].min(link.rows[1]), link.rows[0].max(link.rows[1])]),
    );
    Ok((edges, n_pieces))
}

/// Two clusters that touch and how far apart they are.
#[derive(Clone, Copy, PartialEq)]
struct Edge {
    distance: f64,
    clusters: [u32; 2],
}

impl Eq for Edge {}

impl PartialOrd for Edge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Edge {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_distance = self.distance.total_cmp(&other.distance);
        by_distance.then(self.clusters.cmp(&other.clusters))
    }
}

/// Merges to be made between two reports.
const MERGES_A_STEP: usize = 256;

/// Merges the nearest clusters that touch, until there is one.
pub(super) fn merge_all(
    y: Samples<'_>,
    edges: &[[u32; 2]],
    linkage: Linkage,
    metric: Metric,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Join>, FitError> {
    let n = y.n_samples();
    let mut clusters = Touching::new(y, edges, linkage, metric);
    let mut joins = Vec::with_capacity(n - 1);
    while let Some(Reverse(edge)) = clusters.nearest.pop() {
        let [a, b] = edge.clusters;
        if clusters.all[a as usize].is_none() || clusters.all[b as usize].is_none() {
            continue;
        }
        // The number of a row is that of a cluster that it is in, and a merge's first row stands for it.
        joins.push(Join {
            rows: edge.clusters.map(|cluster| clusters.rows[cluster as usize]),
            distance: edge.distance,
        });
        clusters.merge(a, b);
        if joins.len() % MERGES_A_STEP == 0 || joins.len() == n - 1 {
            ctx.step(Progress::new("merges", joins.len(), n - 1))?;
        }
    }
    Ok(joins)
}

/// A cluster and what it touches.
struct Cluster {
    size: f64,
    /// The mean of its rows; for Ward's linkage.
    mean: Vec<f64>,
    /// How far away the clusters are that it touches.
    touches: BTreeMap<u32, f64>,
}

struct Touching {
    /// Rows, then merges; none where merged into another.
    all: Vec<Option<Cluster>>,
    /// A row of each.
    rows: Vec<u32>,
    nearest: BinaryHeap<Reverse<Edge>>,
    linkage: Linkage,
}

impl Touching {
    fn new(y: Samples<'_>, edges: &[[u32; 2]], linkage: Linkage, metric: Metric) -> Self {
        let n_features = y.n_features();
        let row = |row: u32| &y.as_slice()[row as usize * n_features..][..n_features];
        let alone = |row: &[f32]| Cluster {
            size: 1.0,
            mean: match linkage {
                Linkage::Ward => row.iter().copied().map(f64::from).collect(),
                _ => Vec::new(),
            },
            touches: BTreeMap::new(),
        };
        let mut clusters: Vec<Cluster> = y.rows().map(alone).collect();
        let mut nearest = Vec::with_capacity(edges.len());
        for &[a, b] in edges {
            // Two rows have Ward's distance of their euclidean one.
            let distance = metric.distance(row(a), row(b));
            clusters[a as usize].touches.insert(b, distance);
            clusters[b as usize].touches.insert(a, distance);
            nearest.push(Reverse(Edge {
                distance,
                clusters: [a, b],
            }));
        }
        Self {
            rows: (0..clusters.len() as u32).collect(),
            all: clusters.into_iter().map(Some).collect(),
            nearest: nearest.into(),
            linkage,
        }
    }

    fn merge(&mut self, a: u32, b: u32) {
        let (Some(first), Some(second)) = (self.all[a as usize].take(), self.all[b as usize].take()) else {
            return;
        };
        let number = self.all.len() as u32;
        let mut merged = Cluster {
            size: first.size + second.size,
            mean: mean(&first, &second),
            touches: self.distances(a, b, &first, &second),
        };
        if self.linkage == Linkage::Ward {
            for (&other, distance) in &mut merged.touches {
                if let Some(other) = &self.all[other as usize] {
                    *distance = ward(&merged.mean, merged.size, other);
                }
            }
        }
        for (&other, &distance) in &merged.touches {
            if let Some(touched) = &mut self.all[other as usize] {
                touched.touches.remove(&a);
                touched.touches.remove(&b);
                touched.touches.insert(number, distance);
            }
            self.nearest.push(Reverse(Edge {
                distance,
                clusters: [other, number],
            }));
        }
        self.rows.push(self.rows[a as usize]);
        self.all.push(Some(merged));
    }

    /// What the merge of two touches. What only one of them touches stays as far as from that, as in scikit-learn.
    fn distances(&self, a: u32, b: u32, first: &Cluster, second: &Cluster) -> BTreeMap<u32, f64> {
        let mut touches = first.touches.clone();
        for (&other, &distance) in &second.touches {
            let both = |known: &mut f64| {
                *known = match self.linkage {
                    Linkage::Average => {
                        (first.size * *known + second.size * distance) / (first.size + second.size)
                    }
                    Linkage::Complete => known.max(distance),
                    Linkage::Single | Linkage::Ward => known.min(distance),
                }
            };
            touches.entry(other).and_modify(both).or_insert(distance);
        }
        touches.remove(&a);
        touches.remove(&b);
        touches
    }
}

fn mean(a: &Cluster, b: &Cluster) -> Vec<f64> {
    let pairs = a.mean.iter().zip(&b.mean);
    pairs
        .map(|(x, y)| (a.size * x + b.size * y) / (a.size + b.size))
        .collect()
}

fn ward(mean: &[f64], size: f64, other: &Cluster) -> f64 {
    let terms = mean.iter().zip(&other.mean).map(|(a, b)| (a - b) * (a - b));
    let squared: f64 = terms.sum();
    (2.0 * size * other.size / (size + other.size) * squared).sqrt()
}
