//! A softmax over known classes on top of the latents: what a training with labels adds to the loss.

use n2d_core::{BoxError, FitContext};

use crate::DenseLayer;
use crate::optimizer::Optimization;
use crate::plan::Plan;

/// A linear layer from latents to classes, in training. It is small: one thread does it all.
pub(crate) struct Head {
    /// Share of the cross-entropy in the loss; the rest is the reconstruction's.
    weight: f64,
    layer: DenseLayer,
    optimization: Optimization,
    /// By the weights and by the biases.
    gradients: [Vec<f32>; 2],
    /// The gradient by the latents of the batch.
    delta: Vec<f32>,
}

impl Head {
    /// Trained as the network is.
    ///
    /// # Errors
    /// For more classes than fit into memory.
    pub(crate) fn new(
        plan: &Plan,
        (latent_dim, n_classes): (usize, usize),
        weight: f64,
        ctx: &FitContext<'_>,
    ) -> Result<Self, BoxError> {
        let layer = DenseLayer::glorot_uniform(latent_dim, n_classes, &mut ctx.rng("encoder head", 0))?;
        let shapes = vec![vec![latent_dim, n_classes], vec![n_classes]];
        Ok(Self {
            weight,
            optimization: Optimization::new(plan.rule, plan.clipping, shapes),
            gradients: [vec![0.0; layer.weight().len()], vec![0.0; n_classes]],
            layer,
            delta: Vec::new(),
        })
    }

    /// What is left of the loss for the reconstruction: nothing where labels are all that is to be learnt.
    pub(super) fn reconstruction(&self) -> f64 {
        1.0 - self.weight
    }

    /// The cross-entropy of the rows whose label is known (0 or above), times its weight; its gradients are kept.
    pub(super) fn loss(&mut self, latents: &[f32], labels: &[i32]) -> f64 {
        let latent_dim = latents.len() / labels.len();
        self.gradients.iter_mut().for_each(|gradient| gradient.fill(0.0));
        self.delta.clear();
        self.delta.resize(latents.len(), 0.0);
        let n_known = labels.iter().filter(|&&label| label >= 0).count();
        let scale = (self.weight / n_known.max(1) as f64) as f32;
        let mut sum = 0.0;
        for (row, &label) in labels.iter().enumerate() {
            let Ok(label) = usize::try_from(label) else {
                continue;
            };
            let place = row * latent_dim..(row + 1) * latent_dim;
            let mut errors = self.scores(&latents[place.clone()]);
            sum += softmax_error(&mut errors, label);
            errors.iter_mut().for_each(|error| *error *= scale);
            self.add_gradients(&latents[place.clone()], &errors, place.start);
        }
        self.weight * sum / n_known.max(1) as f64
    }

    fn scores(&self, latent: &[f32]) -> Vec<f32> {
        let mut scores = self.layer.bias().to_vec();
        for (&z, weights) in latent.iter().zip(self.layer.weight().rows()) {
            scores
                .iter_mut()
                .zip(weights)
                .for_each(|(score, w)| *score += z * w);
        }
        scores
    }

    fn add_gradients(&mut self, latent: &[f32], errors: &[f32], first: usize) {
        let [weights, biases] = &mut self.gradients;
        let add = |sums: &mut [f32], times: f32| {
            sums.iter_mut()
                .zip(errors)
                .for_each(|(sum, error)| *sum += times * error);
        };
        add(biases, 1.0);
        let matrix = self.layer.weight();
        let of_latents = latent.iter().zip(matrix.rows());
        let places = weights
            .chunks_exact_mut(errors.len())
            .zip(&mut self.delta[first..]);
        for ((&z, row), (sums, delta)) in of_latents.zip(places) {
            *delta = row.iter().zip(errors).map(|(w, error)| w * error).sum();
            add(sums, z);
        }
    }

    /// Adds the gradient by the latents of the batch.
    pub(super) fn add_to(&self, delta: &mut [f32]) {
        delta
            .iter_mut()
            .zip(&self.delta)
            .for_each(|(sum, own)| *sum += own);
    }

    /// A step along the gradients kept.
    pub(super) fn step(&mut self, rate: f64) {
        let (weights, biases) = self.layer.parameters_mut();
        let gradients = self.gradients.each_ref().map(Vec::as_slice);
        self.optimization
            .step([weights, biases].into_iter(), &gradients, rate);
    }
}

/// The cross-entropy of scores; they become its gradient.
fn softmax_error(scores: &mut [f32], label: usize) -> f64 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let own = f64::from(scores[label] - most);
    let mut sum = 0.0_f64;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += f64::from(*score);
    }
    scores.iter_mut().for_each(|score| *score /= sum as f32);
    scores[label] -= 1.0;
    sum.ln() - own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let plan = crate::TrainingConfig::default().check("dense").unwrap();
        Head::new(&plan, (3, 4), 0.5, &FitContext::new(7)).unwrap()
    }

    /// The loss with the parameter at a place, of all weights and then all biases, moved.
    fn moved(at: usize, by: f32) -> f64 {
        let mut head = head();
        let (weights, biases) = head.layer.parameters_mut();
        match at.checked_sub(weights.len()) {
            None => weights[at] += by,
            Some(at) => biases[at] += by,
        }
        head.loss(&LATENTS, &LABELS)
    }

    const LATENTS: [f32; 9] = [0.3, -1.0, 2.0, 0.0, 0.5, 0.1, -0.7, 0.2, 0.9];
    const LABELS: [i32; 3] = [2, -1, 0];

    #[test]
    fn gradients_are_finite_differences() {
        let mut at_rest = head();
        at_rest.loss(&LATENTS, &LABELS);
        let step = 1e-2_f32;
        let near = |found: f32, up: f64, down: f64| {
            let expected = (up - down) / f64::from(2.0 * step);
            assert!(
                (f64::from(found) - expected).abs() < 2e-4,
                "{found} or {expected}"
            );
        };
        for at in 0..LATENTS.len() {
            let loss = |by: f32| {
                let mut latents = LATENTS;
                latents[at] += by;
                head().loss(&latents, &LABELS)
            };
            near(at_rest.delta[at], loss(step), loss(-step));
        }
        for (at, &found) in at_rest.gradients.concat().iter().enumerate() {
            near(found, moved(at, step), moved(at, -step));
        }
    }

    #[test]
    fn steps_lower_the_loss_and_unknown_labels_ask_for_nothing() {
        let mut head = head();
        let first = head.loss(&LATENTS, &LABELS);
        for _ in 0..200 {
            head.step(0.01);
            head.loss(&LATENTS, &LABELS);
        }
        assert!(head.loss(&LATENTS, &LABELS) < 0.1 * first);
        assert_eq!(head.loss(&LATENTS, &[-1; 3]), 0.0);
        assert!(
            head.delta
                .iter()
                .chain(&head.gradients.concat())
                .all(|&v| v == 0.0)
        );
    }
}
