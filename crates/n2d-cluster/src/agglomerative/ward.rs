//! Ward's linkage by the means of the clusters: no matrix of distances is kept.

use n2d_core::Samples;
use rayon::prelude::*;

use super::chain::Clusters;
use crate::lanes::{LANES, Lane, load, squared_distance};
use n2d_core::multiversion;

/// Clusters as means and sizes, sixteen a block.
pub(super) struct Means {
    n_features: usize,
    /// A lane for each feature, block after block.
    means: Vec<Lane>,
    /// Rows in each cluster; 0 in an emptied slot.
    sizes: Vec<Lane>,
    /// A row of each cluster.
    rows: Vec<u32>,
    n_clusters: usize,
    unit: f64,
}

/// Blocks a task at the least: fewer are not worth another thread. Depends on the data's width alone.
const VALUES_A_TASK: usize = 1 << 14;

impl Means {
    /// Every row alone, less the first one and on a scale where no square overflows or vanishes.
    pub(super) fn new(y: Samples<'_>) -> Self {
        let n_features = y.n_features();
        let greatest = |at: usize| {
            let origin = y.as_slice()[at];
            let column = y.as_slice().iter().skip(at).step_by(n_features);
            column
                .map(|&x| (f64::from(x) - f64::from(origin)).abs())
                .fold(0.0, f64::max)
        };
        let greatest = (0..n_features).map(greatest).fold(0.0, f64::max);
        let unit = if greatest > 0.0 {
            2.0_f64.powi(greatest.log2().ceil() as i32)
        } else {
            1.0
        };
        let n_blocks = y.n_samples().div_ceil(LANES);
        let mut means = vec![[0.0; LANES]; n_blocks * n_features];
        let blocks = means.chunks_exact_mut(n_features);
        for (block, rows) in blocks.zip(y.as_slice().chunks(LANES * n_features)) {
            load(rows, block);
            for (lane, &origin) in block.iter_mut().zip(y.row(0)) {
                lane.iter_mut().for_each(|x| *x = (*x - f64::from(origin)) / unit);
            }
        }
        let size = |slot: usize| f64::from(u8::from(slot < y.n_samples()));
        let sizes = (0..n_blocks).map(|block| std::array::from_fn(|lane| size(block * LANES + lane)));
        Self {
            n_features,
            means,
            sizes: sizes.collect(),
            rows: (0..y.n_samples() as u32).collect(),
            n_clusters: y.n_samples(),
            unit,
        }
    }

    fn size(&self, slot: usize) -> f64 {
        self.sizes[slot / LANES][slot % LANES]
    }

    fn mean(&self, slot: usize) -> Vec<f64> {
        let block = &self.means[slot / LANES * self.n_features..][..self.n_features];
        block.iter().map(|lane| lane[slot % LANES]).collect()
    }

    fn put(&mut self, slot: usize, mean: &[f64], size: f64) {
        let block = &mut self.means[slot / LANES * self.n_features..][..self.n_features];
        block
            .iter_mut()
            .zip(mean)
            .for_each(|(lane, &x)| lane[slot % LANES] = x);
        self.sizes[slot / LANES][slot % LANES] = size;
    }

    /// Ward's squared distances, scaled, of a slot to the clusters of a range of blocks; the least with its slot.
    fn nearest_in(&self, first: usize, n_blocks: usize, slot: usize, mean: &[f64]) -> (f64, usize) {
        let means = &self.means[first * self.n_features..][..n_blocks * self.n_features];
        let own = slot.checked_sub(first * LANES).unwrap_or(usize::MAX);
        let (squared, at) = nearest_mean(
            means,
            &self.sizes[first..][..n_blocks],
            mean,
            self.size(slot),
            own,
        );
        (squared, first * LANES + at)
    }

    fn squared(&self, a: usize, b: usize) -> f64 {
        let terms = self.mean(a).into_iter().zip(self.mean(b));
        let squared: f64 = terms.map(|(a, b)| (a - b) * (a - b)).sum();
        squared * weight(self.size(a), self.size(b))
    }
}

/// What a squared distance of means counts between clusters of these sizes.
#[inline(always)]
fn weight(a: f64, b: f64) -> f64 {
    2.0 * a * b / (a + b)
}

multiversion! {
    fn nearest_mean(means: &[Lane], sizes: &[Lane], mean: &[f64], size: f64, own: usize) -> (f64, usize) {
        let (mut least, mut best) = (f64::INFINITY, 0);
        for (at, (block, sizes)) in means.chunks_exact(mean.len()).zip(sizes).enumerate() {
            let mut squared = squared_distance(block, mean);
            let mut lowest = f64::INFINITY;
            for lane in 0..LANES {
                let far = squared[lane] * weight(size, sizes[lane]);
                squared[lane] = if sizes[lane] > 0.0 { far } else { f64::INFINITY };
            }
            if own / LANES == at {
                squared[own % LANES] = f64::INFINITY;
            }
            for squared in squared {
                lowest = if squared < lowest { squared } else { lowest };
            }
            if lowest < least {
                least = lowest;
                best = at * LANES + squared.iter().position(|&squared| squared == lowest).unwrap_or(0);
            }
        }
        (least, best)
    }
}

impl Clusters for Means {
    fn n_slots(&self) -> usize {
        self.rows.len()
    }

    fn is_there(&self, slot: usize) -> bool {
        self.size(slot) > 0.0
    }

    fn nearest(&self, slot: usize, previous: Option<usize>) -> (usize, f64) {
        let mean = self.mean(slot);
        let task = (VALUES_A_TASK / (LANES * self.n_features)).max(1);
        let n_blocks = self.sizes.len();
        let found = (0..n_blocks.div_ceil(task)).into_par_iter().map(|at| {
            let first = at * task;
            self.nearest_in(first, task.min(n_blocks - first), slot, &mean)
        });
        let nearer = |a: (f64, usize), b: (f64, usize)| match a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)) {
            std::cmp::Ordering::Greater => b,
            _ => a,
        };
        let (squared, nearest) = found.reduce(|| (f64::INFINITY, usize::MAX), nearer);
        let nearest = match previous {
            Some(previous) if self.squared(slot, previous) <= squared => previous,
            _ => nearest,
        };
        (nearest, squared.sqrt() * self.unit)
    }

    fn merge(&mut self, low: usize, high: usize, _: f64) {
        let (a, b) = (self.size(low), self.size(high));
        let means = self.mean(low).into_iter().zip(self.mean(high));
        let mean: Vec<f64> = means.map(|(low, high)| (a * low + b * high) / (a + b)).collect();
        self.put(high, &mean, a + b);
        self.put(low, &vec![0.0; self.n_features], 0.0);
        self.n_clusters -= 1;
    }

    fn row(&self, slot: usize) -> u32 {
        self.rows[slot]
    }

    /// When half of the slots are empty.
    fn compact(&mut self) -> Option<Vec<usize>> {
        if self.n_clusters * 2 > self.n_slots() || self.n_slots() <= 4 * LANES {
            return None;
        }
        let mut next = 0;
        let mut numbers = vec![usize::MAX; self.n_slots()];
        for (slot, number) in numbers.iter_mut().enumerate() {
            if self.is_there(slot) {
                let (mean, size) = (self.mean(slot), self.size(slot));
                self.put(next, &mean, size);
                self.rows[next] = self.rows[slot];
                *number = next;
                next += 1;
            }
        }
        for slot in next..self.sizes.len() * LANES {
            self.put(slot, &vec![0.0; self.n_features], 0.0);
        }
        let n_blocks = next.div_ceil(LANES);
        self.rows.truncate(next);
        self.sizes.truncate(n_blocks);
        self.means.truncate(n_blocks * self.n_features);
        Some(numbers)
    }
}
