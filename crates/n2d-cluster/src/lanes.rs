//! Blocks of sixteen rows turned on their side, so that one instruction works on several rows.
//!
//! A row has a lane of its own and lanes never mix, so what comes out for a row does not depend on the rows beside it.

/// Rows in a block.
pub(crate) const LANES: usize = 16;

/// One value for each row of a block.
pub(crate) type Lane = [f64; LANES];

/// Turns up to sixteen rows, given one after the other, into a lane for each feature. Rows that are missing are zeros.
#[inline(always)]
pub(crate) fn load(rows: &[f32], block: &mut [Lane]) {
    let n_features = block.len();
    if rows.len() < n_features * LANES {
        block.iter_mut().for_each(|lane| lane.fill(0.0));
    }
    for (lane, row) in rows.chunks_exact(n_features).enumerate() {
        for (values, &x) in block.iter_mut().zip(row) {
            values[lane] = f64::from(x);
        }
    }
}

/// `out = block - point`, feature by feature.
#[inline(always)]
pub(crate) fn subtract(block: &[Lane], point: &[f64], out: &mut [Lane]) {
    for ((out, values), &origin) in out.iter_mut().zip(block).zip(point) {
        for lane in 0..LANES {
            out[lane] = values[lane] - origin;
        }
    }
}

/// Squared distance of each row to a point.
#[inline(always)]
pub(crate) fn squared_distance(block: &[Lane], point: &[f64]) -> Lane {
    let mut sum = [0.0; LANES];
    for (values, &origin) in block.iter().zip(point) {
        for lane in 0..LANES {
            let difference = values[lane] - origin;
            sum[lane] += difference * difference;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rows_are_zeros() {
        let mut block = vec![[7.0; LANES]; 2];
        load(&[1.0, 2.0, 3.0, 4.0], &mut block);
        assert_eq!(block[0][..3], [1.0, 3.0, 0.0]);
        assert_eq!(block[1][..3], [2.0, 4.0, 0.0]);
        assert_eq!(squared_distance(&block, &[1.0, 0.0])[..3], [4.0, 20.0, 1.0]);
    }
}
