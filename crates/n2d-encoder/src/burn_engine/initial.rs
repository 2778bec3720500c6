use faer::Mat;
use n2d_core::rng::ChaCha8Rng;
use rand::Rng;

use crate::network::symmetric_unit;

/// What a parameter is before training.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Initial {
    /// Uniform in `±sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio 2010; Keras' default). Of two dimensions these are the extents;
    /// of more, those of burn's convolutions, `(out, in, kernel, ...)`.
    GlorotUniform,
    /// A random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014; Keras' for recurrent weights).
    Orthogonal,
    /// These values, row-major.
    Values(Vec<f32>),
    /// What the network was built with.
    AsBuilt,
}

impl Initial {
    /// The default of [`Network::initial`](crate::Network::initial).
    pub fn usual(name: &str, shape: &[usize]) -> Self {
        if shape.len() > 1 {
            Self::GlorotUniform
        } else if name.rsplit('.').next() == Some("bias") {
            Self::Values(vec![0.0; shape.iter().product()])
        } else {
            Self::AsBuilt
        }
    }

    /// The values of a parameter of this shape, put into `values`, which has place for them; none if it stays as it is.
    pub(super) fn values(self, shape: &[usize], values: Vec<f32>, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        match self {
            Self::GlorotUniform => Some(glorot_uniform(shape, values, rng)),
            Self::Orthogonal => Some(orthogonal(shape, values, rng)),
            Self::Values(values) => Some(values),
            Self::AsBuilt => None,
        }
    }
}

fn glorot_uniform(shape: &[usize], mut values: Vec<f32>, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let (fan_in, fan_out) = match *shape {
        [n_in, n_out] => (n_in, n_out),
        [n_out, n_in, ref kernel @ ..] => {
            let size: usize = kernel.iter().product();
            (n_in * size, n_out * size)
        }
        _ => (1, 1),
    };
    let limit = (6.0 / (fan_in as f64 + fan_out as f64)).sqrt() as f32;
    values.extend((0..shape.iter().product()).map(|_| limit * symmetric_unit(rng)));
    values
}

/// Of normal numbers, by their QR decomposition in double precision; with the signs of R's diagonal, which make all such matrices equally likely (Mezzadri
/// 2007).
fn orthogonal(shape: &[usize], mut values: Vec<f32>, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n_rows = shape.first().copied().unwrap_or(1);
    let n_columns = shape.iter().skip(1).product::<usize>().max(1);
    let (few, many) = (n_rows.min(n_columns), n_rows.max(n_columns));
    let mut drawn = Mat::<f64>::zeros(many, few);
    for column in 0..few {
        drawn
            .col_mut(column)
            .iter_mut()
            .for_each(|value| *value = normal(rng));
    }
    let qr = drawn.qr();
    let (q, r) = (qr.compute_thin_Q(), qr.thin_R());
    let at = |long: usize, short: usize| q[(long, short)] * r[(short, short)].signum();
    let of_place = |i: usize| {
        let (row, column) = (i / n_columns, i % n_columns);
        let value = if n_rows <= n_columns {
            at(column, row)
        } else {
            at(row, column)
        };
        value as f32
    };
    values.extend((0..n_rows * n_columns).map(of_place));
    values
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let mut unit = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let radius = (-2.0 * (1.0 - unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::generator;

    #[test]
    fn orthogonal_matrices_are() {
        for shape in [[5, 5], [3, 7], [7, 3], [1, 4]] {
            let made = orthogonal(&shape, Vec::new(), &mut generator(1, "test", 0));
            let [n_rows, n_columns] = shape;
            let vector = |i: usize| -> Vec<f32> {
                if n_rows <= n_columns {
                    made[i * n_columns..(i + 1) * n_columns].to_vec()
                } else {
                    (0..n_rows).map(|row| made[row * n_columns + i]).collect()
                }
            };
            for i in 0..n_rows.min(n_columns) {
                for j in 0..=i {
                    let dot: f32 = vector(i).iter().zip(vector(j)).map(|(a, b)| a * b).sum();
                    assert!(
                        (dot - f32::from(u8::from(i == j))).abs() < 1e-6,
                        "{shape:?}: {dot}"
                    );
                }
            }
        }
    }

    #[test]
    fn convolutions_count_their_kernels() {
        let made = glorot_uniform(&[8, 3, 5], Vec::new(), &mut generator(1, "test", 0));
        let limit = (6.0_f32 / (15.0 + 40.0)).sqrt();
        assert!(made.iter().all(|v| v.abs() <= limit) && made.iter().any(|v| v.abs() > 0.9 * limit));
        assert_eq!(Initial::usual("norm.gamma", &[3]), Initial::AsBuilt);
        assert_eq!(Initial::usual("down.bias", &[2]), Initial::Values(vec![0.0; 2]));
    }
}
