//! The hot path of each stage: `cargo bench -p n2d-benches`, or with a name to choose, `... -- umap`.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use n2d::encoder::Conv2dConfig;
use n2d::manifold::TsneConfig;
use n2d::matmul::{Matrix, product};
use n2d::neighbors::{NeighborIndex, NeighborSearch};
use n2d::prelude::*;
use n2d_benches::blobs;
use ndarray::Array2;

/// What `cargo xtask bench` measures the others by: the product of another crate, on one thread.
fn yardstick(c: &mut Criterion) {
    const SIDE: usize = 512;
    let values = vec![0.5_f32; SIDE * SIDE];
    let matrix = Matrix::new(&values, SIDE, SIDE);
    let mut out = vec![0.0; SIDE * SIDE];
    let mut group = c.benchmark_group("yardstick");
    group.bench_function("matrix product", |b| {
        b.iter(|| product(black_box(matrix), matrix, &mut out));
    });
    group.finish();
}

fn convolutions(c: &mut Criterion) {
    let x = blobs(1024, 784);
    let x = Samples::new(x.view()).and_then(|x| x.with_row_shape(&[28, 28]));
    let x = x.expect("finite, and of that shape");
    let config = Conv2dConfig {
        n_epochs: Some(1),
        ..Conv2dConfig::new(10)
    };
    let encoder = config.build().expect("valid");
    let fitted = encoder.fit(x, &mut FitContext::new(0)).expect("fits").model;
    let mut group = c.benchmark_group("convolutional autoencoder, 28 x 28");
    group.sample_size(10).throughput(Throughput::Elements(1024));
    group.bench_function("train, batch 256", |b| {
        b.iter(|| encoder.fit(x, &mut FitContext::new(0)));
    });
    group.bench_function("encode", |b| b.iter(|| fitted.encode(black_box(x))));
    group.finish();
}

fn encoder(c: &mut Criterion) {
    let x = blobs(2048, 784);
    let x = Samples::new(x.view()).expect("finite");
    let config = DenseAutoencoderConfig {
        n_epochs: Some(1),
        ..DenseAutoencoderConfig::new(10)
    };
    let encoder = config.build().expect("valid");
    let fitted = encoder.fit(x, &mut FitContext::new(0)).expect("fits").model;
    let mut group = c.benchmark_group("dense autoencoder, 784-500-500-2000-10");
    group.sample_size(10).throughput(Throughput::Elements(2048));
    group.bench_function("train, batch 256", |b| {
        b.iter(|| encoder.fit(x, &mut FitContext::new(0)));
    });
    group.bench_function("encode", |b| b.iter(|| fitted.encode(black_box(x))));
    group.finish();
}

fn neighbours(c: &mut Criterion) {
    let mut group = c.benchmark_group("19 nearest neighbours");
    group.sample_size(10);
    for (n, d, search) in [
        (20_000, 10, NeighborSearch::KdTree),
        (5_000, 784, NeighborSearch::BruteForce),
    ] {
        let x = blobs(n, d);
        let x = Samples::new(x.view()).expect("finite");
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(format!("{search:?}, {n} x {d}"), |b| {
            b.iter(|| NeighborIndex::new(x, search).graph(x, 19, &mut FitContext::new(0)));
        });
    }
    group.finish();
}

/// Rows near to those of a fit: these themselves are known to lie where they lay.
fn nudged(x: Samples<'_>) -> Array2<f32> {
    x.view().mapv(|value| value * 1.001)
}

fn umap(c: &mut Criterion) {
    let data = BuiltIn::Pendigits.load(&DataDirs::none()).expect("compiled in");
    let x = data.samples().expect("finite");
    let umap = UmapConfig::new(10).build().expect("valid");
    let fitted = umap.fit(x, &mut FitContext::new(0)).expect("fits").model;
    let mut group = c.benchmark_group("umap, pendigits to 10 components");
    group.sample_size(10);
    group.bench_function("fit", |b| b.iter(|| umap.fit(x, &mut FitContext::new(0))));
    let new = nudged(x);
    let new = Samples::new(new.view()).expect("finite");
    group.bench_function("transform", |b| b.iter(|| fitted.transform(black_box(new))));
    group.finish();
}

fn tsne(c: &mut Criterion) {
    let x = blobs(10_000, 10);
    let x = Samples::new(x.view()).expect("finite");
    let tsne = TsneConfig::default().build().expect("valid");
    let mut group = c.benchmark_group("tsne, 10 000 x 10 to 2 components");
    group.sample_size(10);
    group.bench_function("fit", |b| b.iter(|| tsne.fit(x, &mut FitContext::new(0))));
    group.finish();
}

fn clusterers(c: &mut Criterion) {
    let y = blobs(70_000, 10);
    let y = Samples::new(y.view()).expect("finite");
    let mut group = c.benchmark_group("70 000 x 10 into 10 clusters");
    group.sample_size(10);
    clusterer(&mut group, "gmm", GaussianMixtureConfig::new(10), y);
    clusterer(&mut group, "kmeans", KMeansConfig::new(10), y);
    let hdbscan = HdbscanConfig {
        min_cluster_size: 700,
        min_samples: Some(10),
        ..HdbscanConfig::default()
    };
    clusterer(&mut group, "hdbscan", hdbscan, y);
    group.finish();
}

fn clusterer<C>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, config: C, y: Samples<'_>)
where
    C: PartConfig<Part: Clusterer>,
{
    let Ok(part) = config.build() else {
        unreachable!("valid");
    };
    group.bench_function(name, |b| {
        b.iter(|| part.fit(black_box(y), &mut FitContext::new(0)));
    });
}

/// What a program that keeps a model asks of it.
fn whole(c: &mut Criterion) {
    let data = BuiltIn::Pendigits.load(&DataDirs::none()).expect("compiled in");
    let x = data.samples().expect("finite");
    let config = DenseAutoencoderConfig {
        n_epochs: Some(1),
        ..DenseAutoencoderConfig::new(10)
    };
    let pipeline = N2d::new(
        config.build().expect("valid"),
        UmapGmm::new(10).build().expect("valid"),
    );
    let fitted = pipeline.fit(x, &mut FitContext::new(0)).expect("fits").model;
    let mut group = c.benchmark_group("a pipeline on pendigits");
    group.sample_size(10);
    let new = nudged(x);
    let new = Samples::new(new.view()).expect("finite");
    group.bench_function("predict, all rows", |b| b.iter(|| fitted.predict(black_box(new))));
    let row = new
        .rows()
        .next()
        .and_then(|row| Samples::from_rows(row, row.len()).ok());
    let row = row.expect("a finite row");
    group.bench_function("predict, one row", |b| b.iter(|| fitted.predict(black_box(row))));
    group.finish();
}

criterion_group!(
    stages,
    yardstick,
    encoder,
    convolutions,
    neighbours,
    umap,
    tsne,
    clusterers,
    whole
);
criterion_main!(stages);
