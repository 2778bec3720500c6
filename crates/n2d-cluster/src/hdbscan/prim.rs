//! Prim's algorithm: the spanning tree grows by one row at a time. Distances are computed when they are needed and not kept.

use n2d_core::{FitContext, FitError, Progress, Samples};
use n2d_neighbors::Metric;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::linkage::SpanningEdge;
use n2d_core::multiversion;

/// Distances between rows, one row against many at a time.
#[derive(Clone, Copy)]
pub(super) enum Distances<'a> {
    Euclidean(Samples<'a>),
    Other(Samples<'a>, Metric),
    Given(ArrayView2<'a, f32>),
}

impl Distances<'_> {
    pub(super) fn n_samples(&self) -> usize {
        match self {
            Self::Euclidean(x) | Self::Other(x, _) => x.n_samples(),
            Self::Given(matrix) => matrix.nrows(),
        }
    }

    pub(super) fn between(&self, a: usize, b: usize) -> f64 {
        match self {
            Self::Euclidean(x) => euclidean(&x.as_slice()[a * x.n_features()..][..x.n_features()], b, *x),
            Self::Other(x, metric) => {
                let (rows, d) = (x.as_slice(), x.n_features());
                metric.distance(&rows[a * d..][..d], &rows[b * d..][..d])
            }
            Self::Given(matrix) => f64::from(matrix[[a, b]]),
        }
    }

    /// Rows in a chunk of parallel work.
    fn chunk(&self) -> usize {
        let width = match self {
            Self::Euclidean(x) | Self::Other(x, _) => x.n_features(),
            Self::Given(_) => 1,
        };
        ((1_usize << 17) / width).clamp(256, 8192)
    }
}

fn euclidean(from: &[f32], to: usize, x: Samples<'_>) -> f64 {
    squared_distance(from, &x.as_slice()[to * from.len()..][..from.len()]).sqrt()
}

multiversion! {
    /// In eight partial sums, which fill vector registers.
    fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
        let mut sums = [0.0_f64; 8];
        let (a, a_rest) = a.as_chunks::<8>();
        let (b, b_rest) = b.as_chunks::<8>();
        for (a, b) in a.iter().zip(b) {
            for lane in 0..8 {
                let difference = f64::from(a[lane]) - f64::from(b[lane]);
                sums[lane] += difference * difference;
            }
        }
        let mut rest = 0.0;
        for (&a, &b) in a_rest.iter().zip(b_rest) {
            let difference = f64::from(a) - f64::from(b);
            rest += difference * difference;
        }
        sums.iter().sum::<f64>() + rest
    }
}

/// The cheapest edge from the tree to a row outside.
#[derive(Clone, Copy)]
struct Reach {
    row: u32,
    from: u32,
    weight: f64,
}

impl Reach {
    fn key(&self) -> (f64, u32, u32) {
        (self.weight, self.row.min(self.from), self.row.max(self.from))
    }
}

/// The minimum spanning tree under mutual reachability; equal weights go by the smaller, then the larger row.
pub(super) fn prim(
    distances: Distances<'_>,
    core: &[f64],
    alpha: f64,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<SpanningEdge>, FitError> {
    let n = distances.n_samples();
    let mut outside: Vec<Reach> = (1..n as u32)
        .map(|row| Reach {
            row,
            from: u32::MAX,
            weight: f64::INFINITY,
        })
        .collect();
    let mut edges = Vec::with_capacity(n.saturating_sub(1));
    let mut newest = 0_u32;
    while !outside.is_empty() {
        let at = extend(distances, core, alpha, newest, &mut outside);
        let next = outside.swap_remove(at);
        let (weight, a, b) = next.key();
        edges.push(SpanningEdge { a, b, weight });
        newest = next.row;
        ctx.check_cancelled()?;
        if edges.len().is_multiple_of(512) || outside.is_empty() {
            ctx.step(Progress::new("spanning tree", edges.len(), n - 1))?;
        }
    }
    Ok(edges)
}

/// Offers the edges of the newest row of the tree and returns where the next row is.
fn extend(distances: Distances<'_>, core: &[f64], alpha: f64, newest: u32, outside: &mut [Reach]) -> usize {
    let chunk = distances.chunk();
    let work = |some: &mut [Reach]| offer(distances, core, alpha, newest, some);
    if outside.len() <= chunk {
        return work(outside);
    }
    let best: Vec<usize> = outside.par_chunks_mut(chunk).map(work).collect();
    let places = best.iter().enumerate().map(|(at, best)| at * chunk + best);
    places
        .reduce(|a, b| if outside[b].key() < outside[a].key() { b } else { a })
        .unwrap_or(0)
}

fn offer(distances: Distances<'_>, core: &[f64], alpha: f64, newest: u32, some: &mut [Reach]) -> usize {
    let own = core[newest as usize];
    let mut best = 0;
    for at in 0..some.len() {
        let reach = &mut some[at];
        let least = own.max(core[reach.row as usize]);
        // An edge weighs at least as much as the core distances of its ends.
        if least <= reach.weight {
            let distance = distances.between(newest as usize, reach.row as usize) / alpha;
            let offered = Reach {
                from: newest,
                weight: distance.max(least),
                ..*reach
            };
            if offered.key() < reach.key() {
                *reach = offered;
            }
        }
        if some[at].key() < some[best].key() {
            best = at;
        }
    }
    best
}

/// For each row the distances to its others number `k - 1` (itself for `k = 1`) and `k`, from all distances.
pub(super) fn core_distances(
    distances: Distances<'_>,
    k: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<[f64; 2]>, FitError> {
    let n = distances.n_samples();
    let mut core = vec![[0.0; 2]; n];
    // Ten million distances between two reports of progress; the cancel token is looked at for each row.
    let step = (10_000_000 / n).clamp(1, n);
    let token = ctx.cancel_token();
    for (at, some) in core.chunks_mut(step).enumerate() {
        let rows = some.par_iter_mut().enumerate().filter(|_| !token.is_cancelled());
        rows.for_each_init(
            || vec![0.0; n],
            |all, (row, core)| {
                let row = at * step + row;
                for (other, distance) in all.iter_mut().enumerate() {
                    *distance = if other == row {
                        -1.0
                    } else {
                        distances.between(row, other)
                    };
                }
                *core = kth(all, k);
            },
        );
        ctx.step(Progress::new("neighbours", (at * step + some.len()).min(n), n))?;
    }
    Ok(core)
}

/// The row itself sorts first, with -1.
fn kth(all: &mut [f64], k: usize) -> [f64; 2] {
    let (before, &mut at, _) = all.select_nth_unstable_by(k, f64::total_cmp);
    let before = before.iter().fold(0.0_f64, |max, &d| max.max(d));
    [before, at]
}
