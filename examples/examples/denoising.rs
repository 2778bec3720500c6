//! Denoising: an encoder that sees rows with noise and must give them back without, beside one that sees them as they are:
//!
//! ```text
//! cargo run --release -p n2d-examples --example denoising                        # MNIST's test set, which is compiled in
//! cargo run --release -p n2d-examples --example denoising ../shared/data [FOLDER] # all of Fashion-MNIST; pictures go into the folder
//! ```

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use n2d::plot::Scatter;
use n2d::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let data = match words.first() {
        Some(folder) => BuiltIn::Fashion.load(&DataDirs::new([folder]))?,
        None => BuiltIn::MnistTest.load(&DataDirs::none())?,
    };
    let as_they_are = DenseAutoencoderConfig::new(10);
    // Both are drawn anew for every batch.
    let noisy = DenseAutoencoderConfig {
        noise: 0.2,
        masking: 0.1,
        ..as_they_are.clone()
    };
    let pictures = words.get(1).map(Path::new);
    cluster("as-they-are", &as_they_are, &data, pictures)?;
    cluster("denoising", &noisy, &data, pictures)
}

fn cluster(
    name: &str,
    encoder: &DenseAutoencoderConfig,
    data: &Dataset,
    pictures: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let pipeline = N2d::new(encoder.build()?, UmapGmm::new(10).build()?);
    let fitted = pipeline.fit(data.samples()?, &mut FitContext::new(0))?.model;
    let classes = data.labels.as_ref().ok_or("there are classes")?;
    println!("{name}: {}", fitted.assess(classes)?);
    if let Some(folder) = pictures {
        std::fs::create_dir_all(folder)?;
        Scatter::new(fitted.embedding(), fitted.labels())
            .with_classes(classes)
            .with_class_names(&data.label_names)
            .with_title(name)
            .draw()?
            .save(folder.join(format!("{name}.png")))?;
    }
    Ok(())
}
