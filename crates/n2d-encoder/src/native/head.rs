//! A softmax over known classes on top of the latents: what a training with labels adds to the loss.

use n2d_core::FitContext;
use n2d_core::rng::ChaCha8Rng;
use rand::RngExt;

/// The decay of Adam's moments and its epsilon, as Keras has them.
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-7;

/// A linear layer from latents to classes, in training. It is small: one thread does it all.
pub(crate) struct Head {
    /// Of the cross-entropy in the loss.
    weight: f64,
    n_classes: usize,
    /// `latent_dim` rows of `n_classes` weights, then the biases.
    parameters: Vec<f32>,
    gradient: Vec<f32>,
    moments: [Vec<f32>; 2],
    steps: i32,
    /// The gradient by the latents of the batch.
    delta: Vec<f32>,
}

impl Head {
    pub(crate) fn new(latent_dim: usize, n_classes: usize, weight: f64, ctx: &FitContext<'_>) -> Self {
        let mut rng: ChaCha8Rng = ctx.rng("encoder head", 0);
        let bound = (6.0 / (latent_dim + n_classes) as f32).sqrt();
        let mut parameters = vec![0.0; (latent_dim + 1) * n_classes];
        for value in &mut parameters[..latent_dim * n_classes] {
            *value = bound * (2.0 * rng.random::<f32>() - 1.0);
        }
        let zeros = vec![0.0; parameters.len()];
        Self {
            weight,
            n_classes,
            gradient: zeros.clone(),
            moments: [zeros.clone(), zeros],
            parameters,
            steps: 0,
            delta: Vec::new(),
        }
    }

    /// The cross-entropy of the rows whose label is known (0 or above), times its weight; its gradients are kept.
    pub(super) fn loss(&mut self, latents: &[f32], labels: &[i32]) -> f64 {
        let latent_dim = latents.len() / labels.len();
        self.gradient.fill(0.0);
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
        let (weights, biases) = self.parameters.split_at(latent.len() * self.n_classes);
        let mut scores = biases.to_vec();
        for (z, weights) in latent.iter().zip(weights.chunks_exact(self.n_classes)) {
            scores
                .iter_mut()
                .zip(weights)
                .for_each(|(score, w)| *score += z * w);
        }
        scores
    }

    fn add_gradients(&mut self, latent: &[f32], errors: &[f32], first: usize) {
        let (weights, biases) = self.gradient.split_at_mut(latent.len() * self.n_classes);
        biases
            .iter_mut()
            .zip(errors)
            .for_each(|(sum, error)| *sum += error);
        for (at, z) in latent.iter().enumerate() {
            let of_latent = at * self.n_classes..(at + 1) * self.n_classes;
            let products = self.parameters[of_latent.clone()].iter().zip(errors);
            self.delta[first + at] = products.map(|(w, error)| w * error).sum();
            let sums = weights[of_latent].iter_mut().zip(errors);
            sums.for_each(|(sum, error)| *sum += z * error);
        }
    }

    /// Adds the gradient by the latents of the batch.
    pub(super) fn add_to(&self, delta: &mut [f32]) {
        delta
            .iter_mut()
            .zip(&self.delta)
            .for_each(|(sum, own)| *sum += own);
    }

    /// A step of Adam along the gradients kept.
    pub(super) fn step(&mut self, rate: f64) {
        self.steps += 1;
        let [first, second] = BETAS.map(|beta| 1.0 - f64::from(beta).powi(self.steps));
        let rate = (rate * second.sqrt() / first) as f32;
        let [means, squares] = &mut self.moments;
        let moments = means.iter_mut().zip(squares);
        for ((value, gradient), (mean, square)) in self.parameters.iter_mut().zip(&self.gradient).zip(moments)
        {
            *mean += (1.0 - BETAS[0]) * (gradient - *mean);
            *square += (1.0 - BETAS[1]) * (gradient * gradient - *square);
            *value -= rate * *mean / (square.sqrt() + EPSILON);
        }
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
        Head::new(3, 4, 0.5, &FitContext::new(7))
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
        for at in 0..at_rest.parameters.len() {
            let loss = |by: f32| {
                let mut moved = head();
                moved.parameters[at] += by;
                moved.loss(&LATENTS, &LABELS)
            };
            near(at_rest.gradient[at], loss(step), loss(-step));
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
        assert!(head.delta.iter().chain(&head.gradient).all(|&v| v == 0.0));
    }
}
