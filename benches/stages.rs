//! The hot path of each stage: `cargo bench -p n2d-benches`, or with a name to choose, `... -- umap`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use n2d::encoder::Conv2dConfig;
use n2d::matmul::{Matrix, product};
use n2d::neighbors::{NeighborIndex, NeighborSearch};
use n2d::prelude::*;
use n2d_benches::blobs;

/// What `cargo xtask bench` measures the others by: work of another crate, on one thread.
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

fn umap(c: &mut Criterion) {
    let data = BuiltIn::Pendigits.load(&DataDirs::none()).expect("compiled in");
    let x = data.samples().expect("finite");
    let umap = UmapConfig::new(10).build().expect("valid");
    let fitted = umap.fit(x, &mut FitContext::new(0)).expect("fits").model;
    let mut group = c.benchmark_group("umap, pendigits to 10 components");
    group.sample_size(10);
    group.bench_function("fit", |b| b.iter(|| umap.fit(x, &mut FitContext::new(0))));
    group.bench_function("transform", |b| b.iter(|| fitted.transform(black_box(x))));
    group.finish();
}

fn clusterers(c: &mut Criterion) {
    let y = blobs(70_000, 10);
    let gmm = GaussianMixtureConfig::new(10).build().expect("valid");
    let kmeans = KMeansConfig::new(10).build().expect("valid");
    let mut group = c.benchmark_group("70 000 x 10 into 10 clusters");
    group.sample_size(10);
    let view = || Samples::new(y.view()).expect("finite");
    group.bench_function("gmm", |b| {
        b.iter_batched(
            view,
            |y| gmm.fit(y, &mut FitContext::new(0)),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("kmeans", |b| {
        b.iter_batched(
            view,
            |y| kmeans.fit(y, &mut FitContext::new(0)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(
    stages,
    yardstick,
    encoder,
    convolutions,
    neighbours,
    umap,
    clusterers
);
criterion_main!(stages);
