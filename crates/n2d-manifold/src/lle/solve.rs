//! The smallest eigenvectors of a sparse positive semidefinite matrix.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::cholesky::{
    LltRef, SymbolicCholesky, SymmetricOrdering, factorize_symbolic_cholesky,
};
use faer::sparse::{SparseColMat, SymbolicSparseColMat};
use faer::{Conj, Mat, MatMut, Par, Side};
use n2d_core::{FitContext, FitError, PartConfig};
use n2d_neighbors::{EigenOptions, SymmetricOperator, largest_eigenpairs};
use rand::RngExt;

use super::{LocallyLinearEmbedding, LocallyLinearEmbeddingConfig};
use crate::error::ManifoldError;
use crate::numbers::fix_sign;

/// Up to so many rows the dense problem is solved.
const MAX_DENSE: usize = 400;
/// What is added to the diagonal before the matrix is factorised, relative to its mean: of the matrix itself there is no factor, as
/// constants are nothing to it.
const SHIFT: f64 = 1e-10;
/// Residual of the inverse's eigenvectors, relative to its largest eigenvalue, and the most solutions for it.
const TOLERANCE: f64 = 1e-9;
const MAX_SOLUTIONS: usize = 1000;
/// Solutions by which the inverse's largest eigenvalue is estimated.
const ESTIMATES: usize = 4;

/// Eigenvectors of unit length, orthogonal to the constant one, with their eigenvalues, ascending.
pub(super) struct Smallest {
    pub(super) values: Vec<f64>,
    pub(super) vectors: Vec<Vec<f64>>,
    pub(super) note: Option<String>,
}

/// A symmetric matrix as compressed sparse columns, all of it.
pub(super) struct Sparse {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
}

impl Sparse {
    /// The sum of small matrices, each over some rows: the neighbours given and the row itself.
    pub(super) fn sum(neighbors: &[Vec<u32>], blocks: Vec<Vec<f64>>) -> Self {
        let mut columns: Vec<Vec<(u32, f64)>> = vec![Vec::new(); neighbors.len()];
        for (row, (neighbors, block)) in (0_u32..).zip(neighbors.iter().zip(blocks)) {
            let members: Vec<u32> = neighbors.iter().copied().chain([row]).collect();
            for (&member, values) in members.iter().zip(block.chunks_exact(members.len())) {
                columns[member as usize].extend(members.iter().copied().zip(values.iter().copied()));
            }
        }
        let mut sparse = Self {
            starts: vec![0],
            rows: Vec::new(),
            values: Vec::new(),
        };
        for mut column in columns {
            // Stable: what falls on one entry is added in the order of the rows.
            column.sort_by_key(|entry| entry.0);
            for same in column.chunk_by(|a, b| a.0 == b.0) {
                sparse.rows.push(same[0].0 as usize);
                sparse.values.push(same.iter().map(|entry| entry.1).sum());
            }
            sparse.starts.push(sparse.rows.len());
        }
        sparse
    }

    fn dim(&self) -> usize {
        self.starts.len() - 1
    }

    fn column(&self, column: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[column]..self.starts[column + 1];
        self.rows[range.clone()]
            .iter()
            .copied()
            .zip(self.values[range].iter().copied())
    }

    /// The eigenvectors of the smallest eigenvalues but the constant one; fewer where there are not so many.
    pub(super) fn smallest(self, n_vectors: usize, ctx: &FitContext<'_>) -> Result<Smallest, FitError> {
        let n_vectors = n_vectors.min(self.dim() - 1);
        let mut found = if self.dim() <= MAX_DENSE {
            self.dense(n_vectors)?
        } else {
            self.by_inverse(n_vectors, ctx)?
        };
        found.vectors.iter_mut().for_each(|vector| fix_sign(vector));
        Ok(found)
    }

    /// In the space orthogonal to the constant vector, which is moved to the other end of the spectrum.
    fn dense(&self, n_vectors: usize) -> Result<Smallest, FitError> {
        let n = self.dim();
        let trace: f64 = (0..n)
            .flat_map(|j| self.column(j).filter(move |&(i, _)| i == j))
            .map(|(_, v)| v)
            .sum();
        let mut matrix = Mat::from_fn(n, n, |_, _| (1.0 + trace) / n as f64);
        for j in 0..n {
            self.column(j).for_each(|(i, v)| matrix[(i, j)] += v);
        }
        let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| unsolved())?;
        let vector = |j: usize| (0..n).map(|i| eigen.U()[(i, j)]).collect();
        Ok(Smallest {
            values: (0..n_vectors)
                .map(|j| eigen.S().column_vector()[j].max(0.0))
                .collect(),
            vectors: (0..n_vectors).map(vector).collect(),
            note: None,
        })
    }

    /// As the largest of the inverse, by a factor of the matrix.
    fn by_inverse(mut self, n_vectors: usize, ctx: &FitContext<'_>) -> Result<Smallest, FitError> {
        let n = self.dim();
        let shift = self.shifted();
        let symbolic = SymbolicSparseColMat::new_checked(n, n, self.starts, None, self.rows);
        let matrix = SparseColMat::new(symbolic, self.values);
        let order = SymmetricOrdering::Amd;
        let symbolic = factorize_symbolic_cholesky(matrix.symbolic(), Side::Lower, order, Default::default())
            .map_err(|_| unsolved())?;
        let (entries, limit) = (symbolic.len_val(), LocallyLinearEmbedding::MAX_FACTOR);
        if entries > limit {
            let error = ManifoldError::FactorTooLarge {
                n_samples: n,
                entries,
                limit,
            };
            return Err(error.of(LocallyLinearEmbeddingConfig::NAME));
        }
        ctx.check_cancelled()?;
        let mut values = vec![0.0; entries];
        let scratch = symbolic.factorize_numeric_llt_scratch::<f64>(Par::Seq, Default::default());
        symbolic
            .factorize_numeric_llt(
                &mut values,
                matrix.as_ref(),
                Side::Lower,
                Default::default(),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
                Default::default(),
            )
            .map_err(|_| unsolved())?;
        ctx.check_cancelled()?;
        largest_of(
            Inverse {
                symbolic: &symbolic,
                values: &values,
                scale: 1.0,
            },
            shift,
            n_vectors,
            ctx,
        )
    }

    /// Adds the shift to the diagonal, and gives it.
    fn shifted(&mut self) -> f64 {
        let n = self.dim();
        let diagonal: Vec<usize> = (0..n)
            .map(|j| {
                self.starts[j] + self.rows[self.starts[j]..self.starts[j + 1]].partition_point(|&i| i < j)
            })
            .collect();
        let mean = diagonal.iter().map(|&at| self.values[at]).sum::<f64>() / n as f64;
        let shift = SHIFT * mean;
        diagonal.iter().for_each(|&at| self.values[at] += shift);
        shift
    }
}

fn unsolved() -> FitError {
    let reason = "the matrix of the weights could not be factorised";
    ManifoldError::NoEigenvectors { reason }.of(LocallyLinearEmbeddingConfig::NAME)
}

/// The inverse of a matrix, by its factor.
struct Inverse<'a> {
    symbolic: &'a SymbolicCholesky<usize>,
    values: &'a [f64],
    scale: f64,
}

impl SymmetricOperator for Inverse<'_> {
    fn dim(&self) -> usize {
        self.symbolic.nrows()
    }

    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let n = self.dim();
        for (out, x) in out.iter_mut().zip(x) {
            *out = x * self.scale;
        }
        let scratch = self.symbolic.solve_in_place_scratch::<f64>(1, Par::Seq);
        LltRef::new(self.symbolic, self.values).solve_in_place_with_conj(
            Conj::No,
            MatMut::from_column_major_slice_mut(out, n, 1),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }
}

fn largest_of(
    mut inverse: Inverse<'_>,
    shift: f64,
    n_vectors: usize,
    ctx: &FitContext<'_>,
) -> Result<Smallest, FitError> {
    let n = inverse.dim();
    let mut rng = ctx.rng("lle", 0);
    // The solver wants eigenvalues near one.
    let mut x: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
    let mut image = vec![0.0; n];
    for _ in 0..ESTIMATES {
        ctx.check_cancelled()?;
        let mean = x.iter().sum::<f64>() / n as f64;
        x.iter_mut().for_each(|v| *v -= mean);
        let length = x.iter().map(|v| v * v).sum::<f64>().sqrt();
        x.iter_mut().for_each(|v| *v /= length);
        inverse.apply(&x, &mut image);
        std::mem::swap(&mut x, &mut image);
    }
    let mean = x.iter().sum::<f64>() / n as f64;
    inverse.scale = 1.0 / x.iter().map(|v| (v - mean).powi(2)).sum::<f64>().sqrt();
    let options = EigenOptions {
        n_pairs: n_vectors,
        tol: TOLERANCE,
        max_applications: MAX_SOLUTIONS,
    };
    let constant = vec![1.0 / (n as f64).sqrt(); n];
    let pairs = largest_eigenpairs(&inverse, constant, &options, &mut rng, ctx)?;
    let value = |value: &f64| (inverse.scale / value - shift).max(0.0);
    Ok(Smallest {
        values: pairs.values.iter().map(value).collect(),
        vectors: pairs.vectors,
        note: (pairs.residual > TOLERANCE).then(|| {
            format!("the eigenvectors are inexact: residual {:.1e} of the inverse after {MAX_SOLUTIONS} solutions", pairs.residual)
        }),
    })
}
