//! Writes the golden model files that are not there yet: `cargo xtask golden`, when the format has got a new version.

use n2d_tests::golden::{GOLDEN, answers, file, model};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (name, encoder, manifold, clusterer) in GOLDEN {
        // Those that are there stay as they are.
        if file(name, "n2d").exists() {
            continue;
        }
        let model = model(encoder, manifold, clusterer);
        model.save(file(name, "n2d"))?;
        std::fs::write(file(name, "json"), answers(&model).to_string() + "\n")?;
    }
    Ok(())
}
