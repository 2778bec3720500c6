//! Points of the embedding, padded to widths that fill vector registers, and how forces move them.

use pulp::{Scalar, Simd};
use wide::f32x4;

/// No force moves a point by more than this times the step length, in any component (umap-learn's value).
const CLIP: f32 = 4.0;

/// Components of a [`Wide`] point that are summed up at once.
const LANES: usize = 16;

/// A point, padded with zeros. Every instruction set gives the same bits: the compiler neither reorders nor fuses
/// floating-point operations, and the order of sums depends on the width alone.
///
/// Everything here is inlined into the loop that calls it, to be compiled for its instruction set.
pub(super) trait Point: Copy + Send + Sync {
    const ORIGIN: Self;

    fn values(&self) -> &[f32];

    fn values_mut(&mut self) -> &mut [f32];

    fn squared_distance<S: Simd>(&self, simd: S, other: &Self) -> f32;

    /// Moves it by the force that it feels at `from` from `other`, with a factor that is negative to pull.
    fn push<S: Simd>(&mut self, simd: S, from: &Self, other: &Self, factor: f32, step: f32);

    /// Moves it and another towards one another, or apart, by as much, with a factor each of two forces, of which the second counts if
    /// `DENSE`.
    fn pull<S: Simd, const DENSE: bool>(&mut self, simd: S, other: &mut Self, factors: (f32, f32), step: f32);

    /// With these first components.
    #[inline(always)]
    fn padded(values: &[f32]) -> Self {
        let mut padded = Self::ORIGIN;
        padded.values_mut()[..values.len()].copy_from_slice(values);
        padded
    }

    /// [`squared_distance`](Self::squared_distance) outside of loops that are compiled for an instruction set.
    fn squared_distance_to(&self, other: &Self) -> f32 {
        self.squared_distance(Scalar::new(), other)
    }
}

/// How far a force moves a component at distance `apart` from the other point's, for a step of one.
#[inline(always)]
fn clipped(factor: f32, apart: f32) -> f32 {
    (factor * apart).clamp(-CLIP, CLIP)
}

/// Of two components, or 4 or 8 in registers of four.
impl<const D: usize> Point for [f32; D] {
    const ORIGIN: Self = [0.0; D];

    #[inline(always)]
    fn values(&self) -> &[f32] {
        self
    }

    #[inline(always)]
    fn values_mut(&mut self) -> &mut [f32] {
        self
    }

    /// In four partial sums, so that no addition waits for all before it.
    #[inline(always)]
    fn squared_distance<S: Simd>(&self, _: S, other: &Self) -> f32 {
        if D == 2 {
            let apart = [self[0] - other[0], self[1] - other[1]];
            return apart[0] * apart[0] + apart[1] * apart[1];
        }
        let mut sums = f32x4::ZERO;
        for (&a, &b) in quads(self).iter().zip(quads(other)) {
            let apart = f32x4::new(a) - f32x4::new(b);
            sums += apart * apart;
        }
        sum(sums)
    }

    #[inline(always)]
    fn push<S: Simd>(&mut self, _: S, from: &Self, other: &Self, factor: f32, step: f32) {
        if D == 2 {
            for ((y, from), other) in self.iter_mut().zip(from).zip(other) {
                *y += step * clipped(factor, from - other);
            }
            return;
        }
        let (factor, step) = (f32x4::splat(factor), f32x4::splat(step));
        for ((y, &from), &other) in quads_mut(self).iter_mut().zip(quads(from)).zip(quads(other)) {
            let moved = step * clipped_quad(factor, f32x4::new(from) - f32x4::new(other));
            *y = (f32x4::new(*y) + moved).to_array();
        }
    }

    #[inline(always)]
    fn pull<S: Simd, const DENSE: bool>(
        &mut self,
        _: S,
        other: &mut Self,
        (factor, density): (f32, f32),
        step: f32,
    ) {
        if D == 2 {
            for (y, other) in self.iter_mut().zip(other) {
                let mut moved = step * clipped(factor, *y - *other);
                if DENSE {
                    moved += step * clipped(density, *y - *other);
                }
                *y += moved;
                *other -= moved;
            }
            return;
        }
        let (factor, density, step) = (f32x4::splat(factor), f32x4::splat(density), f32x4::splat(step));
        for (y, other) in quads_mut(self).iter_mut().zip(quads_mut(other)) {
            let (at, to) = (f32x4::new(*y), f32x4::new(*other));
            let mut moved = step * clipped_quad(factor, at - to);
            if DENSE {
                moved += step * clipped_quad(density, at - to);
            }
            *y = (at + moved).to_array();
            *other = (to - moved).to_array();
        }
    }
}

/// A point of 16 components or a multiple of that, in the widest registers there are, none across two cache lines.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub(super) struct Wide<const D: usize>([f32; D]);

impl<const D: usize> Point for Wide<D> {
    const ORIGIN: Self = Self([0.0; D]);

    #[inline(always)]
    fn values(&self) -> &[f32] {
        &self.0
    }

    #[inline(always)]
    fn values_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }

    /// In 16 partial sums, which are halved until one is left.
    #[inline(always)]
    fn squared_distance<S: Simd>(&self, simd: S, other: &Self) -> f32 {
        let mut sums = [0.0; LANES];
        let (blocks, others) = (self.0.as_chunks::<LANES>().0, other.0.as_chunks::<LANES>().0);
        for (block, other) in blocks.iter().zip(others) {
            let (block, other) = (S::as_simd_f32s(block).0, S::as_simd_f32s(other).0);
            for ((sum, &a), &b) in S::as_mut_simd_f32s(&mut sums).0.iter_mut().zip(block).zip(other) {
                let apart = simd.sub_f32s(a, b);
                *sum = simd.add_f32s(*sum, simd.mul_f32s(apart, apart));
            }
        }
        let [a, b, c, d] = [0, 1, 2, 3].map(|quad| f32x4::new(quads(&sums)[quad]));
        sum((a + c) + (b + d))
    }

    #[inline(always)]
    fn push<S: Simd>(&mut self, simd: S, from: &Self, other: &Self, factor: f32, step: f32) {
        let (factor, step) = (simd.splat_f32s(factor), simd.splat_f32s(step));
        let (froms, others) = (S::as_simd_f32s(&from.0).0, S::as_simd_f32s(&other.0).0);
        for ((y, &from), &other) in S::as_mut_simd_f32s(&mut self.0)
            .0
            .iter_mut()
            .zip(froms)
            .zip(others)
        {
            let moved = clipped_lanes(simd, factor, simd.sub_f32s(from, other));
            *y = simd.add_f32s(*y, simd.mul_f32s(step, moved));
        }
    }

    #[inline(always)]
    fn pull<S: Simd, const DENSE: bool>(
        &mut self,
        simd: S,
        other: &mut Self,
        factors: (f32, f32),
        step: f32,
    ) {
        let [factor, density, step] = [factors.0, factors.1, step].map(|value| simd.splat_f32s(value));
        let (ys, others) = (
            S::as_mut_simd_f32s(&mut self.0).0,
            S::as_mut_simd_f32s(&mut other.0).0,
        );
        for (y, other) in ys.iter_mut().zip(others) {
            let apart = simd.sub_f32s(*y, *other);
            let mut moved = simd.mul_f32s(step, clipped_lanes(simd, factor, apart));
            if DENSE {
                moved = simd.add_f32s(moved, simd.mul_f32s(step, clipped_lanes(simd, density, apart)));
            }
            *y = simd.add_f32s(*y, moved);
            *other = simd.sub_f32s(*other, moved);
        }
    }
}

/// What moves points that are `apart`: a factor on that, limited, for a step of one.
#[inline(always)]
fn clipped_quad(factor: f32x4, apart: f32x4) -> f32x4 {
    // In this order what is no number stays so, and is seen.
    f32x4::splat(CLIP).fast_min(f32x4::splat(-CLIP).fast_max(factor * apart))
}

/// As [`clipped_quad`].
#[inline(always)]
fn clipped_lanes<S: Simd>(simd: S, factor: S::f32s, apart: S::f32s) -> S::f32s {
    let (low, high) = (simd.splat_f32s(-CLIP), simd.splat_f32s(CLIP));
    simd.min_f32s(high, simd.max_f32s(low, simd.mul_f32s(factor, apart)))
}

#[inline(always)]
fn sum(quad: f32x4) -> f32 {
    let [x, y, z, w] = quad.to_array();
    (x + z) + (y + w)
}

#[inline(always)]
fn quads<const D: usize>(values: &[f32; D]) -> &[[f32; 4]] {
    values.as_chunks().0
}

#[inline(always)]
fn quads_mut<const D: usize>(values: &mut [f32; D]) -> &mut [[f32; 4]] {
    values.as_chunks_mut().0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distances_are_right<P: Point>() {
        let mut a = P::ORIGIN;
        for (i, value) in a.values_mut().iter_mut().enumerate() {
            *value = i as f32;
        }
        let mut b = a;
        b.values_mut().iter_mut().for_each(|value| *value = -*value);
        let expected: usize = (0..a.values().len()).map(|i| (2 * i) * (2 * i)).sum();
        assert_eq!(a.squared_distance_to(&b), expected as f32);
    }

    #[test]
    fn distances_are_right_for_every_width() {
        distances_are_right::<[f32; 2]>();
        distances_are_right::<[f32; 4]>();
        distances_are_right::<[f32; 8]>();
        distances_are_right::<Wide<16>>();
        distances_are_right::<Wide<64>>();
    }

    /// One component at a time: limited steps along what is apart.
    fn moves_are_right<P: Point + PartialEq + std::fmt::Debug>() {
        let value = |i: usize, by: usize| ((i * 7 + by) % 11) as f32 - 5.0;
        let (mut y, mut other) = (P::ORIGIN, P::ORIGIN);
        for i in 0..y.values().len() {
            (y.values_mut()[i], other.values_mut()[i]) = (value(i, 0), value(i, 3));
        }
        let (mut pushed, mut pulled, mut to) = (y, y, other);
        pushed.push(Scalar::new(), &other, &y, 0.75, 0.5);
        pulled.pull::<_, true>(Scalar::new(), &mut to, (-0.75, 0.25), 0.5);
        for i in 0..y.values().len() {
            let (at, from) = (y.values()[i], other.values()[i]);
            let moved = |factor: f32| 0.5 * (factor * (at - from)).clamp(-4.0, 4.0);
            assert_eq!(pushed.values()[i], at - moved(0.75));
            let both = moved(-0.75) + moved(0.25);
            assert_eq!((pulled.values()[i], to.values()[i]), (at + both, from - both));
        }
    }

    #[test]
    fn moves_are_right_for_every_width() {
        moves_are_right::<[f32; 2]>();
        moves_are_right::<[f32; 8]>();
        moves_are_right::<Wide<16>>();
        moves_are_right::<Wide<32>>();
    }
}
