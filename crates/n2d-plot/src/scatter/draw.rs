//! The picture put together.

use std::collections::BTreeMap;

use n2d_core::Labels;

use super::check::{Shown, scrambled};
use super::panel::{View, frame, places};
use super::{Scatter, names};
use crate::axis::count;
use crate::font::Fonts;
use crate::groups::sizes;
use crate::heading::HEADING;
use crate::legend::{Entry, Legend};
use crate::palette::{Ink, NOISE_INK};
use crate::scene::{Area, Dot, Dots, GREY, Item, Scene, Text};
use crate::{Colour, Colours, Figure};

/// Width of one half: one alone is larger.
const ALONE: f64 = 380.0;
const HALF: f64 = 320.0;
const LEFT: f64 = 52.0;
const BETWEEN: f64 = 18.0;
const BELOW: f64 = 36.0;
/// More groups than this have no names on the plot, if nothing is said about it.
const MOST_NAMED: usize = 40;
/// How many degrees of strength are told apart.
const DEGREES: usize = 32;

impl Scatter<'_> {
    pub(super) fn draw_checked(&self, shown: &Shown, colours: &Colours) -> Figure {
        let fonts = Fonts::new();
        let view = View::of(&shown.points);
        let halves = if self.classes.is_some() { 2 } else { 1 };
        let width = if halves == 1 { ALONE } else { HALF };
        let area = Area::new(LEFT, HEADING + 18.0, width, view.height_for(width));
        let legend = self.legend(&fonts, colours, area.height);
        let legend_x = LEFT + f64::from(halves) * (width + BETWEEN);
        let total = legend_x
            + legend
                .width(&fonts)
                .max(if self.strengths.is_some() { 90.0 } else { 0.0 })
            + 12.0;
        let mut scene = Scene::new(total, area.bottom() + BELOW, self.description());
        self.heading
            .draw(&mut scene, &fonts, "Embedding", &self.own_facts(shown));
        let places = places(&view, &area, &shown.points);
        let radius = self.style.radius_for(places.len());
        let alpha = self.style.alpha_for(&places, radius);
        let half = Half {
            view: &view,
            shown,
            fonts: &fonts,
            places: &places,
            radius,
            alpha,
        };
        self.half_of_clusters(&mut scene, area, &half, colours);
        if let Some(classes) = self.classes {
            let area = Area {
                x: area.x + width + BETWEEN,
                ..area
            };
            self.half_of_classes(&mut scene, area, &half, classes, colours);
        }
        legend.draw(&mut scene, &fonts, legend_x, area.y - 14.0);
        if self.strengths.is_some() {
            strength_key(&mut scene, legend_x, area.bottom() + 8.0);
        }
        Figure::new(scene)
    }

    fn half_of_clusters(&self, scene: &mut Scene, area: Area, half: &Half<'_>, colours: &Colours) {
        let labels = self.clusters.as_slice();
        let inks = |label| colours.of_cluster(label);
        let title = if self.classes.is_some() {
            "by predicted cluster"
        } else {
            ""
        };
        let named = |label| {
            if self.classes.is_some() {
                self.short_cluster(label)
            } else {
                self.cluster_names.short(label)
            }
        };
        self.half(
            scene,
            area,
            half,
            title,
            labels,
            &shades(labels, inks, self.strengths),
            &named,
        );
    }

    fn half_of_classes(
        &self,
        scene: &mut Scene,
        area: Area,
        half: &Half<'_>,
        classes: &Labels,
        colours: &Colours,
    ) {
        let labels = classes.as_slice();
        let inks = |label| colours.of_class(label);
        let named = |label| self.class_names.short(label);
        self.half(
            scene,
            area,
            half,
            "by class",
            labels,
            &shades(labels, inks, None),
            &named,
        );
    }

    #[expect(clippy::too_many_arguments, reason = "what the two halves differ in")]
    fn half(
        &self,
        scene: &mut Scene,
        area: Area,
        half: &Half<'_>,
        title: &str,
        labels: &[i32],
        looks: &[Ink],
        named: &dyn Fn(i32) -> String,
    ) {
        frame(scene, &area, half.view, half.shown, title, area.x == LEFT);
        let places: Vec<(f32, f32)> = half
            .places
            .iter()
            .map(|&(x, y)| (x + (area.x - LEFT) as f32, y))
            .collect();
        let dot = |row: usize| Dot {
            x: places[row].0,
            y: places[row].1,
            colour: looks[row].colour,
            shape: looks[row].shape,
        };
        scene.items.push(Item::Dots(Dots {
            area,
            radius: half.radius,
            alpha: half.alpha,
            dots: drawing_order(labels).into_iter().map(dot).collect(),
            as_vectors: places.len() <= self.style.most_vectors,
        }));
        let mut rows = group_sizes(labels);
        rows.remove(&Labels::NOISE);
        if self.style.names_on_plot.unwrap_or(rows.len() <= MOST_NAMED) {
            let spots = names::densest(&area, &places, labels);
            let mut by_size: Vec<(i32, usize)> = rows.into_iter().collect();
            by_size.sort_by_key(|&(label, size)| (std::cmp::Reverse(size), label));
            let name = |(label, _)| (named(label), spots[&label]);
            let all: Vec<_> = by_size.into_iter().map(name).collect();
            names::write(scene, half.fonts, &area, &all, names::Room::Around);
        }
    }

    /// Beside a class' number, a cluster's own number needs a letter.
    pub(super) fn short_cluster(&self, label: i32) -> String {
        let name = self.cluster_names.short(label);
        if name == label.to_string() {
            format!("c{label}")
        } else {
            name
        }
    }

    fn legend(&self, fonts: &Fonts, colours: &Colours, height: f64) -> Legend {
        let (title, entries) = match self.classes {
            None => ("cluster", self.entries_of_clusters(colours)),
            Some(classes) => ("class, its cluster", self.entries_of_classes(classes, colours)),
        };
        Legend::new(fonts, title, entries, height)
    }

    fn entries_of_clusters(&self, colours: &Colours) -> Vec<Entry> {
        let entry = |(label, size): (i32, usize)| Entry {
            ink: colours.of_cluster(label),
            name: self.cluster_names.full("cluster", label),
            note: count(size),
            size,
        };
        noise_last(sizes(self.clusters)).map(entry).collect()
    }

    fn entries_of_classes(&self, classes: &Labels, colours: &Colours) -> Vec<Entry> {
        let (of_class, of_cluster) = (sizes(classes), sizes(self.clusters));
        let class = |(&label, &size): (&i32, &usize)| Entry {
            ink: colours.of_class(label),
            name: self.class_names.full("class", label),
            note: colours
                .cluster_of(label)
                .map_or("none".to_owned(), |cluster| self.short_cluster(cluster)),
            size,
        };
        let left_over = |(&label, &size): (&i32, &usize)| Entry {
            ink: colours.of_cluster(label),
            name: "no class".to_owned(),
            note: self.short_cluster(label),
            size,
        };
        let mut entries: Vec<Entry> = of_class.iter().filter(|entry| *entry.0 >= 0).map(class).collect();
        let unmatched = of_cluster
            .iter()
            .filter(|&(&label, _)| label >= 0 && colours.class_of(label).is_none());
        entries.extend(unmatched.map(left_over));
        for (name, sizes) in [("noise", &of_cluster), ("class unknown", &of_class)] {
            if let Some(&size) = sizes.get(&Labels::NOISE) {
                entries.push(Entry {
                    ink: NOISE_INK,
                    name: name.to_owned(),
                    note: String::new(),
                    size,
                });
            }
        }
        entries
    }

    pub(super) fn own_facts(&self, shown: &Shown) -> String {
        let (n, clusters, noise) = (
            self.clusters.len(),
            self.clusters.n_clusters(),
            self.clusters.n_noise(),
        );
        let mut facts = vec![plural(n, "row"), plural(clusters, "cluster")];
        if noise > 0 {
            facts.push(format!("{} noise", count(noise)));
        }
        if !shown.note.is_empty() {
            facts.push(shown.note.clone());
        }
        facts.join(", ")
    }

    fn description(&self) -> String {
        let title = if self.heading.title.is_empty() {
            "Embedding"
        } else {
            &self.heading.title
        };
        format!(
            "{title}: scatter plot of {} in {}",
            plural(self.clusters.len(), "row"),
            plural(self.clusters.n_clusters(), "cluster")
        )
    }
}

/// What both halves share.
struct Half<'a> {
    view: &'a View,
    shown: &'a Shown,
    fonts: &'a Fonts,
    /// In the first half.
    places: &'a [(f32, f32)],
    radius: f64,
    alpha: f64,
}

pub(crate) fn plural(n: usize, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

fn group_sizes(labels: &[i32]) -> BTreeMap<i32, usize> {
    let mut sizes = BTreeMap::new();
    for &label in labels {
        *sizes.entry(label).or_insert(0) += 1;
    }
    sizes
}

pub(super) fn noise_last(sizes: BTreeMap<i32, usize>) -> impl Iterator<Item = (i32, usize)> {
    let noise = sizes.get(&Labels::NOISE).map(|&size| (Labels::NOISE, size));
    sizes
        .into_iter()
        .filter(|&(label, _)| label != Labels::NOISE)
        .chain(noise)
}

/// Noise first, so that it lies beneath; within both, no order that has to do with the data.
fn drawing_order(labels: &[i32]) -> Vec<usize> {
    let mut keyed: Vec<(bool, u64, usize)> = labels
        .iter()
        .enumerate()
        .map(|(row, &label)| (label != Labels::NOISE, scrambled(row), row))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, _, row)| row).collect()
}

/// The look of each row; weak ones are paler.
fn shades(labels: &[i32], ink: impl Fn(i32) -> Ink, strengths: Option<&[f32]>) -> Vec<Ink> {
    let mut looks: BTreeMap<i32, (Ink, Vec<Colour>)> = BTreeMap::new();
    let degree = |row: usize| strengths.map_or(DEGREES, |all| (all[row] * DEGREES as f32).round() as usize);
    let look = |(row, &label): (usize, &i32)| {
        let (ink, degrees) = looks.entry(label).or_insert_with(|| {
            let ink = ink(label);
            (
                ink,
                (0..=DEGREES)
                    .map(|degree| paler(ink.colour, degree as f64 / DEGREES as f64))
                    .collect(),
            )
        });
        // Noise belongs to nothing, and so to nothing weakly.
        let degree = if label == Labels::NOISE {
            DEGREES
        } else {
            degree(row)
        };
        Ink {
            colour: degrees[degree.min(DEGREES)],
            ..*ink
        }
    };
    labels.iter().enumerate().map(look).collect()
}

fn paler(colour: Colour, strength: f64) -> Colour {
    colour.mix(Colour::hex(0xf0_f0f0), 0.85 * (1.0 - strength))
}

fn strength_key(scene: &mut Scene, x: f64, y: f64) {
    const WIDTH: f64 = 60.0;
    let step = WIDTH / DEGREES as f64;
    for degree in 0..DEGREES {
        let colour = paler(Colour::hex(0x60_6060), degree as f64 / (DEGREES - 1) as f64);
        scene.fill(Area::new(x + degree as f64 * step, y, step + 0.1, 6.0), colour);
    }
    scene.text(Text::new(x, y + 15.0, "weak", 7.5).colour(GREY));
    scene.text(
        Text::new(x + WIDTH, y + 15.0, "strong", 7.5)
            .colour(GREY)
            .align(crate::scene::Align::End),
    );
}
