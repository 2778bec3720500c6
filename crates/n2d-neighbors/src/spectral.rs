use n2d_core::{FitContext, FitError};
use rayon::prelude::*;

use crate::SparseGraph;
use crate::lanczos::{Options, SymmetricOperator, largest};

/// Smooth functions on a graph.
#[derive(Debug, Clone)]
pub struct Eigenvectors {
    /// Eigenvalues of the normalised Laplacian, ascending; the zero of the constant function is left out.
    pub values: Vec<f64>,
    /// One vector of unit length an eigenvalue, one entry a point. The sign is such that the entry of largest
    /// absolute value is positive.
    pub vectors: Vec<Vec<f64>>,
    /// The largest residual `|L v - l v|`; above the tolerance where the most iterations allowed were not enough.
    pub residual: f64,
}

/// The eigenvectors of the smallest non-zero eigenvalues of `I - D^-1/2 W D^-1/2`, for a connected symmetric graph.
///
/// Fewer than `n_vectors` come back where the graph has not more points than that. `tol` bounds the residuals;
/// `max_applications` the products with the matrix. The start vector is drawn from the context's seed.
///
/// An eigenvalue that stands more than once (a graph with symmetries) may be found fewer times than it stands.
///
/// Takes `O(n_edges + n n_vectors)` a product, in parallel; the number of threads changes no bit.
///
/// # Errors
/// [`FitError::Cancelled`].
pub fn laplacian_eigenvectors(
    graph: &SparseGraph,
    n_vectors: usize,
    tol: f64,
    max_applications: usize,
    ctx: &FitContext<'_>,
) -> Result<Eigenvectors, FitError> {
    let n_vectors = n_vectors.min(graph.n_rows().saturating_sub(1));
    if n_vectors == 0 {
        return Ok(Eigenvectors {
            values: vec![],
            vectors: vec![],
            residual: 0.0,
        });
    }
    let operator = NormalisedAdjacency::new(graph);
    let options = Options {
        n_pairs: n_vectors,
        tol,
        max_applications,
    };
    let mut rng = ctx.rng("lanczos", 0);
    let pairs = largest(&operator, operator.stationary(), &options, &mut rng, ctx)?;
    let values = pairs.values.iter().map(|value| 1.0 - value).collect();
    let vectors = pairs.vectors.into_iter().map(with_fixed_sign).collect();
    Ok(Eigenvectors {
        values,
        vectors,
        residual: pairs.residual,
    })
}

fn with_fixed_sign(mut vector: Vec<f64>) -> Vec<f64> {
    let largest = vector
        .iter()
        .copied()
        .fold(0.0_f64, |best, v| if v.abs() > best.abs() { v } else { best });
    if largest < 0.0 {
        vector.iter_mut().for_each(|v| *v = -*v);
    }
    vector
}

/// `D^-1/2 W D^-1/2`: its largest eigenvectors are the Laplacian's smallest.
struct NormalisedAdjacency<'a> {
    graph: &'a SparseGraph,
    inverse_roots: Vec<f64>,
}

impl<'a> NormalisedAdjacency<'a> {
    fn new(graph: &'a SparseGraph) -> Self {
        let inverse_root = |degree: &f64| if *degree > 0.0 { degree.sqrt().recip() } else { 0.0 };
        Self {
            graph,
            inverse_roots: graph.degrees().iter().map(inverse_root).collect(),
        }
    }

    /// The eigenvector of eigenvalue one: the square roots of the degrees.
    fn stationary(&self) -> Vec<f64> {
        let root = |inverse: &f64| if *inverse > 0.0 { inverse.recip() } else { 0.0 };
        let mut v: Vec<f64> = self.inverse_roots.iter().map(root).collect();
        let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        // Without a single edge there is no such vector, and the zeros left are orthogonal to all.
        if length > 0.0 {
            v.iter_mut().for_each(|v| *v /= length);
        }
        v
    }
}

impl SymmetricOperator for NormalisedAdjacency<'_> {
    fn dim(&self) -> usize {
        self.graph.n_rows()
    }

    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let scaled: Vec<f64> = x
            .iter()
            .zip(&self.inverse_roots)
            .map(|(x, root)| x * root)
            .collect();
        out.par_iter_mut()
            .with_min_len(512)
            .enumerate()
            .for_each(|(row, out)| *out = self.inverse_roots[row] * self.graph.row_product(row, &scaled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::Parallelism;
    use std::f64::consts::PI;

    /// A path: its eigenvalues are known, and all different.
    fn path(n: u32) -> SparseGraph {
        let neighbours = |i: u32| [i.checked_sub(1), (i + 1 < n).then_some(i + 1)];
        SparseGraph::from_rows(
            (0..n)
                .map(|i| neighbours(i).into_iter().flatten().map(|j| (j, 0.5)).collect())
                .collect(),
        )
    }

    #[test]
    fn a_path_has_the_cosines() {
        for n in [3, 5, 40, 1000] {
            let found = laplacian_eigenvectors(&path(n), 4, 1e-8, 20_000, &FitContext::new(1)).unwrap();
            let expected = (1..=4).map(|i| 1.0 - (PI * f64::from(i) / f64::from(n - 1)).cos());
            assert_eq!(found.values.len(), 4.min(n as usize - 1));
            for (value, expected) in found.values.iter().zip(expected) {
                assert!(
                    (value - expected).abs() < 1e-7,
                    "n = {n}: {value} is not {expected}"
                );
            }
            assert!(found.residual < 1e-7);
        }
    }

    #[test]
    fn vectors_are_orthonormal_and_solve_the_equation() {
        let rows = |i: u32| {
            (0..60)
                .filter(|&j| j != i)
                .map(|j| (j, 1.0 / (1.0 + (i + j) as f32)))
                .collect()
        };
        let graph = SparseGraph::from_rows((0..60).map(rows).collect());
        let found = laplacian_eigenvectors(&graph, 6, 1e-9, 10_000, &FitContext::new(0)).unwrap();
        let operator = NormalisedAdjacency::new(&graph);
        for (i, v) in found.vectors.iter().enumerate() {
            let mut image = vec![0.0; 60];
            operator.apply(v, &mut image);
            let error = |(image, v): (&f64, &f64)| (image - (1.0 - found.values[i]) * v).abs();
            assert!(image.iter().zip(v).map(error).fold(0.0, f64::max) < 1e-7);
            for (j, w) in found.vectors.iter().enumerate() {
                let dot: f64 = v.iter().zip(w).map(|(a, b)| a * b).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let vectors = |threads: usize| {
            let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
            let graph = path(10_000);
            threads.install(|| {
                laplacian_eigenvectors(&graph, 2, 1e-3, 200, &FitContext::new(1))
                    .unwrap()
                    .vectors
            })
        };
        assert_eq!(vectors(1), vectors(3));
    }

    #[test]
    fn tiny_graphs_have_few_vectors() {
        let ctx = FitContext::new(0);
        let one = SparseGraph::from_rows(vec![vec![]]);
        assert!(
            laplacian_eigenvectors(&one, 3, 1e-4, 10, &ctx)
                .unwrap()
                .vectors
                .is_empty()
        );
        let two = SparseGraph::from_rows(vec![vec![(1, 1.0)], vec![(0, 1.0)]]);
        let found = laplacian_eigenvectors(&two, 3, 1e-4, 10, &ctx).unwrap();
        assert!((found.values[0] - 2.0).abs() < 1e-9);
    }
}
