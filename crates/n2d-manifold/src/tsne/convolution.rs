//! Sums of three kernels over the charges on a grid, by fast Fourier transforms.

use std::sync::Arc;

use rayon::prelude::*;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// Frequencies, or rows, a task: so many complex numbers fill a cache line.
const BLOCK: usize = 8;
const ZERO: Complex32 = Complex32::new(0.0, 0.0);

/// At each node: the sum of `w`, and those of `w^2` times the distance along columns and along rows, with `w = 1 / (1 + distance^2)`.
/// One value is left over, to fill up.
pub(super) type Potentials = [f32; 4];

/// The convolution with the kernels on a grid of up to `rows` times `columns` nodes.
pub(super) struct Convolution {
    rows: Axis,
    columns: Axis,
    /// For each frequency along columns, those along rows: what each kernel multiplies by.
    kernels: Vec<[f32; 3]>,
    /// The first kernel at nodes up to two apart along rows and columns, as sharpened.
    near: [[f32; 3]; 3],
    room: Room,
}

/// Room for what lies between charges and potentials, kept for the next time: getting it from the system anew each time took as
/// long as half of the transforms.
#[derive(Default)]
struct Room {
    by_row: Vec<Complex32>,
    spectrum: Vec<Complex32>,
    products: Vec<Complex32>,
    potentials: Vec<Potentials>,
}

/// So many zeros, in the room there is.
fn zeros<T: Clone>(room: &mut Vec<T>, n: usize, zero: T) {
    room.clear();
    room.resize(n, zero);
}

/// A transform along one direction, twice as long as the grid at least, so that its ends do not meet.
struct Axis {
    length: usize,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

impl Axis {
    fn new(length: usize) -> Self {
        let mut planner = FftPlanner::new();
        Self {
            length,
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
        }
    }

    fn scratch(&self) -> Vec<Complex32> {
        let lengths = [&self.forward, &self.inverse].map(|fft| fft.get_inplace_scratch_len());
        vec![ZERO; lengths[0].max(lengths[1])]
    }
}

/// The least even length of at least `least` that has no prime factor above 5: for those, transforms are quick.
pub(super) fn good_length(least: usize) -> usize {
    let is_good = |&length: &usize| {
        let mut left = length;
        for prime in [2, 3, 5] {
            while left.is_multiple_of(prime) {
                left /= prime;
            }
        }
        left == 1 && length.is_multiple_of(2)
    };
    (least.max(2)..)
        .find(is_good)
        .expect("there is always a greater one")
}

impl Convolution {
    /// Of nodes `spacing` apart, with transforms of two lengths, at least twice as long as the grid; of one row where the first is 1.
    ///
    /// The kernels are sharpened against a blur along each direction on the way to the nodes and again on the way from them: what it
    /// makes of waves, by their angle from node to node.
    pub(super) fn new(lengths: [usize; 2], spacing: f64, blur: fn(f64) -> f64) -> Self {
        let [rows, columns] = lengths.map(Axis::new);
        let mut convolution = Self {
            rows,
            columns,
            kernels: Vec::new(),
            near: [[0.0; 3]; 3],
            room: Room::default(),
        };
        let kernels: [fn(f64, f64) -> f64; 3] = [
            |r, c| 1.0 / (1.0 + r * r + c * c),
            |r, c| c / (1.0 + r * r + c * c).powi(2),
            |r, c| r / (1.0 + r * r + c * c).powi(2),
        ];
        let spectra = kernels.map(|kernel| convolution.spectrum_of(spacing, kernel));
        // A kernel that is even, as the first, has a real spectrum; the others are odd along one direction.
        let entry = |at: usize| [spectra[0][at].re, spectra[1][at].im, spectra[2][at].im];
        let angle = |at: usize, length: usize| std::f64::consts::TAU * at as f64 / length as f64;
        let scaled = |at: usize| {
            let along_rows = blur(angle(at % lengths[0], lengths[0]));
            let along_columns = blur(angle(at / lengths[0], lengths[1]));
            let blur = (along_rows * along_columns).powi(2);
            let scale = (1.0 / (blur * (lengths[0] * lengths[1]) as f64)) as f32;
            entry(at).map(|v| v * scale)
        };
        convolution.kernels = (0..spectra[0].len()).into_par_iter().map(scaled).collect();
        let n_rows = lengths[0].min(3);
        let mut one = vec![0.0; n_rows * 3];
        one[0] = 1.0;
        let around_one = convolution.potentials(&one, 3).to_vec();
        for (near, potentials) in convolution.near.iter_mut().zip(around_one.chunks_exact(3)) {
            *near = std::array::from_fn(|column| potentials[column][0]);
        }
        convolution
    }

    /// The similarities of nodes up to two apart along rows and columns.
    pub(super) fn near(&self) -> &[[f32; 3]; 3] {
        &self.near
    }

    pub(super) fn lengths(&self) -> [usize; 2] {
        [self.rows.length, self.columns.length]
    }

    fn spectrum_of(&self, spacing: f64, kernel: fn(f64, f64) -> f64) -> Vec<Complex32> {
        let [n_rows, n_columns] = self.lengths();
        let distance = |at: usize, length: usize| match 2 * at {
            // As far one way as the other: an odd kernel has no value there.
            twice if twice == length && length > 1 => None,
            twice if twice < length => Some(at as f64 * spacing),
            _ => Some((at as f64 - length as f64) * spacing),
        };
        let value = |at: usize| {
            let along = (
                distance(at / n_columns, n_rows),
                distance(at % n_columns, n_columns),
            );
            let (Some(r), Some(c)) = along else { return 0.0 };
            kernel(r, c) as f32
        };
        let values: Vec<f32> = (0..n_rows * n_columns).into_par_iter().map(value).collect();
        let mut room = Room::default();
        self.along_rows(&values, n_columns, &mut room);
        let mut spectrum = room.spectrum;
        let (fft, n) = (&self.rows.forward, self.rows.length);
        spectrum.par_chunks_mut(n).for_each_init(
            || self.rows.scratch(),
            |scratch, column| fft.process_with_scratch(column, scratch),
        );
        spectrum
    }

    /// Number of frequencies along columns; the others are conjugates of these.
    fn n_frequencies(&self) -> usize {
        self.columns.length / 2 + 1
    }

    /// The transform of each row of real values, turned: frequency by frequency, padded to the length of the other transform.
    fn along_rows(&self, values: &[f32], n_columns: usize, room: &mut Room) {
        let (n, n_frequencies) = (self.columns.length, self.n_frequencies());
        let n_rows = values.len() / n_columns;
        zeros(&mut room.by_row, n_rows * n_frequencies, ZERO);
        let pairs = room
            .by_row
            .par_chunks_mut(2 * n_frequencies)
            .zip(values.par_chunks(2 * n_columns));
        pairs.for_each_init(
            || (vec![ZERO; n], self.columns.scratch()),
            |(buffer, scratch), (out, values)| {
                // Two real rows as one complex row.
                let (first, second) = values.split_at(n_columns);
                buffer.fill(ZERO);
                for (at, (buffer, &v)) in buffer.iter_mut().zip(first).enumerate() {
                    *buffer = Complex32::new(v, second.get(at).copied().unwrap_or(0.0));
                }
                self.columns.forward.process_with_scratch(buffer, scratch);
                let (out, out_second) = out.split_at_mut(n_frequencies);
                for k in 0..n_frequencies {
                    let (z, mirrored) = (buffer[k], buffer[(n - k) % n].conj());
                    out[k] = (z + mirrored) * 0.5;
                    if let Some(out) = out_second.get_mut(k) {
                        *out = (z - mirrored) * Complex32::new(0.0, -0.5);
                    }
                }
            },
        );
        self.turn(n_rows, room);
    }

    fn turn(&self, n_rows: usize, room: &mut Room) {
        let (n_frequencies, padded) = (self.n_frequencies(), self.rows.length);
        zeros(&mut room.spectrum, n_frequencies * padded, ZERO);
        let by_row = &room.by_row;
        let blocks = room.spectrum.par_chunks_mut(BLOCK * padded).enumerate();
        blocks.for_each(|(block, out)| {
            for row in 0..n_rows {
                let values = &by_row[row * n_frequencies + block * BLOCK..][..out.len() / padded];
                for (k, &v) in values.iter().enumerate() {
                    out[k * padded + row] = v;
                }
            }
        });
    }

    /// The potentials at all nodes, row after row, of charges at the nodes.
    pub(super) fn potentials(&mut self, charges: &[f32], n_columns: usize) -> &[Potentials] {
        let mut room = std::mem::take(&mut self.room);
        let n_rows = charges.len() / n_columns;
        self.along_rows(charges, n_columns, &mut room);
        self.products(n_rows, &mut room);
        zeros(&mut room.potentials, n_rows * n_columns, [0.0; 4]);
        let products = &room.products;
        let blocks = room.potentials.par_chunks_mut(BLOCK * n_columns).enumerate();
        let scratch = || {
            let spectra = vec![ZERO; BLOCK * 3 * self.n_frequencies()];
            (vec![ZERO; self.columns.length], self.columns.scratch(), spectra)
        };
        blocks.for_each_init(scratch, |(buffer, scratch, spectra), (block, out)| {
            let first = block * BLOCK;
            let rows = out.len() / n_columns;
            // A row without a second one is transformed with zeros, not with what another block left here.
            spectra.fill(ZERO);
            self.gather(products, n_rows, first..first + rows, spectra);
            for (pair, out) in out.chunks_mut(2 * n_columns).enumerate() {
                self.back_along_rows(spectra, 2 * pair, n_columns, out, buffer, scratch);
            }
        });
        self.room = room;
        &self.room.potentials
    }

    /// For each frequency along columns, three times the rows: the products with the kernels, transformed back along rows.
    fn products(&self, n_rows: usize, room: &mut Room) {
        let n = self.rows.length;
        zeros(&mut room.products, self.n_frequencies() * 3 * n_rows, ZERO);
        let columns = room.spectrum.par_chunks_mut(n).zip(self.kernels.par_chunks(n));
        room.products
            .par_chunks_mut(3 * n_rows)
            .zip(columns)
            .with_min_len(BLOCK)
            .for_each_init(
                || (vec![ZERO; n], self.rows.scratch()),
                |(buffer, scratch), (out, (column, kernels))| {
                    self.rows.forward.process_with_scratch(column, scratch);
                    for (kernel, out) in out.chunks_exact_mut(n_rows).enumerate() {
                        let factor = |k: &[f32; 3]| match kernel {
                            0 => Complex32::new(k[0], 0.0),
                            _ => Complex32::new(0.0, k[kernel]),
                        };
                        for (buffer, (v, k)) in buffer.iter_mut().zip(column.iter().zip(kernels)) {
                            *buffer = v * factor(k);
                        }
                        self.rows.inverse.process_with_scratch(buffer, scratch);
                        out.copy_from_slice(&buffer[..n_rows]);
                    }
                },
            );
    }

    /// The spectra of some rows: kernel by kernel, row by row.
    fn gather(
        &self,
        products: &[Complex32],
        n_rows: usize,
        rows: std::ops::Range<usize>,
        out: &mut [Complex32],
    ) {
        let n_frequencies = self.n_frequencies();
        for (k, products) in products.chunks_exact(3 * n_rows).enumerate() {
            for kernel in 0..3 {
                let values = &products[kernel * n_rows..][rows.clone()];
                for (row, &v) in values.iter().enumerate() {
                    out[(kernel * BLOCK + row) * n_frequencies + k] = v;
                }
            }
        }
    }

    /// Two rows of potentials, from row `first` of the spectra on: as real and imaginary parts of one row.
    fn back_along_rows(
        &self,
        spectra: &[Complex32],
        first: usize,
        n_columns: usize,
        out: &mut [Potentials],
        buffer: &mut [Complex32],
        scratch: &mut [Complex32],
    ) {
        let (n, n_frequencies) = (buffer.len(), self.n_frequencies());
        for kernel in 0..3 {
            let spectrum = |row: usize| &spectra[(kernel * BLOCK + row) * n_frequencies..][..n_frequencies];
            let (a, b) = (spectrum(first), spectrum(first + 1));
            let i = Complex32::new(0.0, 1.0);
            for k in 0..n_frequencies {
                buffer[k] = a[k] + i * b[k];
                if k > 0 && 2 * k < n {
                    buffer[n - k] = a[k].conj() + i * b[k].conj();
                }
            }
            self.columns.inverse.process_with_scratch(buffer, scratch);
            let (out, out_second) = out.split_at_mut(n_columns);
            for (out, v) in out.iter_mut().zip(&*buffer) {
                out[kernel] = v.re;
            }
            for (out, v) in out_second.iter_mut().zip(&*buffer) {
                out[kernel] = v.im;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sums over all pairs of nodes.
    fn check(n_rows: usize, n_columns: usize, spacing: f64) {
        let lengths = [
            if n_rows == 1 { 1 } else { good_length(2 * n_rows) },
            good_length(2 * n_columns),
        ];
        let mut convolution = Convolution::new(lengths, spacing, |_| 1.0);
        let charges: Vec<f32> = (0..n_rows * n_columns)
            .map(|i| (i * i % 11) as f32 - 2.0)
            .collect();
        let got = convolution.potentials(&charges, n_columns);
        for (at, got) in got.iter().enumerate() {
            let mut expected = [0.0_f64; 3];
            for (other, &charge) in charges.iter().enumerate() {
                let along = |a: usize, b: usize| (a as f64 - b as f64) * spacing;
                let r = along(at / n_columns, other / n_columns);
                let c = along(at % n_columns, other % n_columns);
                let w = 1.0 / (1.0 + r * r + c * c);
                let charge = f64::from(charge);
                for (sum, v) in expected.iter_mut().zip([w, w * w * c, w * w * r]) {
                    *sum += charge * v;
                }
            }
            for (got, expected) in got.iter().zip(expected) {
                assert!(
                    (f64::from(*got) - expected).abs() < 1e-4 * (1.0 + expected.abs()),
                    "{got} {expected}"
                );
            }
        }
    }

    #[test]
    fn convolutions_are_sums_over_pairs() {
        check(1, 1, 0.5);
        check(1, 37, 0.5);
        check(2, 3, 1.5);
        check(9, 14, 0.3);
        check(31, 23, 0.7);
    }

    #[test]
    fn lengths_are_even_and_smooth() {
        assert_eq!(
            [1, 3, 7, 11, 13, 97, 1001].map(good_length),
            [2, 4, 8, 12, 16, 100, 1024]
        );
    }
}
