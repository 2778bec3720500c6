//! The layout of one new point among points that stand still.

use std::marker::PhantomData;

use n2d_core::rng::SplitMix64;
use pulp::{Arch, Simd, WithSimd};

use super::kernel::LANES;
use super::layout::{Layout, is_due, with_points};
use super::points::{Point, Wide};
use crate::numbers::MAX_COMPONENTS;

impl Layout {
    /// Places one new point among points that stand still. `memberships` are of (point, weight).
    pub(super) fn place(&self, memberships: &[(u32, f32)], others: &[f32], position: &mut [f32]) {
        with_points!(position.len(), self.place_padded(memberships, others, position));
    }

    fn place_padded<P: Point>(&self, memberships: &[(u32, f32)], others: &[f32], position: &mut [f32]) {
        Arch::new().dispatch(Settle::<P> {
            layout: self,
            memberships,
            others,
            position,
            point: PhantomData,
        });
    }

    #[inline(always)]
    fn settle<S: Simd, P: Point>(
        &self,
        simd: S,
        memberships: &[(u32, f32)],
        others: &[f32],
        position: &mut [f32],
    ) {
        let n_components = position.len();
        let strongest = memberships.iter().map(|&(_, weight)| weight).fold(0.0, f32::max);
        let other = |index: usize| P::padded(&others[index * n_components..][..n_components]);
        let n_others = others.len() / n_components;
        let mut y = P::padded(position);
        for epoch in 0..self.n_epochs {
            let step = self.step(epoch);
            // Every new point draws the same repelling points, so that its place does not depend on its row number.
            let mut rng = SplitMix64::new(self.seed, epoch as u64, 0);
            for &(index, _) in memberships
                .iter()
                .filter(|&&(_, weight)| is_due(epoch, weight / strongest))
            {
                let end = other(index as usize);
                let pull = self.forces.attraction(y.squared_distance(simd, &end));
                let from = y;
                y.push(simd, &from, &end, pull, step);
                self.push(simd, &mut y, || rng.below(n_others), other, step);
            }
        }
        position.copy_from_slice(&y.values()[..n_components]);
    }

    /// Pushes `y` off as many points as it draws, up to [`LANES`] at once from where it is.
    #[inline(always)]
    fn push<S: Simd, P: Point>(
        &self,
        simd: S,
        y: &mut P,
        mut draw: impl FnMut() -> usize,
        point: impl Fn(usize) -> P,
        step: f32,
    ) {
        let mut left = self.negative_sample_rate;
        while left > 0 {
            let (mut drawn, mut squared) = ([0; LANES], [0.0; LANES]);
            let n = left.min(LANES);
            for (drawn, squared) in drawn.iter_mut().zip(&mut squared).take(n) {
                *drawn = draw();
                *squared = y.squared_distance(simd, &point(*drawn));
            }
            let from = *y;
            for (&drawn, push) in drawn.iter().zip(self.forces.repulsions(&squared)).take(n) {
                y.push(simd, &from, &point(drawn), push, step);
            }
            left -= n;
        }
    }
}

/// All epochs of one new point, compiled once for each instruction set.
struct Settle<'a, P> {
    layout: &'a Layout,
    memberships: &'a [(u32, f32)],
    others: &'a [f32],
    position: &'a mut [f32],
    point: PhantomData<P>,
}

impl<P: Point> WithSimd for Settle<'_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.layout
            .settle::<S, P>(simd, self.memberships, self.others, self.position);
    }
}
