//! Core distances, and the first candidates for edges: what neighbours tell.

use n2d_core::{FitContext, FitError, Progress};
use rayon::prelude::*;

use super::{Candidate, pair, scale_of};
use crate::kd_tree::KdTree;
use crate::nearest::Nearest;

/// Points a task.
const TASK: usize = 256;
/// Tasks between two reports of progress; the cancel token is looked at in each task.
const TASKS_A_STEP: usize = 64;
/// What the nearest neighbours tell about each position.
pub(super) struct Near {
    pub(super) core: Vec<f32>,
    pub(super) kth: Vec<[u32; 2]>,
    pub(super) candidates: Vec<Candidate>,
}

impl Near {
    pub(super) fn find(
        tree: &KdTree,
        points: &[f32],
        k: usize,
        alpha: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let n = tree.order.len();
        // One more than asked for, to see ties at the end of the list.
        let wide = (k + 1).min(n - 1);
        let mut found = vec![(0.0_f32, 0_u32); n * wide];
        let token = ctx.cancel_token();
        for first in (0..n).step_by(TASK * TASKS_A_STEP) {
            let some = (TASK * TASKS_A_STEP).min(n - first);
            found[first * wide..(first + some) * wide]
                .par_chunks_mut(TASK * wide)
                .enumerate()
                .filter(|_| !token.is_cancelled())
                .for_each(|(task, out)| search_near(tree, points, first + task * TASK, wide, out));
            ctx.step(Progress::new("neighbours", first + some, n))?;
        }
        let row_at = |position: usize| tree.order[position];
        let mut position = vec![0_u32; n];
        for at in 0..n {
            position[row_at(at) as usize] = at as u32;
        }
        let list = |at: usize| &found[at * wide..][..wide];
        let core: Vec<f32> = (0..n).into_par_iter().map(|at| list(at)[k - 1].0).collect();
        let kth = (0..n)
            .into_par_iter()
            .map(|at| {
                [
                    if k == 1 { row_at(at) } else { list(at)[k - 2].1 },
                    list(at)[k - 1].1,
                ]
            })
            .collect();
        let candidates = (0..n)
            .into_par_iter()
            .map(|at| first_candidate(list(at), at, k, alpha, &core, &position, &tree.order))
            .collect();
        Ok(Self {
            core,
            kth,
            candidates,
        })
    }
}

fn search_near(tree: &KdTree, points: &[f32], first: usize, wide: usize, out: &mut [(f32, u32)]) {
    let d = tree.n_features();
    let mut nearest = Nearest::new(wide);
    for (at, out) in out.chunks_exact_mut(wide).enumerate() {
        let query = &points[(first + at) * d..][..d];
        tree.nearest_others(query, tree.order[first + at], &mut nearest);
        out.copy_from_slice(nearest.found());
    }
}

/// The cheapest edge to one of a point's neighbours. It is surely the cheapest of all where it weighs as much as the point's
/// core distance, below which no edge of its can weigh, and no neighbour that is not in the list is as near as that.
fn first_candidate(
    list: &[(f32, u32)],
    at: usize,
    k: usize,
    alpha: f64,
    core: &[f32],
    position: &[u32],
    order: &[u32],
) -> Candidate {
    let (own, row) = (core[at], order[at]);
    let scale = scale_of(alpha);
    let edge = |&(squared, other): &(f32, u32)| {
        let place = position[other as usize];
        let weight = (squared * scale).max(own).max(core[place as usize]);
        (weight, pair(row, other), place)
    };
    let (weight, _, other) = list[..k]
        .iter()
        .map(edge)
        .reduce(|a, b| if (b.0, b.1) < (a.0, a.1) { b } else { a })
        .expect("k is at least 1");
    let no_tie = list.get(k).is_none_or(|&(squared, _)| squared > own);
    let sure = weight == own && no_tie && alpha <= 1.0;
    let weight = if sure { weight } else { own };
    Candidate { weight, other, sure }
}
