//! Stochastic gradient descent on the cross-entropy between the fuzzy graph and the embedding, parallel *and*
//! deterministic.
//!
//! As in umap-learn an edge moves both its ends at once, the newest positions always known. Letting each end gather its
//! own forces would be simpler to share out, but pairs then no longer keep their centre, and the noise of that costs
//! accuracy. Sharing out is therefore the work of [`blocks`](super::blocks).

use n2d_core::rng::SplitMix64;
use n2d_core::{Control, FitContext, FitError, PartConfig, Progress};
use n2d_neighbors::SparseGraph;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::UmapConfig;
use super::blocks::{Blocks, Both, Edge, Meeting, lend};
use super::density::{DensityTerm, Pressure, Pressures};
use super::kernel::{self, Forces, LANES, clipped, squared_distance};

/// The widest embedding.
pub(super) const MAX_COMPONENTS: usize = 256;

/// Edges that are worked on at once, to fill vector registers.
const BUNDLE: usize = 8;
/// Points that each of them draws at once.
const DRAWS: usize = 8;

/// How a layout is made.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) forces: Forces,
    pub(super) n_epochs: usize,
    pub(super) learning_rate: f32,
    pub(super) negative_sample_rate: usize,
    pub(super) seed: u64,
}

/// Calls a method generic over the padded width with the least width that holds `n_components`.
macro_rules! with_width {
    ($n_components:expr, $layout:ident.$method:ident($($argument:expr),*)) => {
        match $n_components {
            ..=2 => $layout.$method::<2>($($argument),*),
            3..=4 => $layout.$method::<4>($($argument),*),
            5..=8 => $layout.$method::<8>($($argument),*),
            9..=12 => $layout.$method::<12>($($argument),*),
            13..=16 => $layout.$method::<16>($($argument),*),
            17..=32 => $layout.$method::<32>($($argument),*),
            33..=64 => $layout.$method::<64>($($argument),*),
            _ => $layout.$method::<MAX_COMPONENTS>($($argument),*),
        }
    };
}

impl Layout {
    /// Lays out all points of a graph from where they are; `positions` are `(n, n_components)` values. Returns the epochs made.
    pub(super) fn arrange(
        &self,
        graph: &SparseGraph,
        positions: &mut [f32],
        density: Option<&DensityTerm>,
        ctx: &mut FitContext<'_>,
    ) -> Result<usize, FitError> {
        let n_components = positions.len() / graph.n_rows();
        with_width!(n_components, self.arrange_padded(graph, positions, density, ctx))
    }

    /// Places one new point among points that stand still. `memberships` are of (point, weight).
    pub(super) fn place(&self, memberships: &[(u32, f32)], others: &[f32], position: &mut [f32]) {
        with_width!(position.len(), self.place_padded(memberships, others, position));
    }

    fn arrange_padded<const D: usize>(
        &self,
        graph: &SparseGraph,
        positions: &mut [f32],
        density: Option<&DensityTerm>,
        ctx: &mut FitContext<'_>,
    ) -> Result<usize, FitError> {
        let n_components = positions.len() / graph.n_rows();
        let blocks = Blocks::new(graph.n_rows());
        let (rounds, edges) = (blocks.rounds(), blocks.edges(graph, self.n_epochs));
        let mut points: Vec<Vec<[f32; D]>> =
            blocks.split(|point| padded(&positions[point * n_components..][..n_components]));
        let mut epochs = 0;
        while epochs < self.n_epochs {
            let due = density.filter(|density| density.is_due(epochs, self.n_epochs));
            let pressures = due.map(|density| density.pressures(graph, &blocks, &points, &self.forces));
            self.make_epoch(&rounds, &edges, &mut points, pressures.as_ref(), epochs);
            epochs += 1;
            check_finite(&points, epochs)?;
            if ctx.step(Progress::new("layout", epochs, self.n_epochs))? == Control::Stop {
                break;
            }
        }
        blocks.join(&points, |point, y| {
            positions[point * n_components..][..n_components].copy_from_slice(&y[..n_components]);
        });
        Ok(epochs)
    }

    /// Round after round, all meetings of one at the same time; `edges` are of round and meeting.
    fn make_epoch<const D: usize>(
        &self,
        rounds: &[Vec<Meeting>],
        edges: &[Vec<Vec<Edge>>],
        points: &mut [Vec<[f32; D]>],
        pressures: Option<&Pressures>,
        epoch: usize,
    ) {
        let arch = Arch::new();
        for (number, (round, edges)) in rounds.iter().zip(edges).enumerate() {
            let meetings = lend(points, round).into_par_iter().zip(edges).enumerate();
            meetings.for_each(|(meeting, (mut both, edges))| {
                let stream = number * round.len() + meeting;
                arch.dispatch(Meet {
                    layout: self,
                    both: &mut both,
                    edges,
                    pressures: pressures.map(|pressures| Met {
                        scale: pressures.scale,
                        first: &pressures.of_points[round[meeting].0],
                        second: &pressures.of_points[round[meeting].1],
                    }),
                    epoch,
                    rng: SplitMix64::new(self.seed, epoch as u64, stream as u64),
                });
            });
        }
    }

    /// One epoch of the edges between two blocks: each pulls its ends together and pushes its head off points drawn at random.
    /// With `DENSE`, each also serves the density term.
    ///
    /// Edges go [`BUNDLE`] at a time, so that their forces fill vector registers and none waits for the one before. Their order
    /// keeps edges of one head apart; should two of a bundle share a point all the same, both move it.
    #[inline(always)]
    fn meet<const D: usize, const DENSE: bool>(
        &self,
        both: &mut Both<'_, [f32; D]>,
        edges: &[Edge],
        pressures: &Met<'_>,
        epoch: usize,
        mut rng: SplitMix64,
    ) {
        let step = self.step(epoch);
        let mut due = edges.iter().filter(|edge| is_due(epoch, edge.frequency));
        let mut bundle = [Edge::NONE; BUNDLE];
        loop {
            let mut n = 0;
            for (slot, edge) in bundle.iter_mut().zip(due.by_ref()) {
                *slot = *edge;
                n += 1;
            }
            let bundle = &bundle[..n];
            self.pull::<D, DENSE>(both, bundle, pressures, step);
            let mut left = self.negative_sample_rate;
            while left > 0 {
                let n_draws = left.min(DRAWS);
                self.repel(both, bundle, n_draws, &mut rng, step);
                left -= n_draws;
            }
            if n < BUNDLE {
                break;
            }
        }
    }

    /// Pulls the ends of edges together.
    #[inline(always)]
    fn pull<const D: usize, const DENSE: bool>(
        &self,
        both: &mut Both<'_, [f32; D]>,
        bundle: &[Edge],
        pressures: &Met<'_>,
        step: f32,
    ) {
        let mut squared = [1.0; BUNDLE];
        for (squared, edge) in squared.iter_mut().zip(bundle) {
            *squared = squared_distance(both.get(edge.head as usize), both.get(edge.tail as usize));
        }
        let pulls = self.forces.attractions(&squared);
        for ((edge, pull), squared) in bundle.iter().zip(pulls).zip(squared) {
            let (head, tail) = (edge.head as usize, edge.tail as usize);
            let (mut y, mut other) = (*both.get(head), *both.get(tail));
            let spread = if DENSE {
                let ends = [pressures.get(head), pressures.get(tail)];
                self.forces
                    .density(squared, ends, pressures.scale, edge.frequency)
            } else {
                0.0
            };
            kernel::pull::<D, DENSE>(&mut y, &mut other, (pull, spread), step);
            both.set(tail, other);
            both.set(head, y);
        }
    }

    /// Pushes the head of each edge off `n_draws` points drawn at random, at most [`DRAWS`], from where it is.
    #[inline(always)]
    fn repel<const D: usize>(
        &self,
        both: &mut Both<'_, [f32; D]>,
        bundle: &[Edge],
        n_draws: usize,
        rng: &mut SplitMix64,
        step: f32,
    ) {
        let mut drawn = [[0; DRAWS]; BUNDLE];
        let mut squared = [[1.0; BUNDLE]; DRAWS];
        for (place, (edge, drawn)) in bundle.iter().zip(&mut drawn).enumerate() {
            let head = edge.head as usize;
            let (y, repelling) = (*both.get(head), both.opposite(head));
            for (drawn, squared) in drawn[..n_draws].iter_mut().zip(&mut squared) {
                *drawn = repelling.start + rng.below(repelling.len());
                squared[place] = squared_distance(&y, both.get(*drawn));
            }
        }
        let mut pushes = [[0.0; BUNDLE]; DRAWS];
        for (pushes, squared) in pushes[..n_draws].iter_mut().zip(&squared) {
            *pushes = self.forces.repulsions(squared);
        }
        for (place, (edge, drawn)) in bundle.iter().zip(drawn).enumerate() {
            let head = edge.head as usize;
            let mut y = *both.get(head);
            for (&drawn, pushes) in drawn[..n_draws].iter().zip(&pushes) {
                kernel::push(&mut y, both.get(drawn), pushes[place], step);
            }
            both.set(head, y);
        }
    }

    fn place_padded<const D: usize>(&self, memberships: &[(u32, f32)], others: &[f32], position: &mut [f32]) {
        Arch::new().dispatch(Settle::<D> {
            layout: self,
            memberships,
            others,
            position,
        });
    }

    #[inline(always)]
    fn settle<const D: usize>(&self, memberships: &[(u32, f32)], others: &[f32], position: &mut [f32]) {
        let n_components = position.len();
        let strongest = memberships.iter().map(|&(_, weight)| weight).fold(0.0, f32::max);
        let other = |index: usize| padded::<D>(&others[index * n_components..][..n_components]);
        let n_others = others.len() / n_components;
        let mut y = padded(position);
        for epoch in 0..self.n_epochs {
            let step = self.step(epoch);
            // Every new point draws the same repelling points, so that its place does not depend on its row number.
            let mut rng = SplitMix64::new(self.seed, epoch as u64, 0);
            for &(index, _) in memberships
                .iter()
                .filter(|&&(_, weight)| is_due(epoch, weight / strongest))
            {
                let end = other(index as usize);
                let pull = self.forces.attraction(squared_distance(&y, &end));
                kernel::push(&mut y, &end, pull, step);
                self.push(&mut y, || rng.below(n_others), other, step);
            }
        }
        position.copy_from_slice(&y[..n_components]);
    }

    /// Pushes `y` off as many points as it draws, up to [`LANES`] at once from where it is.
    #[inline(always)]
    fn push<const D: usize>(
        &self,
        y: &mut [f32; D],
        mut draw: impl FnMut() -> usize,
        point: impl Fn(usize) -> [f32; D],
        step: f32,
    ) {
        let mut left = self.negative_sample_rate;
        while left > 0 {
            let (mut drawn, mut squared) = ([0; LANES], [0.0; LANES]);
            let n = left.min(LANES);
            for (drawn, squared) in drawn.iter_mut().zip(&mut squared).take(n) {
                *drawn = draw();
                *squared = squared_distance(y, &point(*drawn));
            }
            let from = *y;
            for (&drawn, push) in drawn.iter().zip(self.forces.repulsions(&squared)).take(n) {
                let other = point(drawn);
                for ((y, from), other) in y.iter_mut().zip(from).zip(other) {
                    *y += step * clipped(push, from - other);
                }
            }
            left -= n;
        }
    }

    /// The step length of an epoch: falls to zero linearly.
    fn step(&self, epoch: usize) -> f32 {
        self.learning_rate * (1.0 - epoch as f32 / self.n_epochs as f32)
    }
}

/// Whether an edge that pulls in this part of all epochs pulls in this one.
#[inline(always)]
fn is_due(epoch: usize, frequency: f32) -> bool {
    let pulls = |epochs: usize| (epochs as f32 * frequency) as u32;
    pulls(epoch + 1) > pulls(epoch)
}

/// One epoch of one meeting, compiled once for each instruction set. The compiler neither reorders nor fuses
/// floating-point operations, so each gives the same bits.
struct Meet<'a, 'b, const D: usize> {
    layout: &'a Layout,
    both: &'a mut Both<'b, [f32; D]>,
    edges: &'a [Edge],
    pressures: Option<Met<'a>>,
    epoch: usize,
    rng: SplitMix64,
}

/// What the points of two blocks that meet feel by the density term.
struct Met<'a> {
    scale: f32,
    first: &'a [Pressure],
    second: &'a [Pressure],
}

impl Met<'_> {
    const NONE: Met<'static> = Met {
        scale: 0.0,
        first: &[],
        second: &[],
    };

    #[inline(always)]
    fn get(&self, place: usize) -> Pressure {
        match place.checked_sub(self.first.len()) {
            None => self.first[place],
            Some(place) => self.second[place],
        }
    }
}

impl<const D: usize> WithSimd for Meet<'_, '_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match &self.pressures {
            Some(met) => self
                .layout
                .meet::<D, true>(self.both, self.edges, met, self.epoch, self.rng),
            None => self
                .layout
                .meet::<D, false>(self.both, self.edges, &Met::NONE, self.epoch, self.rng),
        }
    }
}

/// All epochs of one new point, likewise.
struct Settle<'a, const D: usize> {
    layout: &'a Layout,
    memberships: &'a [(u32, f32)],
    others: &'a [f32],
    position: &'a mut [f32],
}

impl<const D: usize> WithSimd for Settle<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.layout
            .settle::<D>(self.memberships, self.others, self.position);
    }
}

/// That distances between points are still numbers.
fn check_finite<const D: usize>(blocks: &[Vec<[f32; D]>], epoch: usize) -> Result<(), FitError> {
    let squares = blocks.iter().flatten().map(|y| squared_distance(y, &[0.0; D]));
    let Some(value) = squares.into_iter().find(|square| !square.is_finite()) else {
        return Ok(());
    };
    Err(FitError::Diverged {
        part: UmapConfig::NAME.to_owned(),
        objective: "squared distance of a point from the origin",
        value: value.into(),
        unit: "epoch",
        step: epoch as u64,
        advice: "lower learning_rate, or give a and b of usual size",
    })
}

#[inline(always)]
fn padded<const D: usize>(values: &[f32]) -> [f32; D] {
    let mut padded = [0.0; D];
    padded[..values.len()].copy_from_slice(values);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::umap::Curve;

    #[test]
    fn edges_pull_as_often_as_their_weight_says() {
        for (frequency, expected) in [(1.0, 200), (0.5, 100), (0.25, 50), (0.004, 0), (0.005, 1)] {
            let times = (0..200).filter(|&epoch| is_due(epoch, frequency)).count();
            assert_eq!(times, expected, "{frequency}");
        }
    }
    /// Positions of two blocks after ten epochs; by the widest instruction set or the least.
    fn met<const D: usize>(dispatched: bool) -> Vec<[f32; D]> {
        let layout = Layout {
            forces: Forces::new(Curve { a: 1.9, b: 0.8 }, 1.0),
            n_epochs: 10,
            learning_rate: 1.0,
            negative_sample_rate: 11,
            seed: 3,
        };
        let mut points: Vec<Vec<[f32; D]>> = (0..2)
            .map(|block| {
                (0..40)
                    .map(|i| std::array::from_fn(|c| ((i * 7 + c * 3 + block) % 11) as f32))
                    .collect()
            })
            .collect();
        let edge = |i: u32| Edge {
            head: i,
            tail: (i * 13 + 1) % 80,
            frequency: 1.0 / (1 + i % 3) as f32,
        };
        let edges: Vec<Edge> = (0..80).map(edge).filter(|e| e.head != e.tail).collect();
        for epoch in 0..layout.n_epochs {
            let rng = SplitMix64::new(layout.seed, epoch as u64, 0);
            let mut lent = lend(&mut points, &[(0, 1)]);
            if dispatched {
                Arch::new().dispatch(Meet {
                    layout: &layout,
                    both: &mut lent[0],
                    edges: &edges,
                    pressures: None,
                    epoch,
                    rng,
                });
            } else {
                layout.meet::<D, false>(&mut lent[0], &edges, &Met::NONE, epoch, rng);
            }
        }
        points.concat()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        assert_eq!(met::<2>(true), met::<2>(false));
        assert_eq!(met::<12>(true), met::<12>(false));
        assert_eq!(met::<64>(true), met::<64>(false));
        assert!(met::<12>(true).iter().flatten().all(|v| v.is_finite()));
    }
}
