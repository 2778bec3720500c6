//! The whole of N2D in a few lines: `cargo run --release -p n2d-examples --example quickstart`

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use n2d::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
    let encoder = DenseAutoencoderConfig::new(10).build()?;
    let pipeline = N2d::new(encoder, UmapGmm::new(10).build()?);

    let fit = pipeline.fit(data.samples()?, &mut FitContext::new(42))?;
    for report in &fit.report.parts {
        println!(
            "{:8} {:6.1} s  {}",
            report.part, report.seconds, report.termination
        );
    }
    let fitted = fit.model;
    println!("clusters and their sizes: {:?}", fitted.labels().sizes());
    if let Some(classes) = &data.labels {
        println!("{}", fitted.assess(classes)?);
    }
    let new_rows = Samples::from_rows(&[0.5; 16], 16)?;
    println!(
        "a new row is in cluster {}",
        fitted.predict(new_rows)?.as_slice()[0]
    );
    Ok(())
}
