use crate::axis::{Scale, Side, draw};
use crate::font::Fonts;
use crate::heading::{HEADING, Heading};
use crate::palette::{Ink, palette};
use crate::scatter::plural;
use crate::scene::{Align, Area, GREY, Item, LIGHT, Scene, Text};
use crate::{Figure, PlotError};

const NAME: &str = "learning curve";
const AREA: Area = Area::new(58.0, HEADING + 8.0, 390.0, 220.0);
/// Greatest over least value from which on steps are factors.
const DECADE: f64 = 10.0;

/// The loss of each epoch of a training, or any other value of each round.
///
/// Where all values are above zero and the greatest is at least ten times the least, one step up is a factor. A value that is NaN or
/// infinite leaves a gap, which the line of facts counts. The least value of the last series is marked, unless
/// [`with_rounds`](Self::with_rounds) says where the values were taken: then each has a dot.
///
/// ```
/// use n2d_plot::LearningCurve;
///
/// let figure = LearningCurve::new("training", &[0.9, 0.2, 0.05]).with_series("validation", &[0.95, 0.3, 0.1]).draw()?;
/// assert!(figure.to_svg().contains("validation"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LearningCurve<'a> {
    series: Vec<(String, &'a [f64])>,
    value: String,
    round: String,
    rounds: Option<&'a [f64]>,
    log: Option<bool>,
    heading: Heading,
}

impl<'a> LearningCurve<'a> {
    /// Of one series, from the first epoch on.
    pub fn new(name: impl Into<String>, values: &'a [f64]) -> Self {
        Self {
            series: vec![(name.into(), values)],
            value: "loss".to_owned(),
            round: "epoch".to_owned(),
            rounds: None,
            log: None,
            heading: Heading::default(),
        }
    }

    /// One more series.
    pub fn with_series(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.series.push((name.into(), values));
        self
    }

    /// What is measured, and after what. Default `loss` and `epoch`.
    pub fn with_units(self, value: impl Into<String>, round: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            round: round.into(),
            ..self
        }
    }

    /// After how much of the second unit each value was taken, ascending; as far apart as ten to one, one step across is a factor.
    /// Default 1, 2, 3, ...
    pub fn with_rounds(self, rounds: &'a [f64]) -> Self {
        Self {
            rounds: Some(rounds),
            ..self
        }
    }

    /// Whether one step up is a factor. Default: as the type's description says.
    pub fn with_log(self, log: bool) -> Self {
        Self {
            log: Some(log),
            ..self
        }
    }

    /// The title. Default `Learning curve`.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.heading.title = title.into();
        self
    }

    /// Facts for the line beneath the title.
    pub fn with_facts(mut self, facts: impl Into<String>) -> Self {
        self.heading.facts = facts.into();
        self
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`PlotError::Empty`] where no series has a finite value; [`PlotError::BadValue`] for a value that is not above zero where factors
    /// were asked for, and for rounds that are not finite and ascending; [`PlotError::LengthMismatch`] where there are not as many as values.
    pub fn draw(&self) -> Result<Figure, PlotError> {
        let (low, high) = self.range().ok_or(PlotError::Empty {
            plot: NAME,
            what: "finite values",
        })?;
        let log = self.log.unwrap_or(low > 0.0 && high >= DECADE * low);
        if log && low <= 0.0 {
            return Err(self.not_positive());
        }
        let n = self
            .series
            .iter()
            .map(|(_, values)| values.len())
            .max()
            .unwrap_or(0);
        let across = self.across(n)?;
        let fonts = Fonts::new();
        let longest = self
            .series
            .iter()
            .map(|(name, _)| fonts.width(name, 9.0, false))
            .fold(0.0, f64::max)
            .min(120.0);
        let mut scene = Scene::new(
            AREA.right() + longest + 34.0,
            AREA.bottom() + 36.0,
            match self.rounds {
                None => format!("Learning curve of {}", plural(n, &self.round)),
                Some(_) => format!("{} against {}", self.value, self.round),
            },
        );
        let upwards = (AREA.bottom() - 8.0, AREA.y + 8.0);
        let up = if log {
            Scale::log((low, high), upwards)
        } else {
            Scale::linear((low, high), upwards)
        };
        self.heading
            .draw(&mut scene, &fonts, "Learning curve", &self.own_facts(n));
        draw(&mut scene, &AREA, &up, Side::Left, &self.value, true);
        draw(&mut scene, &AREA, &across, Side::Below, &self.round, false);
        scene.frame(AREA, LIGHT, 0.7);
        self.lines(&mut scene, &fonts, &across, &up);
        Ok(Figure::new(scene))
    }

    /// Where rounds lie.
    fn across(&self, n: usize) -> Result<Scale, PlotError> {
        let ends = (AREA.x + 6.0, AREA.right() - 6.0);
        let Some(rounds) = self.rounds else {
            return Ok(Scale::linear((1.0, n.max(2) as f64), ends));
        };
        check(rounds, n)?;
        let (first, last) = (rounds[0], rounds[rounds.len() - 1]);
        Ok(if first > 0.0 && last >= DECADE * first {
            Scale::log((first, last), ends)
        } else {
            Scale::linear((first, last), ends)
        })
    }

    fn range(&self) -> Option<(f64, f64)> {
        let finite = || {
            self.series
                .iter()
                .flat_map(|(_, values)| values.iter().copied())
                .filter(|value| value.is_finite())
        };
        let low = finite().fold(f64::INFINITY, f64::min);
        low.is_finite()
            .then(|| (low, finite().fold(f64::NEG_INFINITY, f64::max)))
    }

    fn not_positive(&self) -> PlotError {
        let all = self
            .series
            .iter()
            .flat_map(|(_, values)| values.iter().copied().enumerate());
        let (at, value) = all
            .filter(|&(_, value)| value <= 0.0)
            .find(|(_, value)| value.is_finite())
            .unwrap_or((0, 0.0));
        PlotError::BadValue {
            plot: NAME,
            what: "the value of round",
            at,
            allowed: "above 0 on a scale of factors",
            value,
        }
    }

    fn own_facts(&self, n: usize) -> String {
        let gaps: usize = self
            .series
            .iter()
            .map(|(_, values)| values.iter().filter(|v| !v.is_finite()).count())
            .sum();
        let rounds = self.rounds.is_none().then(|| plural(n, &self.round));
        let gaps = (gaps > 0).then(|| format!("{} not finite", plural(gaps, "value")));
        let facts: Vec<String> = rounds.into_iter().chain(gaps).collect();
        facts.join(", ")
    }

    fn lines(&self, scene: &mut Scene, fonts: &Fonts, across: &Scale, up: &Scale) {
        let mut taken: Vec<f64> = Vec::new();
        for (number, (name, values)) in self.series.iter().enumerate() {
            let ink = line_ink(number);
            let place = |(at, &value): (usize, &f64)| (across.place(self.round(at)), up.place(value));
            let indexed: Vec<(usize, &f64)> = values.iter().enumerate().collect();
            for run in indexed
                .split(|(_, value)| !value.is_finite())
                .filter(|run| !run.is_empty())
            {
                let points: Vec<(f64, f64)> = run.iter().copied().map(place).collect();
                if points.len() == 1 || self.rounds.is_some() {
                    scene.items.extend(points.iter().map(|&(x, y)| dot(ink, x, y)));
                }
                scene.line(points, ink.colour, 1.4);
            }
            let Some(&last) = indexed.iter().rev().find(|(_, value)| value.is_finite()) else {
                continue;
            };
            let (x, mut y) = place(last);
            // Names of lines that end close together stand below one another.
            while let Some(near) = taken.iter().find(|other| (*other - y).abs() < 10.5) {
                y = near + 10.6;
            }
            taken.push(y);
            scene.text(
                Text::new(
                    x.max(AREA.right()) + 8.0,
                    y + 3.0,
                    fonts.fit(name, 9.0, false, 120.0),
                    9.0,
                )
                .colour(ink.colour.mix(crate::scene::BLACK, 0.35)),
            );
            if number + 1 == self.series.len() && self.rounds.is_none() {
                self.mark_least(scene, ink, across, up, values);
            }
        }
    }

    /// After how many rounds the value at this place was taken.
    fn round(&self, at: usize) -> f64 {
        self.rounds.map_or(at as f64 + 1.0, |rounds| rounds[at])
    }

    fn mark_least(&self, scene: &mut Scene, ink: Ink, across: &Scale, up: &Scale, values: &[f64]) {
        let finite = values.iter().enumerate().filter(|(_, value)| value.is_finite());
        let Some((round, &least)) = finite.min_by(|a, b| a.1.total_cmp(b.1)) else {
            return;
        };
        let (x, y) = (across.place(self.round(round)), up.place(least));
        scene.items.push(dot(ink, x, y));
        let align = if x > AREA.x + 0.7 * AREA.width {
            Align::End
        } else {
            Align::Middle
        };
        let text = format!("least {least:.4} at {} {}", self.round, round + 1);
        let x = x.clamp(AREA.x + 60.0, AREA.right() - 4.0);
        scene.text(
            Text::new(x, (y - 7.0).max(AREA.y + 10.0), text, 7.5)
                .colour(GREY)
                .align(align)
                .rim(),
        );
    }
}

fn check(rounds: &[f64], n: usize) -> Result<(), PlotError> {
    if rounds.len() != n {
        return Err(PlotError::LengthMismatch {
            plot: NAME,
            what: "rounds",
            expected: n,
            given: rounds.len(),
        });
    }
    let is_wrong = |at: &usize| !rounds[*at].is_finite() || (*at > 0 && rounds[*at] <= rounds[at - 1]);
    match (0..n).find(is_wrong) {
        None => Ok(()),
        Some(at) => Err(PlotError::BadValue {
            plot: NAME,
            what: "round",
            at,
            allowed: "finite and more than the one before it",
            value: rounds[at],
        }),
    }
}

fn dot(ink: Ink, x: f64, y: f64) -> Item {
    Item::Marker {
        x,
        y,
        radius: 2.4,
        shape: ink.shape,
        colour: ink.colour,
    }
}

/// The palette's colours that stand out as thin lines on white come first.
fn line_ink(number: usize) -> Ink {
    const ORDER: [usize; 7] = [4, 9, 7, 8, 2, 1, 5];
    let disc = palette(0).shape;
    Ink {
        shape: disc,
        ..palette(ORDER.get(number).copied().unwrap_or(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_numbers_are_gaps() {
        let losses = [1.0, f64::NAN, 0.5, f64::INFINITY, 0.2, 0.1];
        let svg = LearningCurve::new("training", &losses).draw().unwrap().to_svg();
        assert!(svg.contains("6 epochs, 2 values not finite"));
        assert!(svg.contains("least 0.1000 at epoch 6"));
        assert_eq!(svg.matches("stroke-width=\"1.4\"").count(), 3);
    }

    #[test]
    fn what_can_not_be_drawn_is_refused() {
        for values in [&[][..], &[f64::NAN][..]] {
            let error = LearningCurve::new("training", values).draw().unwrap_err();
            assert!(matches!(error, PlotError::Empty { .. }), "{error}");
        }
        let error = LearningCurve::new("score", &[1.0, -0.5])
            .with_log(true)
            .draw()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "learning curve: the value of round 1 is -0.5; it must be above 0 on a scale of factors"
        );
    }

    #[test]
    fn values_lie_where_rounds_say() {
        let rounds = [1e4, 1e5, 1e6];
        let curve = LearningCurve::new("seconds", &[1.0, 10.0, 100.0]).with_units("seconds", "rows");
        let figure = curve.clone().with_rounds(&rounds).draw().unwrap();
        let svg = figure.to_svg();
        assert!(svg.contains("100000") && !svg.contains("least"), "{svg}");
        for (wrong, word) in [
            (&rounds[..2], "2 rounds"),
            (&[1.0, 3.0, 2.0][..], "round 2"),
            (&[1.0, f64::NAN, 2.0], "round 1"),
        ] {
            let error = curve.clone().with_rounds(wrong).draw().unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn one_epoch_equal_losses_and_extremes_are_fine() {
        for values in [
            &[0.5][..],
            &[0.5, 0.5][..],
            &[1e30, 1e-30][..],
            &[0.0, 0.0][..],
            &[-1.0, 3.0][..],
            &[f64::MAX, f64::MIN_POSITIVE][..],
        ] {
            let svg = LearningCurve::new("training", values).draw().unwrap().to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{values:?}");
        }
    }
}
