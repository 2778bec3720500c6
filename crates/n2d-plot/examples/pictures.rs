//! Draws an embedding from raw files.
use std::error::Error;
use std::fs;

use n2d_core::Labels;
use n2d_plot::Scatter;
use ndarray::Array2;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let points: Vec<f32> = fs::read(&args[1])?.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let labels = |path: &str| -> Result<Labels, Box<dyn Error>> {
        Ok(Labels::new(fs::read(path)?.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())?)
    };
    let (clusters, classes) = (labels(&args[2])?, labels(&args[3])?);
    let points = Array2::from_shape_vec((clusters.len(), points.len() / clusters.len()), points)?;
    let start = std::time::Instant::now();
    let mut scatter = Scatter::new(points.view(), &clusters).with_classes(&classes).with_title(&args[4]);
    if let Some(names) = args.get(6) { scatter = scatter.with_class_names(names.split(',')); }
    let figure = scatter.draw()?;
    let drawn = start.elapsed();
    figure.save(format!("{}.png", args[5]))?;
    let png = start.elapsed();
    figure.save(format!("{}.svg", args[5]))?;
    println!("drawn {drawn:?}, png {png:?}, svg {:?}", start.elapsed());
    Scatter::new(points.view(), &clusters).with_title(&args[4]).draw()?.save(format!("{}-alone.png", args[5]))?;
    Ok(())
}
