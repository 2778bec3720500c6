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

    /// The values of a parameter of this shape, unless it stays as it is.
    pub(super) fn values(self, shape: &[usize], rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        match self {
            Self::GlorotUniform => Some(glorot_uniform(shape, rng)),
            Self::Orthogonal => Some(orthogonal(shape, rng)),
            Self::Values(values) => Some(values),
            Self::AsBuilt => None,
        }
    }
}

fn glorot_uniform(shape: &[usize], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let (fan_in, fan_out) = match *shape {
        [n_in, n_out] => (n_in, n_out),
        [n_out, n_in, ref kernel @ ..] => {
            let size: usize = kernel.iter().product();
            (n_in * size, n_out * size)
        }
        _ => (1, 1),
    };
    let limit = (6.0 / (fan_in as f64 + fan_out as f64)).sqrt() as f32;
    (0..shape.iter().product())
        .map(|_| limit * symmetric_unit(rng))
        .collect()
}

/// By Gram and Schmidt, in double precision, on normal numbers.
fn orthogonal(shape: &[usize], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n_rows = shape.first().copied().unwrap_or(1);
    let n_columns = shape.iter().skip(1).product::<usize>().max(1);
    let (few, many) = (n_rows.min(n_columns), n_rows.max(n_columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(few);
    while basis.len() < few {
        let mut vector: Vec<f64> = (0..many).map(|_| normal(rng)).collect();
        // Twice is enough for full precision.
        for other in basis.iter().chain(&basis) {
            let along: f64 = vector.iter().zip(other).map(|(v, o)| v * o).sum();
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        if length > 1e-6 {
            vector.iter_mut().for_each(|v| *v /= length);
            basis.push(vector);
        }
    }
    let at = |row: usize, column: usize| {
        if n_rows <= n_columns {
            basis[row][column]
        } else {
            basis[column][row]
        }
    };
    (0..n_rows * n_columns)
        .map(|i| at(i / n_columns, i % n_columns) as f32)
        .collect()
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
            let made = orthogonal(&shape, &mut generator(1, "test", 0));
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
        let made = glorot_uniform(&[8, 3, 5], &mut generator(1, "test", 0));
        let limit = (6.0_f32 / (15.0 + 40.0)).sqrt();
        assert!(made.iter().all(|v| v.abs() <= limit) && made.iter().any(|v| v.abs() > 0.9 * limit));
        assert_eq!(Initial::usual("norm.gamma", &[3]), Initial::AsBuilt);
        assert_eq!(Initial::usual("down.bias", &[2]), Initial::Values(vec![0.0; 2]));
    }
}
