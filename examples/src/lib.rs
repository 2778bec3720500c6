//! Example programs; see the folder `examples` of this package.
//!
//! `cargo run --release -p n2d-examples --example own_clusterer`
