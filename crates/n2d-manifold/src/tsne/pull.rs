//! The attraction between neighbours.

use n2d_core::multiversion;
use rayon::prelude::*;

use super::affinity::Affinities;

/// Rows a task: sums over rows are made task by task, in order, so the number of threads changes no bit.
pub(super) const ROWS: usize = 256;
/// Neighbours worked on at once, to fill vector registers.
const LANES: usize = 8;

/// `sum of p w (y_i - y_j)` for each row, with `w = 1 / (1 + |y_i - y_j|^2)`.
pub(super) fn attraction(affinities: &Affinities, y: &[f32], d: usize, out: &mut [f32]) {
    out.par_chunks_mut(ROWS * d).enumerate().for_each(|(task, out)| {
        for (row, out) in out.chunks_exact_mut(d).enumerate() {
            let row = task * ROWS + row;
            let (columns, weights) = affinities.row(row);
            match d {
                1 => pull1(columns, weights, y, row, out),
                2 => pull2(columns, weights, y, row, out),
                3 => pull3(columns, weights, y, row, out),
                _ => pull_any(columns, weights, y, row, out),
            }
        }
    });
}

multiversion! {
    fn pull1(columns: &[u32], weights: &[f32], y: &[f32], row: usize, out: &mut [f32]) {
        pull::<1>(columns, weights, y, row, out);
    }
}

multiversion! {
    fn pull2(columns: &[u32], weights: &[f32], y: &[f32], row: usize, out: &mut [f32]) {
        pull::<2>(columns, weights, y, row, out);
    }
}

multiversion! {
    fn pull3(columns: &[u32], weights: &[f32], y: &[f32], row: usize, out: &mut [f32]) {
        pull::<3>(columns, weights, y, row, out);
    }
}

#[inline(always)]
fn pull<const D: usize>(columns: &[u32], weights: &[f32], y: &[f32], row: usize, out: &mut [f32]) {
    let y = y.as_chunks::<D>().0;
    let own = y[row];
    let mut sums = [[0.0_f32; LANES]; D];
    let (blocks, rest) = columns.as_chunks::<LANES>();
    let (block_weights, rest_weights) = weights.as_chunks::<LANES>();
    for (columns, weights) in blocks.iter().zip(block_weights) {
        pull_block(&own, y, columns, weights, &mut sums);
    }
    let (mut columns, mut weights) = ([row as u32; LANES], [0.0; LANES]);
    columns[..rest.len()].copy_from_slice(rest);
    weights[..rest.len()].copy_from_slice(rest_weights);
    pull_block(&own, y, &columns, &weights, &mut sums);
    for (out, sums) in out.iter_mut().zip(sums) {
        *out = sums.iter().sum();
    }
}

#[inline(always)]
fn pull_block<const D: usize>(
    own: &[f32; D],
    y: &[[f32; D]],
    columns: &[u32; LANES],
    weights: &[f32; LANES],
    sums: &mut [[f32; LANES]; D],
) {
    let mut apart = [[0.0_f32; LANES]; D];
    for lane in 0..LANES {
        let other = y[columns[lane] as usize];
        for k in 0..D {
            apart[k][lane] = own[k] - other[k];
        }
    }
    let mut squared = [1.0_f32; LANES];
    for apart in &apart {
        for lane in 0..LANES {
            squared[lane] += apart[lane] * apart[lane];
        }
    }
    for (sums, apart) in sums.iter_mut().zip(&apart) {
        for lane in 0..LANES {
            sums[lane] += weights[lane] / squared[lane] * apart[lane];
        }
    }
}

fn pull_any(columns: &[u32], weights: &[f32], y: &[f32], row: usize, out: &mut [f32]) {
    let d = out.len();
    let own = &y[row * d..][..d];
    out.fill(0.0);
    for (&column, &weight) in columns.iter().zip(weights) {
        let other = &y[column as usize * d..][..d];
        let factor = weight / (1.0 + squared(own, other));
        for (out, (a, b)) in out.iter_mut().zip(own.iter().zip(other)) {
            *out += factor * (a - b);
        }
    }
}

fn squared(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The divergence of the layout's similarities `w / z` from the affinities, where `z` is the sum of all `w`.
pub(super) fn divergence(affinities: &Affinities, y: &[f32], d: usize, z: f64) -> f64 {
    let n = y.len() / d;
    let of_row = |row: usize| -> f64 {
        let (columns, weights) = affinities.row(row);
        let own = &y[row * d..][..d];
        let term = |(&column, &p): (&u32, &f32)| {
            let other = &y[column as usize * d..][..d];
            f64::from(p) * f64::from(squared(own, other)).ln_1p()
        };
        columns.iter().zip(weights).map(term).sum()
    };
    let of_task = |task: usize| -> f64 { (task * ROWS..n.min((task + 1) * ROWS)).map(of_row).sum() };
    let terms: Vec<f64> = (0..n.div_ceil(ROWS)).into_par_iter().map(of_task).collect();
    affinities.negative_entropy + terms.iter().sum::<f64>() + affinities.total * z.ln()
}
