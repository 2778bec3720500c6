//! The kernel of euclidean distances, by explicit vector instructions: left to the compiler, it was measured to take six times as long
//! for rows of 784 features.

use pulp::{Simd, WithSimd};

use crate::points::{LANES, Lane};

/// Squared distances of a block to points, `out` having one lane for each point.
pub(crate) struct Squares<'a, T> {
    pub(crate) block: &'a [Lane],
    pub(crate) points: &'a [T],
    pub(crate) out: &'a mut [Lane],
}

impl<T: Copy + Into<f64>> WithSimd for Squares<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many sums at a time as keep both multipliers busy, and fit the registers.
        match S::F64_LANES {
            8 => tiles::<S, T, 8, 1>(simd, self.block, self.points, self.out),
            4 => tiles::<S, T, 4, 2>(simd, self.block, self.points, self.out),
            _ => one_by_one(self.block, self.points, self.out),
        }
    }
}

/// `TILE` points at a time past the `V` vectors of a lane.
#[inline(always)]
fn tiles<S: Simd, T: Copy + Into<f64>, const TILE: usize, const V: usize>(
    simd: S,
    block: &[Lane],
    points: &[T],
    out: &mut [Lane],
) {
    let width = block.len();
    let mut tiles = out.chunks_exact_mut(TILE);
    let mut tiles_of_points = points.chunks_exact(width * TILE);
    for (out, points) in (&mut tiles).zip(&mut tiles_of_points) {
        let rows: [&[T]; TILE] = std::array::from_fn(|at| &points[at * width..][..width]);
        add_up::<S, T, TILE, V>(simd, block, rows, out);
    }
    let last = tiles_of_points.remainder().chunks_exact(width);
    for (out, point) in tiles.into_remainder().iter_mut().zip(last) {
        add_up::<S, T, 1, V>(simd, block, [point], std::slice::from_mut(out));
    }
}

#[inline(always)]
fn add_up<S: Simd, T: Copy + Into<f64>, const TILE: usize, const V: usize>(
    simd: S,
    block: &[Lane],
    rows: [&[T]; TILE],
    out: &mut [Lane],
) {
    let mut sums = [[simd.splat_f64s(0.0); V]; TILE];
    for (feature, lane) in block.iter().enumerate() {
        let vectors = S::as_simd_f64s(lane).0;
        for at in 0..TILE {
            let value = simd.splat_f64s(rows[at][feature].into());
            for v in 0..V {
                let difference = simd.sub_f64s(vectors[v], value);
                sums[at][v] = simd.mul_add_f64s(difference, difference, sums[at][v]);
            }
        }
    }
    for (out, sums) in out.iter_mut().zip(sums) {
        S::as_mut_simd_f64s(out).0.copy_from_slice(&sums);
    }
}

/// Where there are no wide vectors, and a fused operation would be a slow call.
#[inline(always)]
fn one_by_one<T: Copy + Into<f64>>(block: &[Lane], points: &[T], out: &mut [Lane]) {
    for (out, point) in out.iter_mut().zip(points.chunks_exact(block.len())) {
        let mut sums = [0.0; LANES];
        for (lane, &value) in block.iter().zip(point) {
            let value: f64 = value.into();
            for (sum, q) in sums.iter_mut().zip(lane) {
                *sum += (q - value) * (q - value);
            }
        }
        *out = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;

    #[test]
    fn every_width_of_vectors_and_number_of_points_agrees() {
        let mut rng = SplitMix64::new(1, 0, 0);
        for (width, n) in [(1, 1), (3, 7), (17, 8), (5, 29)] {
            let mut draw = |len: usize| {
                (0..len)
                    .map(|_| rng.below(1000) as f64 / 8.0)
                    .collect::<Vec<f64>>()
            };
            let block: Vec<Lane> = draw(width * LANES).as_chunks::<LANES>().0.to_vec();
            let points = draw(width * n);
            let (mut slow, mut fast) = (vec![[0.0; LANES]; n], vec![[1.0; LANES]; n]);
            one_by_one(&block, &points, &mut slow);
            let work = Squares {
                block: &block,
                points: &points,
                out: &mut fast,
            };
            pulp::Arch::new().dispatch(work);
            // All values are multiples of 1/8 and small: every operation is exact, fused or not.
            assert_eq!(slow, fast);
        }
    }
}
