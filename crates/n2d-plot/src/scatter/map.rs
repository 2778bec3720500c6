//! What a map on a page is made of, as a plot on paper is.

use n2d_core::Labels;

use super::Scatter;
use super::draw::noise_last;
use super::panel::{View, places};
use crate::groups::sizes;
use crate::scene::Area;
use crate::{Colour, PlotError};

/// Where a page's map is, for the size and the cover of its dots.
const AREA: Area = Area::new(0.0, 0.0, 600.0, 600.0);

/// Points, labels and looks, checked.
pub(crate) struct MapData<'a> {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) radius: f64,
    pub(crate) alpha: f64,
    pub(crate) clusters: &'a Labels,
    pub(crate) classes: Option<&'a Labels>,
    pub(crate) strengths: Option<&'a [f32]>,
    /// Noise is among them where there is any.
    pub(crate) cluster_looks: Vec<GroupLook>,
    pub(crate) class_looks: Vec<GroupLook>,
    pub(crate) facts: String,
}

/// A group's name, colour and number of rows.
pub(crate) struct GroupLook {
    pub(crate) label: i32,
    pub(crate) name: String,
    /// As on the map.
    pub(crate) short: String,
    pub(crate) colour: Colour,
    pub(crate) size: usize,
}

impl<'a> Scatter<'a> {
    /// The title, or what stands for it.
    pub(crate) fn title(&self) -> &str {
        if self.heading.title.is_empty() {
            "Embedding"
        } else {
            &self.heading.title
        }
    }

    pub(crate) fn map_data(&self) -> Result<MapData<'a>, PlotError> {
        self.style.check()?;
        let shown = self.check()?;
        let colours = self.own_or_shared_colours()?;
        let places = places(&View::of(&shown.points), &AREA, &shown.points);
        let radius = self.style.radius_for(places.len());
        let alpha = self.style.alpha_for(&places, radius);
        let cluster = |(label, size)| GroupLook {
            label,
            name: self.cluster_names.full("cluster", label),
            short: self.short_cluster(label),
            colour: colours.of_cluster(label).colour,
            size,
        };
        let class = |(label, size)| GroupLook {
            label,
            name: if label == Labels::NOISE {
                "class unknown".to_owned()
            } else {
                self.class_names.full("class", label)
            },
            short: self.class_names.short(label),
            colour: colours.of_class(label).colour,
            size,
        };
        let own = self.own_facts(&shown);
        let facts = if self.heading.facts.is_empty() {
            own
        } else {
            format!("{own} \u{b7} {}", self.heading.facts)
        };
        Ok(MapData {
            points: shown.points,
            radius,
            alpha,
            clusters: self.clusters,
            classes: self.classes,
            strengths: self.strengths,
            cluster_looks: noise_last(sizes(self.clusters)).map(cluster).collect(),
            class_looks: self
                .classes
                .map(|classes| noise_last(sizes(classes)).map(class).collect())
                .unwrap_or_default(),
            facts,
        })
    }
}
