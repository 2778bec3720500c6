//! How far a training is, as a file: parameters, what the optimiser remembers, the place in the epochs, the best weights so far.
//!
//! Random numbers need no place: they follow from the seed and the numbers of epoch and batch.

use n2d_core::Samples;
use n2d_core::persist::{LoadError, Persist, State};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::epochs::{Best, RunningLoss};
use crate::learner::Weights;
use crate::optimizer::Memory;
use crate::same_training::{Identity, ResumeError};

/// A training between two batches.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) identity: Identity,
    pub(crate) place: Place,
    pub(crate) weights: Weights,
    pub(crate) memories: Vec<Memory>,
    pub(crate) best: Option<Best>,
}

/// Where in the epochs it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Whole epochs.
    pub(crate) epochs: usize,
    /// Batches of the epoch at work.
    pub(crate) batches: usize,
    /// Steps of the optimiser.
    pub(crate) steps: u64,
    /// Of the first batch, before the first step.
    pub(crate) first_loss: Option<f64>,
    /// Of the last epoch, or of the one at work.
    pub(crate) loss: Option<f64>,
    pub(crate) loss_sum: f64,
    pub(crate) loss_rows: usize,
    pub(crate) waited: usize,
    pub(crate) history: Vec<f64>,
    /// The same of rows held out; none where there are none.
    #[serde(default)]
    pub(crate) validation: Vec<f64>,
}

impl Place {
    pub(crate) fn running_loss(&self) -> RunningLoss {
        RunningLoss {
            sum: self.loss_sum,
            n_rows: self.loss_rows,
        }
    }

    /// That it can be, and is one on the way to so many epochs of so many batches: of one beyond them, what was there before is not known any more.
    pub(crate) fn check(&self, n_epochs: usize, n_batches: usize) -> Result<(), ResumeError> {
        let is_one = self.batches < n_batches && (self.batches == 0 || self.loss_rows > 0);
        if self.history.len() != self.epochs || !is_one {
            return Err(ResumeError::NoPlace {
                place: format!("{self:?}"),
            });
        }
        let begun = self.epochs + usize::from(self.batches > 0);
        if begun > n_epochs {
            return Err(ResumeError::Beyond { begun, n_epochs });
        }
        Ok(())
    }
}

/// Values whose digest a task makes.
const CHUNK: usize = 1 << 16;

/// A digest of all values: FNV-1a, over each chunk by itself and then over the chunks' own. It tells data from other data, not from forgeries.
pub(crate) fn digest(x: Samples<'_>) -> String {
    let fold = |values: &mut dyn Iterator<Item = u64>| {
        values.fold(0xcbf2_9ce4_8422_2325_u64, |hash, value| {
            (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
        })
    };
    let of_chunk = |chunk: &[f32]| fold(&mut chunk.iter().map(|value| u64::from(value.to_bits())));
    let chunks: Vec<u64> = x.as_slice().par_chunks(CHUNK).map(of_chunk).collect();
    format!("{:016x}", fold(&mut chunks.into_iter()))
}

impl Persist for Snapshot {
    const KIND: &'static str = "checkpoint";

    fn save(&self, state: &mut State) {
        state.set("identity", &self.identity);
        state.set("place", &self.place);
        state.set("n_buffers", &self.weights.len());
        for (at, (weights, memory)) in self.weights.iter().zip(&self.memories).enumerate() {
            state.put(&format!("weights.{at}"), weights);
            for (number, values) in memory.iter().enumerate() {
                state.put(&format!("memory.{at}.{number}"), values);
            }
        }
        state.set("best", &self.best.as_ref().map(|best| (best.epoch, best.loss)));
        for (at, weights) in self.best.iter().flat_map(|best| &best.weights).enumerate() {
            state.put(&format!("best.{at}"), weights);
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let n_buffers: usize = state.get("n_buffers")?;
        let (mut weights, mut memories) = (Vec::new(), Vec::new());
        for at in 0..n_buffers {
            let values = state.finite_vec(&format!("weights.{at}"))?;
            let mut memory = Memory::new();
            while state.has_array(&format!("memory.{at}.{}", memory.len())) {
                memory.push(state.finite_vec(&format!("memory.{at}.{}", memory.len()))?);
            }
            weights.push(values);
            memories.push(memory);
        }
        let best: Option<(usize, f64)> = state.get("best")?;
        let best_weights = |_: &(usize, f64)| {
            (0..n_buffers)
                .map(|at| state.finite_vec(&format!("best.{at}")))
                .collect()
        };
        let best_weights: Option<Result<Weights, LoadError>> = best.as_ref().map(best_weights);
        let best = match (best, best_weights.transpose()?) {
            (Some((epoch, loss)), Some(weights)) => Some(Best { epoch, loss, weights }),
            _ => None,
        };
        Ok(Self {
            identity: state.get("identity")?,
            place: state.get("place")?,
            weights,
            memories,
            best,
        })
    }
}

impl Snapshot {
    /// That its buffers have these lengths.
    pub(crate) fn check(&self, weights: &Weights, memories: &[Memory]) -> Result<(), ResumeError> {
        let lengths = |weights: &Weights| weights.iter().map(Vec::len).collect::<Vec<_>>();
        let of_memories = |memories: &[Memory]| memories.iter().map(lengths).collect::<Vec<_>>();
        let same = lengths(&self.weights) == lengths(weights)
            && of_memories(&self.memories) == of_memories(memories)
            && self
                .best
                .as_ref()
                .is_none_or(|best| lengths(&best.weights) == lengths(weights));
        if same {
            return Ok(());
        }
        let shown = |weights: &Weights| format!("of {:?} parameters", lengths(weights));
        Err(ResumeError::one(
            "the network",
            shown(&self.weights),
            shown(weights),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches beyond those of an epoch would all be passed over, and the epoch never end.
    #[test]
    fn places_that_can_not_be_are_refused() {
        let place = |epochs, batches, loss_rows| Place {
            epochs,
            batches,
            loss_rows,
            history: vec![0.5; epochs],
            ..Place::default()
        };
        assert!(place(2, 0, 0).check(3, 4).is_ok());
        assert!(place(2, 3, 96).check(3, 4).is_ok());
        for wrong in [
            place(2, 4, 128),
            place(2, 3, 0),
            Place {
                history: vec![0.5],
                ..place(2, 0, 0)
            },
        ] {
            assert!(
                matches!(wrong.check(3, 4), Err(ResumeError::NoPlace { .. })),
                "{wrong:?}"
            );
        }
        assert!(matches!(
            place(3, 1, 32).check(3, 4),
            Err(ResumeError::Beyond {
                begun: 4,
                n_epochs: 3
            })
        ));
    }
}
