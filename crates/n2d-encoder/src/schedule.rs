use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate changes over the steps of a training, by its name in configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Not at all; the paper's.
    #[default]
    Constant,
    /// From `learning_rate` to 0 by half a cosine (Loshchilov and Hutter 2017, [arXiv 1608.03983](https://arxiv.org/abs/1608.03983), without restarts).
    Cosine,
    /// From a 25th of `learning_rate` up to it and down to nearly 0, each by half a cosine (Smith and Topin 2017,
    /// [arXiv 1708.07120](https://arxiv.org/abs/1708.07120), with PyTorch's shape; momentum stays as it is).
    OneCycle,
}

/// PyTorch's `div_factor` and `final_div_factor`.
const FIRST: f64 = 1.0 / 25.0;
const LAST: f64 = FIRST / 1e4;

/// A schedule with its options, checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Rates {
    pub(crate) schedule: Schedule,
    #[serde(rename = "learning_rate")]
    pub(crate) peak: f64,
    pub(crate) warm_up: f64,
}

impl Rates {
    /// The rate of a step, counted from zero, of so many.
    pub(crate) fn at(&self, step: u64, n_steps: u64) -> f64 {
        let of = |done: f64, all: f64| if all > 0.0 { (done / all).min(1.0) } else { 1.0 };
        let (step, last) = (step as f64, n_steps.saturating_sub(1) as f64);
        let factor = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => between(1.0, 0.0, of(step, n_steps as f64)),
            Schedule::OneCycle => {
                let top = last * self.warm_up;
                if step < top {
                    between(FIRST, 1.0, of(step, top))
                } else {
                    between(1.0, LAST, of(step - top, last - top))
                }
            }
        };
        self.peak * factor
    }
}

/// Half a cosine from one value to another.
fn between(from: f64, to: f64, done: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule) -> impl Fn(u64) -> f64 {
        let rates = Rates {
            schedule,
            peak: 2.0,
            warm_up: 0.3,
        };
        move |step| rates.at(step, 101)
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn each_schedule_has_its_shape() {
        let constant = rates(Schedule::Constant);
        assert!(near(constant(0), 2.0) && near(constant(100), 2.0));
        let cosine = Rates {
            schedule: Schedule::Cosine,
            peak: 2.0,
            warm_up: 0.0,
        };
        assert!(
            near(cosine.at(0, 100), 2.0) && near(cosine.at(50, 100), 1.0) && near(cosine.at(100, 100), 0.0)
        );
        let cycle = rates(Schedule::OneCycle);
        assert!(near(cycle(0), 0.08) && near(cycle(30), 2.0) && near(cycle(100), 8e-6));
        assert!(near(cycle(15), 1.04) && near(cycle(65), (2.0 + 8e-6) / 2.0));
        let shape: Vec<bool> = (0..100).map(|step| cycle(step) < cycle(step + 1)).collect();
        assert!(shape[..30].iter().all(|&rises| rises) && shape[30..].iter().all(|&rises| !rises));
    }

    #[test]
    fn one_step_is_no_trouble() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::OneCycle] {
            for warm_up in [0.0, 0.3] {
                let rate = Rates {
                    schedule,
                    peak: 2.0,
                    warm_up,
                }
                .at(0, 1);
                assert!(rate.is_finite() && rate > 0.0, "{schedule:?}: {rate}");
            }
        }
    }
}
