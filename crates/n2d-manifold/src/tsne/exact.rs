//! The repulsion between all pairs.

use n2d_core::{CancelToken, multiversion};
use rayon::prelude::*;

use super::pull::ROWS;

/// Points worked on at once, to fill vector registers.
const LANES: usize = 8;
/// Where the points stand that fill the last block up: so far away that they exert no force.
const NOWHERE: f32 = 1e18;

/// Embedded points component by component, in whole blocks.
#[derive(Debug, Clone)]
pub(super) struct Points {
    values: Vec<f32>,
    /// Points of a component, with those that fill up.
    stride: usize,
    d: usize,
}

impl Points {
    pub(super) fn new(y: &[f32], d: usize) -> Self {
        let n = y.len() / d;
        let stride = n.next_multiple_of(LANES);
        let mut values = vec![NOWHERE; stride * d];
        for (row, y) in y.chunks_exact(d).enumerate() {
            for (component, &v) in y.iter().enumerate() {
                values[component * stride + row] = v;
            }
        }
        Self { values, stride, d }
    }

    /// `sum of w^2 (y - y_j)` over all points, where `w = 1 / (1 + |y - y_j|^2)`, and the sum of `w`.
    pub(super) fn push(&self, y: &[f32], out: &mut [f32]) -> f64 {
        match self.d {
            2 => push2(&self.values, self.stride, y, out),
            d => push_any(&self.values, self.stride, d, y, out),
        }
    }
}

/// [`Points::push`] for each point, and the sum of `w` over all pairs of different points.
pub(super) fn repulsion(y: &[f32], d: usize, out: &mut [f32], token: &CancelToken) -> f64 {
    let points = Points::new(y, d);
    let of_task = |(y, out): (&[f32], &mut [f32])| -> f64 {
        if token.is_cancelled() {
            return 0.0;
        }
        // Each point's own `w` is one.
        let rows = y.chunks_exact(d).zip(out.chunks_exact_mut(d));
        rows.map(|(y, out)| points.push(y, out) - 1.0).sum()
    };
    let tasks = y.par_chunks(ROWS * d).zip(out.par_chunks_mut(ROWS * d));
    tasks.map(of_task).collect::<Vec<f64>>().iter().sum()
}

multiversion! {
    fn push2(values: &[f32], stride: usize, y: &[f32], out: &mut [f32]) -> f64 {
        let [mut total, mut fx, mut fy] = [[0.0_f32; LANES]; 3];
        let (xs, ys) = values.split_at(stride);
        for (xs, ys) in xs.as_chunks::<LANES>().0.iter().zip(ys.as_chunks::<LANES>().0) {
            for lane in 0..LANES {
                let (dx, dy) = (y[0] - xs[lane], y[1] - ys[lane]);
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                total[lane] += w;
                fx[lane] += w * w * dx;
                fy[lane] += w * w * dy;
            }
        }
        (out[0], out[1]) = (fx.iter().sum(), fy.iter().sum());
        total.iter().map(|&w| f64::from(w)).sum()
    }
}

multiversion! {
    fn push_any(values: &[f32], stride: usize, d: usize, y: &[f32], out: &mut [f32]) -> f64 {
        let mut total = [0.0_f32; LANES];
        let mut sums = vec![[0.0_f32; LANES]; d];
        for first in (0..stride).step_by(LANES) {
            let mut w = [1.0_f32; LANES];
            for component in 0..d {
                let block = &values[component * stride + first..][..LANES];
                for lane in 0..LANES {
                    w[lane] += (y[component] - block[lane]) * (y[component] - block[lane]);
                }
            }
            for lane in 0..LANES {
                w[lane] = 1.0 / w[lane];
                total[lane] += w[lane];
            }
            for (component, sums) in sums.iter_mut().enumerate() {
                let block = &values[component * stride + first..][..LANES];
                for lane in 0..LANES {
                    sums[lane] += w[lane] * w[lane] * (y[component] - block[lane]);
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(sums) {
            *out = sums.iter().sum();
        }
        total.iter().map(|&w| f64::from(w)).sum()
    }
}
