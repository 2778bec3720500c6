use n2d_core::Samples;
use n2d_core::matmul::{Matrix, product};

use crate::brute_force::QUERY_BLOCK;
use crate::kd_tree::radius::{Greatest, Squared, Summed};
use crate::scale::Scale;
use crate::{KdTree, Metric, TREE_MAX_FEATURES};

/// Points a matrix product: the block of products stays in cache.
const POINT_BLOCK: usize = 1024;

/// An index of points that answers which lie within a radius of a row. Exact for every metric; distances are those of
/// [`Metric::distance`], in double precision; euclidean ones are compared by their squares.
///
/// Up to [`TREE_MAX_FEATURES`] features, euclidean, Manhattan and Chebyshev distances are sought on a [k-d tree](KdTree).
/// Above, euclidean ones are estimated by matrix products and measured only where the estimate leaves it open. All
/// others are measured, `O(n_samples n_features)` a row.
///
/// ```
/// use n2d_core::Samples;
/// use n2d_neighbors::{Metric, RadiusIndex};
///
/// let x = Samples::from_rows(&[0.0, 1.0, 3.0, 7.0], 1)?;
/// let index = RadiusIndex::new(x, Metric::Euclidean, 2.0);
/// let mut found = Vec::new();
/// index.visit(&[1.0], &mut |_, points| found.extend_from_slice(points));
/// found.sort();
/// assert_eq!(found, [0, 1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RadiusIndex<'a> {
    points: Samples<'a>,
    metric: Metric,
    radius: f64,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    KdTree(KdTree),
    Products(Centred),
    Measured,
}

impl<'a> RadiusIndex<'a> {
    /// Indexes points for one radius, which counts as within.
    pub fn new(points: Samples<'a>, metric: Metric, radius: f64) -> Self {
        let few = points.n_features() <= TREE_MAX_FEATURES;
        let way = match metric {
            Metric::Euclidean | Metric::Manhattan | Metric::Chebyshev if few => {
                Way::KdTree(KdTree::new(points))
            }
            Metric::Euclidean => Way::Products(Centred::new(points)),
            _ => Way::Measured,
        };
        Self {
            points,
            metric,
            radius,
            way,
        }
    }

    /// Number of points.
    pub fn n_samples(&self) -> usize {
        self.points.n_samples()
    }

    /// Hands over the points within the radius of some rows, given one after the other: the row's place among these, and
    /// some of its points by number. A row may come several times or not at all, a point only once for each row; the order
    /// is fixed. On the thread of the caller.
    ///
    /// # Panics
    /// Where `rows` are not as wide as the points.
    pub fn visit(&self, rows: &[f32], visit: &mut dyn FnMut(usize, &[u32])) {
        let d = self.points.n_features();
        assert_eq!(rows.len() % d, 0, "rows as wide as the points");
        match &self.way {
            Way::KdTree(tree) => {
                for (at, row) in rows.chunks_exact(d).enumerate() {
                    self.visit_tree(tree, row, &mut |points| visit(at, points));
                }
            }
            Way::Products(centred) => {
                for (block, rows) in rows.chunks(QUERY_BLOCK * d).enumerate() {
                    let mut visit = |at: usize, points: &[u32]| visit(block * QUERY_BLOCK + at, points);
                    self.visit_products(centred, rows, &mut visit);
                }
            }
            Way::Measured => {
                for (at, row) in rows.chunks_exact(d).enumerate() {
                    let within =
                        |&(_, point): &(u32, &[f32])| self.metric.distance(row, point) <= self.radius;
                    let found: Vec<u32> = (0..)
                        .zip(self.points.rows())
                        .filter(within)
                        .map(|(i, _)| i)
                        .collect();
                    visit(at, &found);
                }
            }
        }
    }

    fn visit_tree(&self, tree: &KdTree, row: &[f32], visit: &mut dyn FnMut(&[u32])) {
        match self.metric {
            Metric::Manhattan => tree.visit_within::<Summed>(row, self.radius, visit),
            Metric::Chebyshev => tree.visit_within::<Greatest>(row, self.radius, visit),
            _ => tree.visit_within::<Squared>(row, self.radius * self.radius, visit),
        }
    }

    fn visit_products(&self, centred: &Centred, rows: &[f32], visit: &mut dyn FnMut(usize, &[u32])) {
        let d = self.points.n_features();
        let squared_radius = self.radius * self.radius;
        let queries = centred.apply(rows);
        let mut found = Vec::new();
        for (block, products) in centred.products(&queries).enumerate() {
            let first = block * POINT_BLOCK;
            for (at, (row, query)) in rows.chunks_exact(d).zip(queries.chunks_exact(d)).enumerate() {
                let norm = squared_norm(query);
                found.clear();
                let n = products.len() / (rows.len() / d);
                for (i, &product) in products[at * n..][..n].iter().enumerate() {
                    let point = first + i;
                    let open = || squared_distance(row, self.points.row(point).to_slice()) <= squared_radius;
                    if centred
                        .within(norm, point, product, squared_radius)
                        .unwrap_or_else(open)
                    {
                        found.push(point as u32);
                    }
                }
                if !found.is_empty() {
                    visit(at, &found);
                }
            }
        }
    }
}

/// The points less their mean, on a scale where no square overflows or vanishes.
#[derive(Debug, Clone)]
struct Centred {
    scale: Scale,
    /// On the scale.
    mean: Vec<f32>,
    values: Vec<f32>,
    /// Squared length of each point.
    norms: Vec<f64>,
}

impl Centred {
    fn new(points: Samples<'_>) -> Self {
        let d = points.n_features();
        let scale = Scale::of(points);
        let mut sums = vec![0.0_f64; d];
        for row in scale.apply(points).chunks_exact(d) {
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, &x)| *sum += f64::from(x));
        }
        let n = points.n_samples() as f64;
        let mut centred = Self {
            scale,
            mean: sums.iter().map(|sum| (sum / n) as f32).collect(),
            values: Vec::new(),
            norms: Vec::new(),
        };
        centred.values = centred.apply(points.as_slice());
        centred.norms = centred.values.chunks_exact(d).map(squared_norm).collect();
        centred
    }

    fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let rows = Samples::from_rows(rows, self.mean.len()).map(|rows| self.scale.apply(rows));
        let rows = rows.unwrap_or_default();
        let rows = rows.chunks_exact(self.mean.len());
        rows.flat_map(|row| row.iter().zip(&self.mean).map(|(x, mean)| x - mean))
            .collect()
    }

    /// The products of some rows with each block of points.
    fn products(&self, queries: &[f32]) -> impl Iterator<Item = Vec<f32>> {
        let d = self.mean.len();
        let n_queries = queries.len() / d;
        self.values.chunks(POINT_BLOCK * d).map(move |points| {
            let n = points.len() / d;
            let mut products = vec![0.0; n_queries * n];
            product(
                Matrix::new(queries, n_queries, d),
                Matrix::new(points, n, d).t(),
                &mut products,
            );
            products
        })
    }

    /// Whether a point lies within the radius, if rounding leaves no doubt.
    fn within(&self, norm: f64, point: usize, product: f32, squared_radius: f64) -> Option<bool> {
        let norms = norm + self.norms[point];
        let squared = norms - 2.0 * f64::from(product);
        // The worst case of sums of d rounded products, of differences that were rounded themselves.
        let error = 4.0 * f64::from(f32::EPSILON) * (self.mean.len() as f64 + 8.0) * norms;
        let limit = squared_radius * self.scale.factor() * self.scale.factor();
        if !product.is_finite() {
            None
        } else if squared + error < limit {
            Some(true)
        } else if squared - error > limit {
            Some(false)
        } else {
            None
        }
    }
}

fn squared_norm(row: &[f32]) -> f64 {
    row.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
}

fn squared_distance(a: &[f32], b: Option<&[f32]>) -> f64 {
    let pairs = a.iter().zip(b.unwrap_or_default());
    pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;
    use proptest::prelude::*;

    const METRICS: [Metric; 6] = [
        Metric::Euclidean,
        Metric::Manhattan,
        Metric::Chebyshev,
        Metric::Minkowski(3.0),
        Metric::Cosine,
        Metric::Canberra,
    ];

    fn found(index: &RadiusIndex<'_>, rows: &[f32], n_rows: usize) -> Vec<Vec<u32>> {
        let mut found = vec![Vec::new(); n_rows];
        index.visit(rows, &mut |at, points| found[at].extend_from_slice(points));
        found.iter_mut().for_each(|found| found.sort_unstable());
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Few levels make ties at the radius; the offset makes cancellation; the scale makes squares overflow or vanish.
        #[test]
        fn every_way_is_exact(
            n in 1..150_usize,
            d in 1..40_usize,
            levels in 1..20_usize,
            scale in prop::sample::select(vec![1.0_f32, 1e30, 1e-30]),
            seed: u64,
        ) {
            let mut rng = SplitMix64::new(seed, 0, 0);
            let values: Vec<f32> = (0..n * d).map(|_| (rng.below(levels) as f32 / 4.0 + 100.0) * scale).collect();
            let x = Samples::from_rows(&values, d).unwrap();
            for metric in METRICS {
                let radius = metric.distance(&values[..d], &values[(n - 1) * d..]);
                let index = RadiusIndex::new(x, metric, radius);
                for (row, found) in x.rows().zip(found(&index, &values, n)) {
                    let within = |other: &[f32]| match metric {
                        Metric::Euclidean => squared_distance(row, Some(other)) <= radius * radius,
                        _ => metric.distance(row, other) <= radius,
                    };
                    let expected: Vec<u32> = (0..).zip(x.rows()).filter(|&(_, other)| within(other)).map(|(i, _)| i).collect();
                    prop_assert_eq!(found, expected, "{}", metric);
                }
            }
        }
    }

    #[test]
    fn rows_far_outside_find_nothing() {
        let values: Vec<f32> = (0..60).map(|i| i as f32 * 1e-30).collect();
        for d in [1, 30] {
            let x = Samples::from_rows(&values, d).unwrap();
            let index = RadiusIndex::new(x, Metric::Euclidean, 1e-30);
            assert_eq!(found(&index, &vec![1e38; d], 1), [vec![0; 0]]);
        }
    }
}
