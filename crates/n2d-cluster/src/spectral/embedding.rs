//! Rows placed by the smoothest functions on their graph.

use n2d_core::{FitContext, FitError};
use n2d_neighbors::{SparseGraph, laplacian_eigenvectors};

use super::affinity::n_pieces;

/// Products with the matrix at the most, for each piece of the graph.
const MAX_APPLICATIONS: usize = 10_000;

/// The places of the rows.
pub(super) struct Embedding {
    /// One row after the other.
    pub(super) rows: Vec<f64>,
    /// Values a row.
    pub(super) width: usize,
    /// The eigenvalue of each function, ascending: 0 for each piece of the graph, then the others.
    pub(super) values: Vec<f64>,
    residual: f64,
}

/// A function that is zero outside a piece.
struct Function {
    value: f64,
    piece: usize,
    /// Its values on the piece.
    entries: Vec<f64>,
}

impl Embedding {
    /// What to say about it.
    pub(super) fn note(&self, tol: f64) -> Option<String> {
        let residual = self.residual;
        (residual > tol).then(|| {
            format!("the eigenvectors are inexact: residual {residual:.1e} after {MAX_APPLICATIONS} products")
        })
    }
}

/// The smallest eigenvectors of the graph's normalised Laplacian, each divided by the roots of the degrees.
///
/// Those of a graph in pieces are those of the pieces; what they have in common, the eigenvalue zero, is spanned by the
/// pieces' indicators. There are not more pieces than components.
pub(super) fn of(
    graph: &SparseGraph,
    n_components: usize,
    tol: f64,
    ctx: &FitContext<'_>,
) -> Result<Embedding, FitError> {
    let number = graph.components();
    let mut pieces: Vec<Vec<u32>> = vec![Vec::new(); n_pieces(&number)];
    for (row, &piece) in (0..).zip(&number) {
        pieces[piece as usize].push(row);
    }
    let mut functions = Vec::new();
    let mut residual = 0.0_f64;
    for (piece, points) in pieces.iter().enumerate() {
        let part = graph.subgraph(points);
        let degrees = part.degrees();
        functions.push(indicator(piece, &degrees));
        let found = laplacian_eigenvectors(&part, n_components - pieces.len(), tol, MAX_APPLICATIONS, ctx)?;
        if !found.vectors.is_empty() {
            residual = residual.max(found.residual);
        }
        for (value, vector) in found.values.into_iter().zip(found.vectors) {
            let entries = vector.iter().zip(&degrees).map(|(v, degree)| v / degree.sqrt());
            functions.push(Function {
                value,
                piece,
                entries: entries.collect(),
            });
        }
    }
    functions.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.piece.cmp(&b.piece)));
    functions.truncate(n_components);
    Ok(placed(&functions, &pieces, number.len(), residual))
}

/// The function that is constant on a piece.
fn indicator(piece: usize, degrees: &[f64]) -> Function {
    let volume: f64 = degrees.iter().sum();
    let height = if volume > 0.0 { volume.sqrt().recip() } else { 1.0 };
    Function {
        // Below every other, whatever rounding makes of those.
        value: f64::NEG_INFINITY,
        piece,
        entries: vec![height; degrees.len()],
    }
}

fn placed(functions: &[Function], pieces: &[Vec<u32>], n_samples: usize, residual: f64) -> Embedding {
    let width = functions.len();
    let mut rows = vec![0.0; n_samples * width];
    for (column, function) in functions.iter().enumerate() {
        for (&row, entry) in pieces[function.piece].iter().zip(&function.entries) {
            rows[row as usize * width + column] = *entry;
        }
    }
    Embedding {
        rows,
        width,
        values: functions.iter().map(|function| function.value.max(0.0)).collect(),
        residual,
    }
}
