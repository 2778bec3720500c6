//! Loading a hostile file takes memory by what the file has, not by what it says of itself.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::persist::{self, State};
use n2d::prelude::*;
use n2d_testkit::mutated_files;
use n2d_tests::golden::model;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Times the file: the bytes themselves, the arrays made of them, an index of neighbours made anew.
const MOST_TIMES: usize = 8;
/// What parsing takes of files of any size.
const MOST_BESIDES: usize = 200_000;

/// The only test of this program: memory that another one took would be counted.
#[test]
fn memory_stays_within_a_small_multiple_of_the_file() {
    let registry = Registry::default();
    // A network whose weights do not tell how long its rows are.
    for encoder in ["lstm", "gru"] {
        let bytes = persist::to_bytes(&model(encoder, "pca", "kmeans")).unwrap();
        let most = MOST_TIMES * bytes.len() + MOST_BESIDES;
        let mut state = State::from_bytes(bytes).unwrap();
        state
            .part_mut("encoder")
            .unwrap()
            .set("row_shape", &[1_usize << 28, 1]);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        assert!(Model::from_state(&state, &registry).is_err(), "{encoder}");
        let taken = MEMORY.peak_usage().saturating_sub(before);
        assert!(taken <= most, "{encoder}: {taken} bytes, but {most} were allowed");
    }
    for (manifold, clusterer) in [("umap", "gmm"), ("pca", "hdbscan"), ("tsne", "kmeans")] {
        let bytes = persist::to_bytes(&model("dense", manifold, clusterer)).unwrap();
        for damaged in mutated_files(&bytes, 1500, 2) {
            let most = MOST_TIMES * damaged.bytes.len() + MOST_BESIDES;
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let loaded =
                State::from_bytes(damaged.bytes).and_then(|state| Model::from_state(&state, &registry));
            let taken = MEMORY.peak_usage().saturating_sub(before);
            drop(loaded);
            assert!(
                taken <= most,
                "{}: {taken} bytes, but {most} were allowed",
                damaged.what
            );
        }
    }
}
