//! A clusterer of one's own in the same pipeline as ours: `cargo run --release -p n2d-examples --example own_clusterer -- [PICTURE.png]`
//!
//! The leader algorithm (Hartigan 1975): a row joins the nearest leader within a radius, and else leads a new cluster.
//! It needs no number of clusters; too small ones are noise here.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use n2d::check::{Options, same_features};
use n2d::plot::Scatter;
use n2d::prelude::*;
use n2d::{ApplyError, ConfigError, FitError, Report, Stage, Termination};

/// The options, as plain data.
#[derive(Debug, Clone)]
struct LeaderConfig {
    /// How far from its leader a row may lie.
    radius: f32,
    /// The least rows a cluster has.
    min_size: usize,
}

impl PartConfig for LeaderConfig {
    const NAME: &'static str = "leader";
    type Part = Leader;

    fn build(&self) -> Result<Leader, ConfigError> {
        let leader = Options::of(Self::NAME);
        leader.positive("radius", self.radius.into())?;
        leader.at_least("min_size", self.min_size, 1)?;
        Ok(Leader(self.clone()))
    }
}

struct Leader(LeaderConfig);

impl Leader {
    fn leaders<'a>(&self, y: Samples<'a>) -> Vec<&'a [f32]> {
        let mut leaders: Vec<&[f32]> = Vec::new();
        for row in y.rows() {
            if nearest(&leaders, row).is_none_or(|(_, distance)| distance > self.0.radius) {
                leaders.push(row);
            }
        }
        let followers = |leader: usize| {
            let follows = |row: &&[f32]| nearest(&leaders, row).is_some_and(|(at, _)| at == leader);
            y.rows().filter(follows).count()
        };
        (0..leaders.len())
            .filter(|&at| followers(at) >= self.0.min_size)
            .map(|at| leaders[at])
            .collect()
    }
}

fn nearest(leaders: &[impl AsRef<[f32]>], row: &[f32]) -> Option<(usize, f32)> {
    let distance = |leader: &[f32]| -> f32 { leader.iter().zip(row).map(|(a, b)| (a - b).powi(2)).sum() };
    let distances = leaders.iter().map(|leader| distance(leader.as_ref()).sqrt());
    distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))
}

impl Clusterer for Leader {
    type Fitted = FittedLeader;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLeader>, FitError> {
        ctx.run_stage(Stage::Clusterer, LeaderConfig::NAME, |_| {
            let leaders = self.leaders(y).into_iter().map(<[f32]>::to_vec).collect();
            let mut model = FittedLeader {
                radius: self.0.radius,
                n_features: y.n_features(),
                leaders,
                labels: Labels::from_proba(ndarray::Array2::zeros((0, 1)).view()),
            };
            model.labels = model.predict(y)?;
            Ok(Fit {
                model,
                report: Report::new(LeaderConfig::NAME, Termination::ClosedForm),
            })
        })
    }
}

struct FittedLeader {
    radius: f32,
    n_features: usize,
    leaders: Vec<Vec<f32>>,
    labels: Labels,
}

impl FittedClusterer for FittedLeader {
    fn name(&self) -> &str {
        LeaderConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.leaders.len()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }
}

impl Predict for FittedLeader {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(LeaderConfig::NAME, self.n_features, y)?;
        let label = |row: &[f32]| match nearest(&self.leaders, row) {
            Some((at, distance)) if distance <= self.radius => at as i32,
            _ => Labels::NOISE,
        };
        let labels = Labels::new(y.rows().map(label).collect());
        labels.map_err(|source| ApplyError::Data {
            part: LeaderConfig::NAME.into(),
            source,
        })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
    let leader = LeaderConfig {
        radius: 4.0,
        min_size: 50,
    }
    .build()?;
    let umap = UmapConfig::new(10).build()?;
    let encoder = DenseAutoencoderConfig::new(10).build()?;
    let pipeline = N2d::new(encoder, ManifoldClusterer::new(umap, leader));

    let fitted = pipeline.fit(data.samples()?, &mut FitContext::new(42))?.model;
    println!("clusters and their sizes: {:?}", fitted.labels().sizes());
    println!("rows in no cluster: {}", fitted.labels().n_noise());
    if let Some(classes) = &data.labels {
        println!("{}", fitted.assess(classes)?);
    }
    if let Some(picture) = std::env::args().nth(1) {
        Scatter::new(fitted.embedding(), fitted.labels())
            .with_title("Leaders in pendigits")
            .draw()?
            .save(picture)?;
    }
    Ok(())
}
