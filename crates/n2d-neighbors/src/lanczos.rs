//! The largest eigenvalues of a symmetric operator with their vectors: thick-restart Lanczos (Wu and Simon 2000,
//! SIAM J. Matrix Anal. Appl. 22(2)) with full reorthogonalisation.

use faer::{Mat, Side};
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError};
use rand::RngExt;
use rayon::prelude::*;

/// Rows a task. Sums over rows are made chunk by chunk, in order, so the number of threads changes no bit.
const CHUNK: usize = 4096;

/// A symmetric operator on vectors of a fixed length.
pub trait SymmetricOperator: Sync {
    /// The length of the vectors.
    fn dim(&self) -> usize;
    /// `out = self x`, in parallel, deterministically.
    fn apply(&self, x: &[f64], out: &mut [f64]);
}

/// Eigenvalues with their vectors.
#[derive(Debug, Clone)]
pub struct Eigenpairs {
    /// Descending.
    pub values: Vec<f64>,
    /// One vector of unit length a value.
    pub vectors: Vec<Vec<f64>>,
    /// The largest `|A v - l v|` among the pairs.
    pub residual: f64,
}

/// What is asked of [`largest_eigenpairs`](crate::largest_eigenpairs).
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Pairs asked for; fewer come back where the operator has not more dimensions than that.
    pub n_pairs: usize,
    /// Ends when every residual is below.
    pub tol: f64,
    /// Ends after so many applications of the operator, converged or not.
    pub max_applications: usize,
}

/// The largest eigenpairs of an operator orthogonal to the unit vector `deflated`, an eigenvector already known, or zeros where none
/// is. One pair fewer than there are dimensions can be found at the most.
///
/// The operator's largest eigenvalues should be near one: what is below `1e-12` counts as zero. Each application also costs
/// `O(dim n_pairs)` for keeping the vectors orthogonal, in parallel; the number of threads changes no bit.
///
/// # Errors
/// [`FitError::Cancelled`].
///
/// # Panics
/// Where the operator has fewer than two dimensions.
pub fn largest(
    operator: &dyn SymmetricOperator,
    deflated: Vec<f64>,
    options: &Options,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Eigenpairs, FitError> {
    let n = operator.dim();
    let n_pairs = options.n_pairs.min(n - 1);
    let size = (2 * n_pairs + 30).min(n - 1);
    let mut krylov = Krylov::new(deflated, size, rng);
    let mut applications = 0;
    loop {
        applications += size - krylov.kept;
        krylov.extend(operator, size, rng, ctx)?;
        let (values, rotation) = krylov.rayleigh_ritz(size);
        let residual = (0..n_pairs)
            .map(|i| (krylov.beta * rotation[(size - 1, i)]).abs())
            .fold(0.0, f64::max);
        if residual < options.tol || applications >= options.max_applications || krylov.beta == 0.0 {
            let vectors = krylov.rotated(&rotation, n_pairs);
            return Ok(Eigenpairs {
                values: values[..n_pairs].to_vec(),
                vectors,
                residual,
            });
        }
        let kept = (n_pairs + (size - n_pairs) / 2).min(size - 1);
        krylov.restart(&values, &rotation, kept);
    }
}

/// The basis and the operator's projection on it.
struct Krylov {
    deflated: Vec<f64>,
    /// Orthonormal; the last is the direction to go on in.
    basis: Vec<Vec<f64>>,
    projection: Mat<f64>,
    /// Vectors kept at the last restart.
    kept: usize,
    /// Length of the direction to go on in, before it was made a unit.
    beta: f64,
}

impl Krylov {
    fn new(deflated: Vec<f64>, size: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut krylov = Self {
            deflated,
            basis: Vec::new(),
            projection: Mat::zeros(size, size),
            kept: 0,
            beta: 0.0,
        };
        let start = krylov.random_direction(rng);
        krylov.basis.push(start);
        krylov
    }

    /// A random unit vector orthogonal to all so far.
    fn random_direction(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut w: Vec<f64> = self
            .deflated
            .iter()
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        // Twice is enough (Kahan, Parlett).
        self.orthogonalise(&mut w);
        self.orthogonalise(&mut w);
        let length = norm(&w);
        scale(&mut w, 1.0 / length);
        w
    }

    /// Lanczos steps until the basis has `size` vectors and one more to go on with.
    fn extend(
        &mut self,
        operator: &dyn SymmetricOperator,
        size: usize,
        rng: &mut ChaCha8Rng,
        ctx: &FitContext<'_>,
    ) -> Result<(), FitError> {
        for j in self.kept..size {
            ctx.check_cancelled()?;
            let mut w = vec![0.0; operator.dim()];
            operator.apply(&self.basis[j], &mut w);
            self.projection[(j, j)] = dots(&self.basis[j..=j], &w)[0];
            self.recur(j, &mut w);
            self.orthogonalise(&mut w);
            self.beta = norm(&w);
            // An invariant subspace: go on in any direction outside it; the coupling is zero.
            if self.beta < 1e-12 {
                self.beta = 0.0;
                if j + 1 == operator.dim() - 1 {
                    w.fill(0.0);
                } else {
                    w = self.random_direction(rng);
                }
            } else {
                scale(&mut w, 1.0 / self.beta);
            }
            self.basis.push(w);
            if j + 1 < size {
                self.projection[(j + 1, j)] = self.beta;
                self.projection[(j, j + 1)] = self.beta;
            }
        }
        Ok(())
    }

    /// Takes off what the image of direction `j` has in the basis but for rounding: the last two directions, and behind a
    /// restart all that were kept.
    fn recur(&self, j: usize, w: &mut [f64]) {
        let coupled = if j == self.kept { 0 } else { j - 1 };
        let coupled = &self.basis[coupled..];
        subtract(coupled, &dots(coupled, w), w);
    }

    /// Takes off all of `w` that lies in the basis.
    fn orthogonalise(&self, w: &mut [f64]) {
        let known = std::slice::from_ref(&self.deflated);
        subtract(known, &dots(known, w), w);
        subtract(&self.basis, &dots(&self.basis, w), w);
    }

    /// Eigenvalues of the projection, descending, and its eigenvectors as columns.
    fn rayleigh_ritz(&self, size: usize) -> (Vec<f64>, Mat<f64>) {
        let projection = self.projection.as_ref();
        let Ok(eigen) = projection.self_adjoint_eigen(Side::Lower) else {
            // A finite symmetric matrix always has eigenvectors; were it not finite, nothing below could be either.
            return (vec![0.0; size], Mat::identity(size, size));
        };
        let values = eigen.S().column_vector();
        let descending = (0..size).rev().map(|i| values[i]).collect();
        (
            descending,
            Mat::from_fn(size, size, |row, column| eigen.U()[(row, size - 1 - column)]),
        )
    }

    /// The first `n` Ritz vectors.
    fn rotated(&self, rotation: &Mat<f64>, n: usize) -> Vec<Vec<f64>> {
        let size = rotation.nrows();
        (0..n)
            .map(|column| {
                let mut vector = vec![0.0; self.deflated.len()];
                let coefficients: Vec<f64> = (0..size).map(|row| -rotation[(row, column)]).collect();
                subtract(&self.basis[..size], &coefficients, &mut vector);
                vector
            })
            .collect()
    }

    /// Goes on with the best Ritz vectors and the direction behind them.
    fn restart(&mut self, values: &[f64], rotation: &Mat<f64>, kept: usize) {
        let size = rotation.nrows();
        let mut basis = self.rotated(rotation, kept);
        basis.extend(self.basis.pop());
        self.basis = basis;
        self.projection.fill(0.0);
        for i in 0..kept {
            let coupling = self.beta * rotation[(size - 1, i)];
            self.projection[(i, i)] = values[i];
            self.projection[(kept, i)] = coupling;
            self.projection[(i, kept)] = coupling;
        }
        self.kept = kept;
    }
}

/// The products of each vector of `basis` with `w`.
fn dots(basis: &[Vec<f64>], w: &[f64]) -> Vec<f64> {
    let partial = |(chunk, w): (usize, &[f64])| -> Vec<f64> {
        let dot = |v: &Vec<f64>| dot(&v[chunk * CHUNK..][..w.len()], w);
        basis.iter().map(dot).collect()
    };
    let partials: Vec<Vec<f64>> = w.par_chunks(CHUNK).enumerate().map(partial).collect();
    let mut sums = vec![0.0; basis.len()];
    for partial in partials {
        sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
    }
    sums
}

/// A dot product in eight partial sums, for vector registers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// `w -= sum of coefficient * vector`.
fn subtract(basis: &[Vec<f64>], coefficients: &[f64], w: &mut [f64]) {
    w.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, w)| {
        for (v, &coefficient) in basis.iter().zip(coefficients) {
            let v = &v[chunk * CHUNK..][..w.len()];
            w.iter_mut().zip(v).for_each(|(w, v)| *w -= coefficient * v);
        }
    });
}

fn norm(w: &[f64]) -> f64 {
    w.chunks(CHUNK).map(|w| dot(w, w)).sum::<f64>().sqrt()
}

fn scale(w: &mut [f64], factor: f64) {
    w.iter_mut().for_each(|w| *w *= factor);
}
