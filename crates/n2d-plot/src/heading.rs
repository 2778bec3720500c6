//! What stands above a plot.

use crate::font::Fonts;
use crate::scene::{GREY, Scene, Text};

/// Room for the heading.
pub(crate) const HEADING: f64 = 46.0;

/// A plot's title, and a line of facts beneath it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Heading {
    pub(crate) title: String,
    /// Facts of the user's: scores, seed, ...
    pub(crate) facts: String,
}

impl Heading {
    /// Draws it with the plot's own facts before the user's, each cut to the width.
    pub(crate) fn draw(&self, scene: &mut Scene, fonts: &Fonts, default_title: &str, own_facts: &str) {
        let title = if self.title.is_empty() {
            default_title
        } else {
            &self.title
        };
        let facts: Vec<&str> = [own_facts, &self.facts]
            .into_iter()
            .filter(|facts| !facts.is_empty())
            .collect();
        let room = scene.width - 32.0;
        scene.text(Text::new(16.0, 22.0, fonts.fit(title, 13.0, true, room), 13.0).bold());
        let facts = fonts.fit(&facts.join("   \u{b7}   "), 9.0, false, room);
        scene.text(Text::new(16.0, 37.0, facts, 9.0).colour(GREY));
    }
}
