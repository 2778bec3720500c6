//! The arithmetic of one step, value by value.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1};

use super::{Adam, Rule, Sgd, StepTile};

/// One step of one rate, ready to be applied to any tile.
pub(crate) struct Kernel {
    step: Step,
    rate: f64,
    bounds: Bounds,
}

/// What gradients are multiplied by, and then cut to, either way.
#[derive(Clone, Copy)]
struct Bounds {
    scale: f32,
    limit: f32,
}

impl Bounds {
    /// Not by `clamp`, whose check of its own arguments keeps loops from becoming vector instructions.
    #[inline(always)]
    fn of(self, gradient: f32) -> f32 {
        let g = gradient * self.scale;
        let g = if g > self.limit { self.limit } else { g };
        if g < -self.limit { -self.limit } else { g }
    }
}

enum Step {
    Adam(AdamStep),
    Sgd(SgdStep),
    Lion(LionStep),
}

struct AdamStep {
    rate: f32,
    first: f32,
    second: f32,
    epsilon: f32,
    decay: f32,
}

struct SgdStep {
    rate: f32,
    momentum: f32,
    nesterov: bool,
    decay: f32,
}

struct LionStep {
    rate: f32,
    first: f32,
    second: f32,
    decay: f32,
}

impl Kernel {
    /// Step number `steps`, counted from one.
    pub(crate) fn new(rule: &Rule, steps: u64, rate: f64, limit: f64) -> Self {
        let step = match *rule {
            Rule::Adam(adam) | Rule::Muon { biases: adam, .. } => {
                Step::Adam(AdamStep::new(adam, steps, rate))
            }
            Rule::Sgd(Sgd {
                momentum,
                nesterov,
                weight_decay,
            }) => Step::Sgd(SgdStep {
                rate: rate as f32,
                momentum: momentum as f32,
                nesterov,
                decay: (rate * weight_decay) as f32,
            }),
            Rule::Lion {
                beta_1,
                beta_2,
                weight_decay,
            } => Step::Lion(LionStep {
                rate: rate as f32,
                first: beta_1 as f32,
                second: beta_2 as f32,
                decay: (rate * weight_decay) as f32,
            }),
        };
        let bounds = Bounds {
            scale: 1.0,
            limit: limit as f32,
        };
        Self { step, rate, bounds }
    }

    /// The same on gradients times a factor.
    pub(crate) fn scaled(self, scale: f64) -> Self {
        let bounds = Bounds {
            scale: scale as f32,
            ..self.bounds
        };
        Self { bounds, ..self }
    }

    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// A gradient within its bounds.
    pub(crate) fn clipped(&self, gradient: f32) -> f32 {
        self.bounds.of(gradient)
    }

    /// Steps a tile down its gradient.
    pub(crate) fn apply(&self, tile: StepTile<'_>, gradient: ArrayView2<'_, f32>) {
        let StepTile {
            mut values,
            mut memory,
        } = tile;
        let rows = values.rows_mut().into_iter().zip(gradient.rows());
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || match (&self.step, memory.as_mut_slice()) {
                (Step::Adam(adam), [first, second]) => {
                    let moments = first.rows_mut().into_iter().zip(second.rows_mut());
                    for ((values, gradient), (first, second)) in rows.zip(moments) {
                        adam.row(
                            self.bounds,
                            slice_mut(values),
                            slice(gradient),
                            slice_mut(first),
                            slice_mut(second),
                        );
                    }
                }
                (Step::Sgd(sgd), [velocity]) => {
                    for ((values, gradient), velocity) in rows.zip(velocity.rows_mut()) {
                        sgd.row(
                            self.bounds,
                            slice_mut(values),
                            slice(gradient),
                            slice_mut(velocity),
                        );
                    }
                }
                (Step::Lion(lion), [mean]) => {
                    for ((values, gradient), mean) in rows.zip(mean.rows_mut()) {
                        lion.row(self.bounds, slice_mut(values), slice(gradient), slice_mut(mean));
                    }
                }
                _ => unreachable!("every rule has the memory that `n_memories` says"),
            },
        );
    }
}

fn slice(row: ArrayView1<'_, f32>) -> &[f32] {
    row.to_slice().expect("a piece of a row-major matrix's row")
}

fn slice_mut(row: ArrayViewMut1<'_, f32>) -> &mut [f32] {
    row.into_slice().expect("a piece of a row-major matrix's row")
}

/// Adam's rate with the correction of both moments' bias.
pub(crate) fn corrected_rate(adam: Adam, steps: u64, rate: f64) -> f64 {
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    rate * (1.0 - adam.beta_2.powi(steps)).sqrt() / (1.0 - adam.beta_1.powi(steps))
}

/// A mean below this moves no weight. Where gradients are zero, as behind a pixel that is always dark or a unit that no row reaches, means shrink to numbers
/// below the normal ones (1e-38), where rounding holds them for ever and a processor takes many times as long for each.
const NEGLIGIBLE: f32 = 1e-30;
/// The same of means of squares: their root is far below any epsilon.
const NEGLIGIBLE_SQUARE: f32 = 1e-36;

/// The mean, or zero where it is negligible; NaN stays.
#[inline(always)]
fn kept(mean: f32, negligible: f32) -> f32 {
    if mean.abs() < negligible { 0.0 } else { mean }
}

impl AdamStep {
    fn new(adam: Adam, steps: u64, rate: f64) -> Self {
        Self {
            rate: corrected_rate(adam, steps, rate) as f32,
            first: (1.0 - adam.beta_1) as f32,
            second: (1.0 - adam.beta_2) as f32,
            epsilon: adam.epsilon as f32,
            decay: (rate * adam.weight_decay) as f32,
        }
    }

    #[inline(always)]
    fn row(
        &self,
        bounds: Bounds,
        values: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let moments = first.iter_mut().zip(second);
        for ((value, &g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            let g = bounds.of(g);
            *m = kept(*m + (g - *m) * self.first, NEGLIGIBLE);
            *v = kept(*v + (g * g - *v) * self.second, NEGLIGIBLE_SQUARE);
            let kept = *value - *value * self.decay;
            *value = kept - *m * self.rate / (v.sqrt() + self.epsilon);
        }
    }
}

impl SgdStep {
    #[inline(always)]
    fn row(&self, bounds: Bounds, values: &mut [f32], gradient: &[f32], velocity: &mut [f32]) {
        for ((value, &g), v) in values.iter_mut().zip(gradient).zip(velocity) {
            let step = bounds.of(g) * self.rate;
            *v = kept(*v * self.momentum - step, NEGLIGIBLE);
            let ahead = if self.nesterov {
                *v * self.momentum - step
            } else {
                *v
            };
            *value = *value - *value * self.decay + ahead;
        }
    }
}

impl LionStep {
    #[inline(always)]
    fn row(&self, bounds: Bounds, values: &mut [f32], gradient: &[f32], mean: &mut [f32]) {
        for ((value, &g), m) in values.iter_mut().zip(gradient).zip(mean) {
            let g = bounds.of(g);
            let direction = g + (*m - g) * self.first;
            // Of zero, which has no sign, and of NaN, which must not be hidden, the number itself.
            let sign = if direction > 0.0 { 1.0 } else { direction };
            let sign = if direction < 0.0 { -1.0 } else { sign };
            *value -= *value * self.decay + sign * self.rate;
            *m = kept(g + (*m - g) * self.second, NEGLIGIBLE);
        }
    }
}
