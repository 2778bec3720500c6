use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::{Deserialize, Serialize};

/// How a scatter plot looks. What is `None` follows from the points.
///
/// ```
/// use n2d_plot::ScatterStyle;
///
/// let style = ScatterStyle { radius: Some(2.0), ..ScatterStyle::default() };
/// assert_eq!(style.alpha, None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScatterStyle {
    /// Radius of a dot in points, above 0 and at most 20. Default `None`: `2.6 (n / 200)^-0.22`, between 0.35 and 2.6; 0.72
    /// for 70 000 rows.
    pub radius: Option<f64>,
    /// How much a dot covers, above 0 and at most 1. Default `None`: so much that where the tenth most crowded of the rows lie, dots
    /// cover nineteen twentieths together, between 0.1 and 0.85. Less crowded places then look lighter.
    pub alpha: Option<f64>,
    /// Whether groups have their names on the plot, each where its rows are densest. Default `None`: where there are at most 40
    /// groups.
    pub names_on_plot: Option<bool>,
    /// Up to so many rows an SVG holds each dot for itself; beyond, one picture of all. Default 5000: half a megabyte.
    pub most_vectors: usize,
}

impl Default for ScatterStyle {
    fn default() -> Self {
        Self {
            radius: None,
            alpha: None,
            names_on_plot: None,
            most_vectors: 5_000,
        }
    }
}

impl ScatterStyle {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let scatter = Options::of("scatter");
        for (name, given, most) in [("radius", self.radius, 20.0), ("alpha", self.alpha, 1.0)] {
            if let Some(given) = given {
                scatter.positive(name, given)?;
                scatter.between(name, given, 0.0, most)?;
            }
        }
        Ok(())
    }

    pub(super) fn radius_for(&self, n: usize) -> f64 {
        let automatic = 2.6 * (n.max(1) as f64 / 200.0).powf(-0.22);
        self.radius.unwrap_or(automatic.clamp(0.35, 2.6))
    }

    pub(super) fn alpha_for(&self, places: &[(f32, f32)], radius: f64) -> f64 {
        self.alpha.unwrap_or_else(|| {
            let layers = crowding(places, radius);
            (1.0 - 0.05_f64.powf(1.0 / layers)).clamp(0.1, 0.85)
        })
    }
}

/// How many dots lie above one another where it is fuller than for nine rows of ten: rows in a square as large as a dot.
fn crowding(places: &[(f32, f32)], radius: f64) -> f64 {
    let side = radius * std::f64::consts::PI.sqrt();
    let cell = |at: f32| (f64::from(at) / side).floor() as i64;
    let mut cells: Vec<(i64, i64)> = places.iter().map(|&(x, y)| (cell(x), cell(y))).collect();
    cells.sort_unstable();
    let mut sizes: Vec<usize> = cells.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    sizes.sort_unstable();
    let mut left = places.len() * 9 / 10;
    for &size in &sizes {
        if size > left {
            return size as f64;
        }
        left -= size;
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_have_smaller_dots() {
        let style = ScatterStyle::default();
        let radii = [1, 200, 2_000, 11_000, 70_000, 1_000_000, 100_000_000].map(|n| style.radius_for(n));
        assert!(radii.windows(2).all(|pair| pair[0] >= pair[1]), "{radii:?}");
        assert!((radii[4] - 0.72).abs() < 0.01);
    }

    #[test]
    fn crowded_dots_are_fainter() {
        let style = ScatterStyle::default();
        let spread: Vec<(f32, f32)> = (0..1_000)
            .map(|i| ((i % 32) as f32 * 9.0, (i / 32) as f32 * 9.0))
            .collect();
        let heap = vec![(5.0, 5.0); 1_000];
        assert_eq!(style.alpha_for(&spread, 2.0), 0.85);
        assert_eq!(style.alpha_for(&heap, 2.0), 0.1);
        assert_eq!(style.alpha_for(&[], 2.0), 0.85);
    }

    #[test]
    fn options_out_of_range_are_refused() {
        let refused = |style: ScatterStyle| style.check().unwrap_err().field;
        assert_eq!(
            refused(ScatterStyle {
                radius: Some(0.0),
                ..Default::default()
            }),
            "radius"
        );
        assert_eq!(
            refused(ScatterStyle {
                alpha: Some(1.5),
                ..Default::default()
            }),
            "alpha"
        );
        assert_eq!(
            refused(ScatterStyle {
                radius: Some(f64::NAN),
                ..Default::default()
            }),
            "radius"
        );
    }
}
