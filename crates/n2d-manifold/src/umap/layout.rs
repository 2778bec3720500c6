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
use super::kernel::Forces;
use super::points::{Point, Wide};
use crate::numbers::MAX_COMPONENTS;

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

/// Calls a method generic over points with the narrowest that have `n_components`.
macro_rules! with_points {
    ($n_components:expr, $layout:ident.$method:ident($($argument:expr),*)) => {
        match $n_components {
            ..=2 => $layout.$method::<[f32; 2]>($($argument),*),
            3..=4 => $layout.$method::<[f32; 4]>($($argument),*),
            5..=8 => $layout.$method::<[f32; 8]>($($argument),*),
            9..=16 => $layout.$method::<Wide<16>>($($argument),*),
            17..=32 => $layout.$method::<Wide<32>>($($argument),*),
            33..=64 => $layout.$method::<Wide<64>>($($argument),*),
            _ => $layout.$method::<Wide<MAX_COMPONENTS>>($($argument),*),
        }
    };
}
pub(super) use with_points;

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
        with_points!(n_components, self.arrange_padded(graph, positions, density, ctx))
    }

    fn arrange_padded<P: Point>(
        &self,
        graph: &SparseGraph,
        positions: &mut [f32],
        density: Option<&DensityTerm>,
        ctx: &mut FitContext<'_>,
    ) -> Result<usize, FitError> {
        let n_components = positions.len() / graph.n_rows();
        let blocks = Blocks::new(graph.n_rows());
        let (rounds, edges) = (blocks.rounds(), blocks.edges(graph, self.n_epochs));
        let mut points: Vec<Vec<P>> =
            blocks.split(|point| P::padded(&positions[point * n_components..][..n_components]));
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
            positions[point * n_components..][..n_components].copy_from_slice(&y.values()[..n_components]);
        });
        Ok(epochs)
    }

    /// Round after round, all meetings of one at the same time; `edges` are of round and meeting.
    fn make_epoch<P: Point>(
        &self,
        rounds: &[Vec<Meeting>],
        edges: &[Vec<Vec<Edge>>],
        points: &mut [Vec<P>],
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
    fn meet<S: Simd, P: Point, const DENSE: bool>(
        &self,
        simd: S,
        both: &mut Both<'_, P>,
        edges: &[Edge],
        pressures: &Met<'_>,
        epoch: usize,
        mut rng: SplitMix64,
    ) {
        let step = self.step(epoch);
        for bundle in due(edges, epoch).chunks(BUNDLE) {
            self.pull::<S, P, DENSE>(simd, both, bundle, pressures, step);
            let mut left = self.negative_sample_rate;
            while left > 0 {
                let n_draws = left.min(DRAWS);
                self.repel(simd, both, bundle, n_draws, &mut rng, step);
                left -= n_draws;
            }
        }
    }

    /// Pulls the ends of edges together.
    #[inline(always)]
    fn pull<S: Simd, P: Point, const DENSE: bool>(
        &self,
        simd: S,
        both: &mut Both<'_, P>,
        bundle: &[Edge],
        pressures: &Met<'_>,
        step: f32,
    ) {
        let mut squared = [1.0; BUNDLE];
        for (squared, edge) in squared.iter_mut().zip(bundle) {
            let (head, tail) = (edge.head as usize, edge.tail as usize);
            *squared = both.get(head).squared_distance(simd, both.get(tail));
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
            y.pull::<S, DENSE>(simd, &mut other, (pull, spread), step);
            both.set(tail, other);
            both.set(head, y);
        }
    }

    /// Pushes the head of each edge off `n_draws` points drawn at random, at most [`DRAWS`], from where it is.
    #[inline(always)]
    fn repel<S: Simd, P: Point>(
        &self,
        simd: S,
        both: &mut Both<'_, P>,
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
                *drawn = rng.below(repelling.len());
                squared[place] = y.squared_distance(simd, &repelling[*drawn]);
            }
        }
        let mut pushes = [[0.0; BUNDLE]; DRAWS];
        for (pushes, squared) in pushes[..n_draws].iter_mut().zip(&squared) {
            *pushes = self.forces.repulsions(squared);
        }
        for (place, (edge, drawn)) in bundle.iter().zip(drawn).enumerate() {
            let head = edge.head as usize;
            let (mut y, repelling) = (*both.get(head), both.opposite(head));
            for (&drawn, pushes) in drawn[..n_draws].iter().zip(&pushes) {
                let from = y;
                y.push(simd, &from, &repelling[drawn], pushes[place], step);
            }
            both.set(head, y);
        }
    }

    /// The step length of an epoch: falls to zero linearly.
    pub(super) fn step(&self, epoch: usize) -> f32 {
        self.learning_rate * (1.0 - epoch as f32 / self.n_epochs as f32)
    }
}

/// Whether an edge that pulls in this part of all epochs pulls in this one.
#[inline(always)]
pub(super) fn is_due(epoch: usize, frequency: f32) -> bool {
    let pulls = |epochs: usize| (epochs as f32 * frequency).floor();
    pulls(epoch + 1) > pulls(epoch)
}

/// The edges that pull in an epoch, found without a branch, which would be a guess for each.
#[inline(always)]
fn due(edges: &[Edge], epoch: usize) -> Vec<Edge> {
    let mut due = vec![Edge::NONE; edges.len()];
    let mut n = 0;
    for edge in edges {
        due[n] = *edge;
        n += usize::from(is_due(epoch, edge.frequency));
    }
    due.truncate(n);
    due
}

/// One epoch of one meeting, compiled once for each instruction set. The compiler neither reorders nor fuses
/// floating-point operations, so each gives the same bits.
struct Meet<'a, 'b, P> {
    layout: &'a Layout,
    both: &'a mut Both<'b, P>,
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

impl<P: Point> WithSimd for Meet<'_, '_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            layout,
            both,
            edges,
            pressures,
            epoch,
            rng,
        } = self;
        match &pressures {
            Some(met) => layout.meet::<S, P, true>(simd, both, edges, met, epoch, rng),
            None => layout.meet::<S, P, false>(simd, both, edges, &Met::NONE, epoch, rng),
        }
    }
}

/// That distances between points are still numbers.
fn check_finite<P: Point>(blocks: &[Vec<P>], epoch: usize) -> Result<(), FitError> {
    let squares = blocks.iter().flatten().map(|y| y.squared_distance_to(&P::ORIGIN));
    let Some(value) = squares.into_iter().find(|square| !square.is_finite()) else {
        return Ok(());
    };
    Err(FitError::Diverged {
        part: UmapConfig::NAME.to_owned(),
        objective: "squared distance of a point from the origin",
        value: value.into(),
        unit: "epoch",
        step: epoch as u64,
        advice: "lower learning_rate, or give a and b of usual size".into(),
    })
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

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
    fn met<P: Point>(dispatched: bool) -> Vec<Vec<f32>> {
        let layout = Layout {
            forces: Forces::new(Curve { a: 1.9, b: 0.8 }, 1.0),
            n_epochs: 10,
            learning_rate: 1.0,
            negative_sample_rate: 11,
            seed: 3,
        };
        let point = |i: usize, block: usize| {
            let mut point = P::ORIGIN;
            for (c, value) in point.values_mut().iter_mut().enumerate() {
                *value = ((i * 7 + c * 3 + block) % 11) as f32;
            }
            point
        };
        let mut points: Vec<Vec<P>> = (0..2)
            .map(|block| (0..40).map(|i| point(i, block)).collect())
            .collect();
        let edge = |i: u32| Edge {
            head: i,
            tail: (i * 13 + 1) % 80,
            frequency: 1.0 / (1 + i % 3) as f32,
        };
        let edges: Vec<Edge> = (0..80).map(edge).filter(|e| e.head != e.tail).collect();
        for epoch in 0..layout.n_epochs {
            let meet = Meet {
                layout: &layout,
                both: &mut lend(&mut points, &[(0, 1)])[0],
                edges: &edges,
                pressures: None,
                epoch,
                rng: SplitMix64::new(layout.seed, epoch as u64, 0),
            };
            if dispatched {
                Arch::new().dispatch(meet);
            } else {
                meet.with_simd(Scalar::new());
            }
        }
        points.concat().iter().map(|y| y.values().to_vec()).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        assert_eq!(met::<[f32; 2]>(true), met::<[f32; 2]>(false));
        assert_eq!(met::<[f32; 8]>(true), met::<[f32; 8]>(false));
        assert_eq!(met::<Wide<16>>(true), met::<Wide<16>>(false));
        assert_eq!(met::<Wide<64>>(true), met::<Wide<64>>(false));
        assert!(met::<Wide<16>>(true).iter().flatten().all(|v| v.is_finite()));
    }

    #[test]
    fn due_edges_keep_their_order() {
        let edge = |head, frequency| Edge {
            head,
            tail: 0,
            frequency,
        };
        let edges = [edge(1, 0.5), edge(2, 1.0), edge(3, 0.25), edge(4, 1.0)];
        let heads = |epoch| -> Vec<u32> { due(&edges, epoch).iter().map(|edge| edge.head).collect() };
        assert_eq!(heads(0), [2, 4]);
        assert_eq!(heads(1), [1, 2, 4]);
        assert_eq!(heads(3), [1, 2, 3, 4]);
        assert!(due(&[], 0).is_empty());
    }
}
