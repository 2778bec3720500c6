//! Writes the golden model files that are not there yet: `cargo xtask golden`, when the format has got a new version.

use n2d::Model;
use n2d_tests::golden::{ENSEMBLES, GOLDEN, answers, ensemble, file, model};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (name, encoder, manifold, clusterer) in GOLDEN {
        write(name, || model(encoder, manifold, clusterer))?;
    }
    for (name, consensus) in ENSEMBLES {
        write(name, || ensemble(consensus))?;
    }
    Ok(())
}

/// Those that are there stay as they are.
fn write(name: &str, model: impl FnOnce() -> Model) -> Result<(), Box<dyn std::error::Error>> {
    if file(name, "n2d").exists() {
        return Ok(());
    }
    let model = model();
    model.save(file(name, "n2d"))?;
    std::fs::write(file(name, "json"), answers(&model).to_string() + "\n")?;
    Ok(())
}
