//! Labels by a pivoted QR factorisation (Damle, Minden and Ying 2019, Information and Inference 8(1)).

use faer::Mat;

/// The cluster of each row: where it lies farthest out on axes that have been turned towards the clusters.
pub(super) fn labels(rows: &[f64], width: usize) -> Vec<i32> {
    let pivots = pivots(rows, width);
    let chosen = Mat::from_fn(width, width, |i, j| {
        pivots.get(j).map_or(0.0, |&row| rows[row * width + i])
    });
    // The rotation nearest to the chosen rows; without one (values that are not finite) the axes stay.
    let rotation = chosen.svd().map_or_else(
        |_| Mat::identity(width, width),
        |svd| svd.U() * svd.V().transpose(),
    );
    let axis = |row: &[f64]| {
        let length = |j: usize| {
            row.iter()
                .enumerate()
                .map(|(i, x)| x * rotation[(i, j)])
                .sum::<f64>()
                .abs()
        };
        let lengths: Vec<f64> = (0..width).map(length).collect();
        (1..width).fold(0, |best, j| if lengths[j] > lengths[best] { j } else { best }) as i32
    };
    rows.chunks_exact(width).map(axis).collect()
}

/// Rows that point in different directions: each time the one that is longest without what it has in common with those before.
fn pivots(rows: &[f64], width: usize) -> Vec<usize> {
    let mut left = rows.to_vec();
    let mut pivots = Vec::with_capacity(width);
    for _ in 0..width.min(rows.len() / width) {
        let squares = left
            .chunks_exact(width)
            .map(|row| row.iter().map(|x| x * x).sum::<f64>());
        let longest = squares.enumerate().fold(
            (0, 0.0),
            |best, (row, square)| if square > best.1 { (row, square) } else { best },
        );
        if longest.1 == 0.0 {
            break;
        }
        let direction: Vec<f64> = left[longest.0 * width..][..width]
            .iter()
            .map(|x| x / longest.1.sqrt())
            .collect();
        for row in left.chunks_exact_mut(width) {
            let common: f64 = row.iter().zip(&direction).map(|(x, d)| x * d).sum();
            row.iter_mut().zip(&direction).for_each(|(x, d)| *x -= common * d);
        }
        pivots.push(longest.0);
    }
    pivots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_axes_are_found() {
        let (s, c) = (0.6, 0.8);
        let rows = [c, s, 2.0 * c, 2.0 * s, -s, c, -0.9 * s, 0.9 * c, c, s];
        let labels = labels(&rows, 2);
        assert_eq!([labels[1], labels[4]], [labels[0]; 2]);
        assert_eq!(labels[2], labels[3]);
        assert_ne!(labels[0], labels[2]);
    }

    #[test]
    fn equal_rows_are_no_trap() {
        assert_eq!(labels(&[0.5; 12], 3), [0; 4].map(|_| labels(&[0.5; 12], 3)[0]));
        assert_eq!(labels(&[0.0; 4], 2), [0, 0]);
    }
}
