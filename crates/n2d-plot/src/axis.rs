//! Scales with round numbers at their ticks.

use crate::scene::{Align, Area, GREY, GRID, LIGHT, Scene, Text};

pub(crate) const TICK_SIZE: f64 = 7.5;
pub(crate) const LABEL_SIZE: f64 = 9.0;

/// Which numbers lie where along an axis, both ends included; never without extent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    /// Where the ends are drawn.
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Scale {
    /// Of even steps.
    pub(crate) fn linear((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let (low, high) = widened(low, high);
        Self {
            low,
            high,
            log: false,
            from,
            to,
        }
    }

    /// Of even factors; both ends must be above zero.
    pub(crate) fn log((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let (low, high) = if low < high {
            (low, high)
        } else {
            (low / 2.0, high * 2.0)
        };
        Self {
            low,
            high,
            log: true,
            from,
            to,
        }
    }

    /// Where a number is drawn.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// About `n` round numbers with their texts.
    pub(crate) fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        if self.log {
            self.log_ticks(n)
        } else {
            self.even_ticks(n)
        }
    }

    fn even_ticks(&self, n: usize) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / n.max(1) as f64);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        // Beyond the digits of a number there are no steps between two of them.
        if !(last - first).is_finite() || last - first > 4.0 * n as f64 || first + 1.0 == first {
            return Vec::new();
        }
        let number = |i: usize| (first + i as f64) * step;
        (0..=(last - first) as usize)
            .map(|i| (number(i), tick_text(number(i), step)))
            .collect()
    }

    /// Powers of ten, or where they are few also their doubles and fives.
    fn log_ticks(&self, n: usize) -> Vec<(f64, String)> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let factors: &[f64] = if last - first <= 2 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = (last - first) / n.max(1) as i32 + 1;
        let powers = (first..=last).filter(|power| power % every == 0);
        let numbers = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
        let inside = numbers.filter(|value| (self.low * 0.999..=self.high * 1.001).contains(value));
        inside.map(|value| (value, tick_text(value, value))).collect()
    }
}

/// A range that has extent, around the number where there is only one.
fn widened(low: f64, high: f64) -> (f64, f64) {
    if high - low > 1e-9 * low.abs().max(high.abs()) {
        return (low, high);
    }
    let around = if low == 0.0 {
        1.0
    } else {
        0.1 * low.abs().max(high.abs())
    };
    (low - around, high + around)
}

/// The least of 1, 2 and 5 times a power of ten that is at least the step.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= step * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// A number with as many decimals as its step needs.
fn tick_text(value: f64, step: f64) -> String {
    let value = if value.abs() < step * 1e-9 { 0.0 } else { value };
    let text = if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) {
        let decimals = (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 6.0) as usize;
        let text = format!("{value:.decimals$e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.')
        } else {
            digits
        };
        format!("{digits}e{power}")
    } else {
        let decimals = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
        format!("{value:.decimals$}")
    };
    text.replace('-', "\u{2212}")
}

/// A count with commas between thousands.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Which sides of a plot's area have ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Left,
}

/// Draws ticks, their numbers and the axis' name along a side; lines through the plot where `grid` is set.
pub(crate) fn draw(scene: &mut Scene, area: &Area, scale: &Scale, side: Side, name: &str, grid: bool) {
    let length = if side == Side::Below {
        area.width
    } else {
        area.height
    };
    let ticks = scale.ticks((length / 55.0).round().clamp(2.0, 8.0) as usize);
    for (value, text) in ticks {
        let at = scale.place(value);
        let (line, through, text) = match side {
            Side::Below => (
                vec![(at, area.bottom()), (at, area.bottom() + 3.0)],
                vec![(at, area.y), (at, area.bottom())],
                Text::new(at, area.bottom() + 11.0, text, TICK_SIZE).align(Align::Middle),
            ),
            Side::Left => (
                vec![(area.x - 3.0, at), (area.x, at)],
                vec![(area.x, at), (area.right(), at)],
                Text::new(area.x - 5.0, at + 2.6, text, TICK_SIZE).align(Align::End),
            ),
        };
        if grid {
            scene.line(through, GRID, 0.6);
        }
        scene.line(line, LIGHT, 0.6);
        scene.text(text.colour(GREY));
    }
    scene.text(match side {
        Side::Below => {
            Text::new(area.x + area.width / 2.0, area.bottom() + 24.0, name, LABEL_SIZE).align(Align::Middle)
        }
        Side::Left => Text::new(area.x - 32.0, area.y + area.height / 2.0, name, LABEL_SIZE)
            .align(Align::Middle)
            .upwards(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(scale: Scale, n: usize) -> Vec<String> {
        scale.ticks(n).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        let to = (0.0, 100.0);
        assert_eq!(
            texts(Scale::linear((0.0, 1.0), to), 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            texts(Scale::linear((-7.0, 12.0), to), 4),
            ["\u{2212}5", "0", "5", "10"]
        );
        assert_eq!(texts(Scale::log((0.01, 30.0), to), 5), ["0.01", "0.1", "1", "10"]);
        assert_eq!(
            texts(Scale::log((2.0, 60.0), to), 5),
            ["2", "5", "10", "20", "50"]
        );
        assert_eq!(texts(Scale::linear((0.0, 1e30), to), 2), ["0", "5e29", "1e30"]);
    }

    #[test]
    fn one_number_is_in_the_middle() {
        for value in [0.0, 5.0, -3.0, 1e30, 1e-30] {
            assert!(
                (Scale::linear((value, value), (0.0, 100.0)).place(value) - 50.0).abs() < 1e-6,
                "{value}"
            );
        }
        assert!((Scale::log((7.0, 7.0), (0.0, 100.0)).place(7.0) - 50.0).abs() < 1e-6);
    }

    #[test]
    fn thousands_have_commas() {
        let shown = [0, 999, 1_000, 70_000, 1_234_567].map(count);
        assert_eq!(shown, ["0", "999", "1,000", "70,000", "1,234,567"]);
    }

    proptest! {
        #[test]
        fn ticks_lie_on_the_axis(low in -1e30_f64..1e30, extent in prop::sample::select(vec![0.0, 1e-30, 1e-3, 1.0, 1e7, 1e30])) {
            let scale = Scale::linear((low, low + extent), (0.0, 100.0));
            let ticks = scale.ticks(5);
            prop_assert!(ticks.len() <= 21);
            for (value, _) in ticks {
                let place = scale.place(value);
                prop_assert!((-1e-6..=100.0 + 1e-6).contains(&place), "{} at {}", value, place);
            }
        }
    }
}
