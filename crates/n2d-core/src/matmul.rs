//! Single-precision matrix products on one thread: the one place that calls the `gemm` crate.
//!
//! Parallel code calls it for *fixed-size* blocks of rows, one block a task, so that the bits of a result depend
//! neither on the number of threads nor on how many rows are asked for at once.

use std::ops::Range;

use ndarray::ArrayViewMut2;

/// A view of a matrix in a slice.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` times `cols` values, row after row.
    ///
    /// # Panics
    /// Where the slice has another length: a mistake of the calling code, never of the data.
    pub fn new(values: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(
            Some(values.len()),
            rows.checked_mul(cols),
            "a {rows} x {cols} matrix in {} values",
            values.len()
        );
        Self {
            values,
            rows,
            cols,
            row_stride: cols,
            col_stride: 1,
        }
    }

    /// Its numbers of rows and of columns.
    pub fn shape(self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// The transposed view of the same values.
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// Some of its columns.
    ///
    /// # Panics
    /// Where there are not so many: a mistake of the calling code, never of the data.
    pub fn columns(self, range: Range<usize>) -> Self {
        assert!(
            range.start < range.end && range.end <= self.cols,
            "columns {range:?} of {}",
            self.cols
        );
        Self {
            values: &self.values[range.start * self.col_stride..],
            cols: range.len(),
            ..self
        }
    }

    /// Some of its rows.
    ///
    /// # Panics
    /// Where there are not so many: a mistake of the calling code, never of the data.
    pub fn rows(self, range: Range<usize>) -> Self {
        self.t().columns(range).t()
    }
}

/// `out = a b`, `out` row-major.
///
/// ```
/// use n2d_core::matmul::{Matrix, product};
///
/// let a = [1.0, 2.0, 3.0, 4.0];
/// let mut out = [0.0; 4];
/// product(Matrix::new(&a, 2, 2), Matrix::new(&a, 2, 2).t(), &mut out);
/// assert_eq!(out, [5.0, 11.0, 11.0, 25.0]);
/// ```
///
/// # Panics
/// Where the shapes do not fit: a mistake of the calling code, never of the data.
pub fn product(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    let out = ArrayViewMut2::from_shape((a.rows, b.cols), out).expect("as many values as the result has");
    product_into(a, b, out);
}

/// `out = out + a b`, `out` row-major.
///
/// # Panics
/// Where the shapes do not fit: a mistake of the calling code, never of the data.
pub fn add_product(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    let out = ArrayViewMut2::from_shape((a.rows, b.cols), out).expect("as many values as the result has");
    multiply(a, b, out, true);
}

/// `out = a b`, where `out` may be a part of a larger matrix, such as some of its columns.
///
/// # Panics
/// Where the shapes do not fit: a mistake of the calling code, never of the data.
pub fn product_into(a: Matrix<'_>, b: Matrix<'_>, out: ArrayViewMut2<'_, f32>) {
    multiply(a, b, out, false);
}

fn multiply(a: Matrix<'_>, b: Matrix<'_>, mut out: ArrayViewMut2<'_, f32>, adds: bool) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(k, b.rows, "inner dimensions");
    assert_eq!(out.dim(), (m, n), "shape of the result");
    let (out_row_stride, out_col_stride) = (out.strides()[0], out.strides()[1]);
    // SAFETY: every index below the shape of a `Matrix` with its strides lies inside its slice: `new` starts so, and a
    // part is a slice that begins at the part's first value and has no more rows or columns. `out` is given by its own
    // strides, and is borrowed mutably, so it aliases nothing.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            out_col_stride,
            out_row_stride,
            adds,
            a.values.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            f32::from(u8::from(adds)),
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(a: &[f32], b: &[f32], (m, k, n): (usize, usize, usize)) -> Vec<f64> {
        let entry = |i: usize, j: usize| {
            (0..k)
                .map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j]))
                .sum::<f64>()
        };
        (0..m * n).map(|at| entry(at / n, at % n)).collect()
    }

    proptest! {
        #[test]
        fn equals_the_definition(m in 1..20_usize, k in 1..20_usize, n in 1..20_usize, seed: u64) {
            let mut rng = crate::rng::SplitMix64::new(seed, 0, 0);
            let mut draw = |len| (0..len).map(|_| rng.below(2001) as f32 / 1000.0 - 1.0).collect::<Vec<_>>();
            let (a, b) = (draw(m * k), draw(k * n));
            let b_t: Vec<f32> = (0..n * k).map(|at| b[at % k * n + at / k]).collect();
            let (mut out, mut out_t) = (vec![0.0; m * n], vec![0.0; m * n]);
            product(Matrix::new(&a, m, k), Matrix::new(&b, k, n), &mut out);
            product(Matrix::new(&a, m, k), Matrix::new(&b_t, n, k).t(), &mut out_t);
            let mut doubled = out.clone();
            add_product(Matrix::new(&a, m, k), Matrix::new(&b, k, n), &mut doubled);
            for (twice, once) in doubled.iter().zip(&out) {
                prop_assert!((twice - 2.0 * once).abs() < 1e-5);
            }
            for ((x, y), expected) in out.iter().zip(&out_t).zip(naive(&a, &b, (m, k, n))) {
                prop_assert!((f64::from(*x) - expected).abs() < 1e-5);
                prop_assert!((f64::from(*y) - expected).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn parts_of_matrices_multiply_into_parts() {
        let a: Vec<f32> = (0..6).map(|i| i as f32).collect();
        let a = Matrix::new(&a, 2, 3);
        let b: Vec<f32> = (0..12).map(|i| (i * i % 7) as f32).collect();
        let b = Matrix::new(&b, 3, 4);
        let mut whole = vec![0.0; 8];
        product(a, b, &mut whole);
        let mut pieced = ndarray::Array2::zeros((2, 4));
        for (at, out) in pieced.axis_chunks_iter_mut(ndarray::Axis(1), 3).enumerate() {
            let columns = at * 3..(at * 3 + 3).min(4);
            product_into(a, b.columns(columns), out);
        }
        assert_eq!(pieced.into_raw_vec_and_offset().0, whole);
        let mut last_row = vec![0.0; 4];
        product(a.rows(1..2), b, &mut last_row);
        assert_eq!(last_row, whole[4..]);
    }

    #[test]
    #[should_panic(expected = "matrix in 0 values")]
    fn shapes_do_not_wrap_around() {
        let _ = Matrix::new(&[], 1 << (usize::BITS / 2), 1 << (usize::BITS / 2));
    }

    #[test]
    #[should_panic(expected = "columns 2..4 of 3")]
    fn columns_beyond_the_last_are_refused() {
        let _ = Matrix::new(&[0.0; 6], 2, 3).columns(2..4);
    }
}
