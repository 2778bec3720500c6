//! What an epoch is: how many there are, in which order rows come, what its loss is, and which one was the best.

use n2d_core::rng::ChaCha8Rng;
use rand::Rng;

use crate::checkpoint::Place;
use crate::learner::Weights;

/// The automatic number of epochs is the greatest of these: as many as make so many steps, but no more than so many epochs.
///
/// Few rows need many passes, and many rows few. `benches/records/defaults.md` has steps and epochs that were measured, on 500 to 10 992 rows and on 70 000: twice as many as
/// the default before, where they were better on most sets. What lies between and beyond is interpolated.
const AUTOMATIC: [(usize, usize); 4] = [(1000, usize::MAX), (2000, 50), (6000, 20), (usize::MAX, 10)];

/// The number of epochs that a training of so many batches an epoch has where `n_epochs` is not set: the fewer the more there are.
///
/// ```
/// // MNIST in batches of 256.
/// assert_eq!(n2d_encoder::automatic_epochs(70_000_usize.div_ceil(256)), 20);
/// ```
pub fn automatic_epochs(n_batches: usize) -> usize {
    let n_batches = n_batches.max(1);
    let epochs = AUTOMATIC.map(|(steps, epochs)| steps.div_ceil(n_batches).min(epochs));
    epochs.into_iter().fold(1, usize::max)
}

/// A random order of `n` rows (Fisher and Yates).
pub(crate) fn order(n: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, below(last + 1, rng));
    }
    order
}

/// A number below `n`, by the high half of a product (bias below `n / 2^64`).
fn below(n: usize, rng: &mut ChaCha8Rng) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// The mean of batch losses, each weighted by its rows, as Keras reports an epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RunningLoss {
    pub(crate) sum: f64,
    pub(crate) n_rows: usize,
}

impl RunningLoss {
    pub(crate) fn add(&mut self, loss: f64, n_rows: usize) {
        self.sum += loss * n_rows as f64;
        self.n_rows += n_rows;
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.n_rows as f64
    }
}

/// The best epoch so far, and how many may pass without a better one.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    allowed: usize,
    min_delta: f64,
    pub(crate) waited: usize,
    pub(crate) best: Option<Best>,
}

/// The epoch of the lowest loss, counted from one, and the weights at its end.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
    pub(crate) weights: Weights,
}

impl Patience {
    pub(crate) fn new(allowed: usize, min_delta: f64) -> Self {
        Self {
            allowed,
            min_delta,
            waited: 0,
            best: None,
        }
    }

    /// Whether a loss is lower than the best by more than the least difference.
    pub(crate) fn improves(&self, loss: f64) -> bool {
        self.best
            .as_ref()
            .is_none_or(|best| loss < best.loss - self.min_delta)
    }

    /// Takes note of an epoch; `best` is it, if it improves.
    pub(crate) fn note(&mut self, best: Option<Best>) {
        match best {
            Some(best) => {
                self.waited = 0;
                self.best = Some(best);
            }
            None => self.waited += 1,
        }
    }

    /// Whether it is at its end.
    pub(crate) fn is_over(&self) -> bool {
        self.waited >= self.allowed
    }
}

/// How many times the first loss the last must be to have risen: batches differ, and noise is drawn anew for each.
const RISEN: f64 = 2.0;
/// The same where there is one epoch, whose loss has the first steps in it.
const RISEN_AT_ONCE: f64 = 100.0;

/// The loss before the first step and that of an epoch (counted from one), where the latter is clearly higher.
///
/// The first epoch's own loss would not do: with steps much too long it is the highest of all, and later ones come down from there without coming near
/// what there was. A single epoch tells less, since Adam's first steps are long for every network.
pub(crate) fn raised(place: &Place, epoch: usize) -> Option<(f64, f64)> {
    let first = place.first_loss?;
    let last = *place.history.get(epoch.checked_sub(1)?)?;
    let risen = if place.epochs > 1 { RISEN } else { RISEN_AT_ONCE };
    (last > risen * first).then_some((first, last))
}

/// A loss to four digits that count, for notes.
pub(crate) fn figure(value: f64) -> String {
    let size = value.abs();
    if (1e-4..1e4).contains(&size) {
        let decimals = (3 - size.log10().floor() as i64).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::FitContext;

    #[test]
    fn automatic_epochs_are_fewer_the_more_rows_there_are() {
        // 1, 2000, 5000, 10 000, 10 992, 20 000, 70 000, 100 000 and a million rows in batches of 256.
        let n_batches = [1, 8, 20, 40, 43, 79, 274, 391, 3907];
        assert_eq!(
            n_batches.map(automatic_epochs),
            [1000, 125, 50, 50, 47, 26, 20, 16, 10]
        );
        assert!((1..5000).all(|n| automatic_epochs(n + 1) <= automatic_epochs(n)));
        assert!((1..5000).all(|n| n * automatic_epochs(n) >= 1000));
    }

    /// A saved seed must mean the same for ever: this order may never change.
    #[test]
    fn order_is_a_pinned_permutation() {
        let made = order(8, &mut FitContext::new(42).rng("encoder shuffle", 0));
        let mut sorted = made.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(made, [5, 2, 0, 1, 6, 3, 4, 7]);
        assert_ne!(made, order(8, &mut FitContext::new(42).rng("encoder shuffle", 1)));
    }

    #[test]
    fn every_row_comes_to_every_place() {
        let mut counts = [[0_u32; 5]; 5];
        for epoch in 0..5000 {
            let made = order(5, &mut FitContext::new(1).rng("encoder shuffle", epoch));
            for (place, row) in made.into_iter().enumerate() {
                counts[place][row] += 1;
            }
        }
        assert!(
            counts.iter().flatten().all(|&n| (880..1120).contains(&n)),
            "{counts:?}"
        );
    }

    #[test]
    fn epoch_loss_is_weighted_by_rows() {
        let mut loss = RunningLoss::default();
        loss.add(1.0, 3);
        loss.add(5.0, 1);
        assert_eq!(loss.mean(), 2.0);
    }

    #[test]
    fn a_risen_loss_is_told_from_one_that_wavers() {
        let risen = |first_loss: Option<f64>, history: &[f64], epoch: usize| {
            let place = Place {
                epochs: history.len(),
                first_loss,
                history: history.to_vec(),
                ..Place::default()
            };
            raised(&place, epoch)
        };
        // It is far below its first epoch, and far above where it began.
        assert_eq!(risen(Some(0.2), &[1e15, 2.8e9], 2), Some((0.2, 2.8e9)));
        assert_eq!(risen(Some(0.2), &[0.3, 0.1, 0.5], 2), None);
        assert_eq!(risen(Some(0.2), &[0.21, 0.22], 2), None);
        assert_eq!(risen(Some(0.2), &[3.0], 1), None);
        assert_eq!(risen(Some(0.2), &[1e8], 1), Some((0.2, 1e8)));
        assert_eq!(risen(Some(0.2), &[], 0), None);
        assert_eq!(risen(Some(0.0), &[0.0, 0.0], 2), None);
        assert_eq!(risen(None, &[], 0), None);
        assert_eq!(
            [0.0, 0.000_17, 0.171_23, 12.5, 2.8e9].map(figure),
            ["0.000e0", "0.0001700", "0.1712", "12.50", "2.800e9"]
        );
    }

    #[test]
    fn patience_counts_epochs_without_a_better_one() {
        let over = |min_delta: f64, losses: &[f64]| {
            let mut patience = Patience::new(2, min_delta);
            let mut over = Vec::new();
            for (epoch, &loss) in (1..).zip(losses) {
                let best = patience.improves(loss).then(|| Best {
                    epoch,
                    loss,
                    weights: Vec::new(),
                });
                patience.note(best);
                over.push(patience.is_over());
            }
            (over, patience.best.map(|best| (best.epoch, best.loss)))
        };
        let (made, best) = over(0.0, &[3.0, 2.0, 2.0, 1.0, 1.5, 1.0]);
        assert_eq!(made, [false, false, false, false, false, true]);
        assert_eq!(best, Some((4, 1.0)));
        let (made, best) = over(0.5, &[3.0, 2.0, 1.6, 1.5]);
        assert_eq!(made, [false, false, false, true]);
        assert_eq!(best, Some((2, 2.0)));
    }
}
