//! Rows in chunks for parallel work: chunk sizes follow from the data's shape alone, sums go in the order of the chunks.

use rayon::prelude::*;

/// Rows in a chunk that leaves no partial sums behind; a multiple of [`LANES`](crate::lanes::LANES).
pub(crate) const ROWS: usize = 1024;

/// Partial sums of all chunks at the most: 64 MiB, unless sixteen chunks take more.
const MAX_PARTIALS: usize = 1 << 23;
const MIN_CHUNKS: usize = 16;

/// Rows in a chunk that leaves `partial_len` sums behind; a multiple of [`ROWS`].
pub(crate) fn rows_per_chunk(n_samples: usize, partial_len: usize) -> usize {
    let most_chunks = (MAX_PARTIALS / partial_len.max(1)).max(MIN_CHUNKS);
    n_samples.div_ceil(most_chunks).next_multiple_of(ROWS)
}

/// The sums of `partial_len` figures that `work` makes of each chunk of rows.
pub(crate) fn sum_over_chunks(
    rows: &[f32],
    n_features: usize,
    partial_len: usize,
    work: impl Fn(Chunk<'_>, &mut [f64]) + Sync,
) -> Vec<f64> {
    let size = rows_per_chunk(rows.len() / n_features, partial_len);
    let partials: Vec<Vec<f64>> = rows
        .par_chunks(size * n_features)
        .enumerate()
        .map(|(at, rows)| {
            let mut partial = vec![0.0; partial_len];
            let first = at * size;
            work(Chunk { first, rows }, &mut partial);
            partial
        })
        .collect();
    sum_in_order(partials)
}

/// Some rows of the data.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'a> {
    /// Number of the first row.
    pub(crate) first: usize,
    /// The values, row after row.
    pub(crate) rows: &'a [f32],
}

/// Entry by entry, the first partial first.
pub(crate) fn sum_in_order(partials: impl IntoIterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut partials = partials.into_iter();
    let mut total = partials.next().unwrap_or_default();
    for partial in partials {
        for (sum, part) in total.iter_mut().zip(partial) {
            *sum += part;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_bounded_in_number_and_size() {
        assert_eq!(rows_per_chunk(70_000, 650), ROWS);
        assert_eq!(rows_per_chunk(1, 1), ROWS);
        let wide = rows_per_chunk(70_000, 10 * 784 * 785 / 2);
        assert_eq!(wide % ROWS, 0);
        assert!(70_000_usize.div_ceil(wide) <= MIN_CHUNKS);
    }

    #[test]
    fn every_row_is_in_one_chunk() {
        let rows: Vec<f32> = (0..5000).map(|row| row as f32).collect();
        let sums = sum_over_chunks(&rows, 1, 2, |chunk, sums| {
            sums[0] += chunk.rows.iter().map(|&x| f64::from(x)).sum::<f64>();
            sums[1] += (chunk.rows[0] as usize == chunk.first) as u8 as f64;
        });
        assert_eq!(sums, [f64::from(4999 * 2500), 5.0]);
    }
}
