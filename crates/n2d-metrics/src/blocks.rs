//! Work on blocks of rows, in parallel, with the context's threads, progress and cancel token.

use n2d_core::{FitContext, Progress};
use rayon::prelude::*;

use crate::MetricError;

/// Blocks between two reports of progress; the token is looked at before each block.
const BLOCKS_A_STEP: usize = 128;

/// What `work` makes of each of `n` blocks, in their order. A measure of several phases names each.
pub(crate) fn each_block<T: Send>(
    measure: &'static str,
    phase: &'static str,
    n: usize,
    ctx: &mut FitContext<'_>,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, MetricError> {
    let (token, threads) = (ctx.cancel_token(), ctx.parallelism().clone());
    let cancelled = MetricError::Cancelled { measure };
    let mut made = Vec::with_capacity(n);
    for first in (0..n).step_by(BLOCKS_A_STEP) {
        let last = (first + BLOCKS_A_STEP).min(n);
        let step: Option<Vec<T>> = threads.install(|| {
            let guarded = |block: usize| (!token.is_cancelled()).then(|| work(block));
            (first..last).into_par_iter().map(guarded).collect()
        });
        made.extend(step.ok_or_else(|| cancelled.clone())?);
        ctx.step(Progress::new(phase, last, n))
            .map_err(|_| cancelled.clone())?;
    }
    Ok(made)
}
