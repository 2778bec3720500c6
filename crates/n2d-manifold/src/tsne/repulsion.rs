//! The repulsion between all pairs, one way or another.

use n2d_core::CancelToken;

use super::Tsne;
use super::config::{Method, TsneConfig};
use super::exact;
use super::grid::Grid;
use super::tree::Tree;

/// How the repulsion is computed for given rows.
pub(super) enum Repulsion {
    Exact,
    Tree { squared_angle: f32 },
    Line { grid: Grid<1>, squared_angle: f32 },
    Plane { grid: Grid<2>, squared_angle: f32 },
}

impl Repulsion {
    pub(super) fn new(config: &TsneConfig, n_samples: usize) -> Self {
        let squared_angle = (config.angle * config.angle) as f32;
        match (config.method, config.n_components) {
            (Method::Exact, _) => Self::Exact,
            (Method::Auto, _) if n_samples <= Tsne::MAX_EXACT => Self::Exact,
            (Method::Auto | Method::Fft, 1) => Self::Line {
                grid: Grid::new(),
                squared_angle,
            },
            (Method::Auto | Method::Fft, 2) => Self::Plane {
                grid: Grid::new(),
                squared_angle,
            },
            _ => Self::Tree { squared_angle },
        }
    }

    /// `sum of w^2 (y_i - y_j)` for each point, and the sum of `w` over all pairs of different points, with
    /// `w = 1 / (1 + |y_i - y_j|^2)`. What comes back once the token is set is of no use.
    pub(super) fn compute(&mut self, y: &[f32], d: usize, out: &mut [f32], token: &CancelToken) -> f64 {
        match self {
            Self::Exact => exact::repulsion(y, d, out, token),
            Self::Tree { squared_angle } => match d {
                1 => by_tree::<1>(y, *squared_angle, out, token),
                2 => by_tree::<2>(y, *squared_angle, out, token),
                _ => by_tree::<3>(y, *squared_angle, out, token),
            },
            Self::Line { grid, squared_angle } => on_grid(grid, y, *squared_angle, out, token),
            Self::Plane { grid, squared_angle } => on_grid(grid, y, *squared_angle, out, token),
        }
    }
}

fn by_tree<const D: usize>(y: &[f32], squared_angle: f32, out: &mut [f32], token: &CancelToken) -> f64 {
    let (y, out) = (y.as_chunks::<D>().0, out.as_chunks_mut::<D>().0);
    Tree::new(y).repulsion(squared_angle, out, token)
}

fn on_grid<const D: usize>(
    grid: &mut Grid<D>,
    y: &[f32],
    squared_angle: f32,
    out: &mut [f32],
    token: &CancelToken,
) -> f64 {
    let found = grid.repulsion(y.as_chunks::<D>().0, out.as_chunks_mut::<D>().0);
    found.unwrap_or_else(|| by_tree::<D>(y, squared_angle, out, token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;

    /// Points in heaps, as layouts are.
    fn layout(n: usize, d: usize, size: f32) -> Vec<f32> {
        let mut rng = SplitMix64::new(7, 0, 0);
        let mut uniform = || rng.below(1 << 24) as f32 / (1 << 23) as f32 - 1.0;
        let mut heaps = vec![0.0; 10 * d];
        heaps.iter_mut().for_each(|v| *v = uniform());
        let point = |row: usize| row % 10 * d..(row % 10 + 1) * d;
        (0..n)
            .flat_map(|row| point(row).map(|at| heaps[at]).collect::<Vec<_>>())
            .map(|v| size * (v + 0.2 * (uniform() + uniform() + uniform())))
            .collect()
    }

    /// In double precision.
    fn by_definition(y: &[f32], d: usize) -> (Vec<f64>, f64) {
        let mut forces = vec![0.0; y.len()];
        let mut z = 0.0;
        for (i, (a, force)) in y.chunks_exact(d).zip(forces.chunks_exact_mut(d)).enumerate() {
            for (_, b) in y.chunks_exact(d).enumerate().filter(|&(j, _)| j != i) {
                let apart = || a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b));
                let w = 1.0 / (1.0 + apart().map(|v| v * v).sum::<f64>());
                z += w;
                force.iter_mut().zip(apart()).for_each(|(f, v)| *f += w * w * v);
            }
        }
        (forces, z)
    }

    /// Greatest errors of forces relative to the mean length of a force, in the mean and at the most, and that of `z`.
    fn errors(mut way: Repulsion, y: &[f32], d: usize) -> [f64; 3] {
        let mut out = vec![0.0; y.len()];
        let z = way.compute(y, d, &mut out, &CancelToken::new());
        let (forces, expected_z) = by_definition(y, d);
        let length = |v: Vec<f64>| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let lengths = forces.chunks_exact(d).map(|f| length(f.to_vec()));
        let mean = lengths.sum::<f64>() / (y.len() / d) as f64;
        let off = |(got, f): (&[f32], &[f64])| {
            length(got.iter().zip(f).map(|(&g, f)| f64::from(g) - f).collect()) / mean
        };
        let off: Vec<f64> = out.chunks_exact(d).zip(forces.chunks_exact(d)).map(off).collect();
        let most = off.iter().copied().fold(0.0, f64::max);
        [
            off.iter().sum::<f64>() / off.len() as f64,
            most,
            (z - expected_z).abs() / expected_z,
        ]
    }

    fn tree(angle: f32) -> Repulsion {
        Repulsion::Tree {
            squared_angle: angle * angle,
        }
    }

    #[test]
    fn all_pairs_are_all_pairs() {
        for d in [1, 2, 3, 5] {
            for size in [1e-4, 1.0, 40.0] {
                let errors = errors(Repulsion::Exact, &layout(301, d, size), d);
                assert!(errors.iter().all(|&e| e < 1e-4), "{d} {size}: {errors:?}");
            }
        }
    }

    #[test]
    fn trees_are_exact_at_angle_zero_and_near_above() {
        for d in [1, 2, 3] {
            for size in [1e-4, 1.0, 40.0] {
                let y = layout(700, d, size);
                let exact = errors(tree(0.0), &y, d);
                assert!(exact.iter().all(|&e| e < 1e-4), "{d} {size}: {exact:?}");
                let [mean, most, z] = errors(tree(0.5), &y, d);
                assert!(
                    mean < 0.04 && most < 0.25 && z < 0.02,
                    "{d} {size}: {mean} {most} {z}"
                );
            }
        }
    }

    #[test]
    fn grids_are_near() {
        let squared_angle = 0.0;
        for size in [1e-4, 0.01, 1.0, 10.0, 25.0] {
            let line = errors(
                Repulsion::Line {
                    grid: Grid::new(),
                    squared_angle,
                },
                &layout(2000, 1, size),
                1,
            );
            let plane = errors(
                Repulsion::Plane {
                    grid: Grid::new(),
                    squared_angle,
                },
                &layout(3000, 2, size),
                2,
            );
            for [mean, most, z] in [line, plane] {
                assert!(
                    mean < 0.01 && most < 0.05 && z < 0.001,
                    "{size}: {mean} {most} {z}"
                );
            }
        }
    }

    /// Few points far apart, or one of them: the tree takes over.
    #[test]
    fn layouts_no_grid_can_hold_are_left_to_the_tree() {
        let mut far = layout(300, 2, 1.0);
        far[0] = 1e30;
        for y in [far, layout(300, 2, 200.0)] {
            let [mut by_grid, mut by_tree] = [(); 2].map(|()| vec![0.0; y.len()]);
            let mut grid = Repulsion::Plane {
                grid: Grid::new(),
                squared_angle: 0.25,
            };
            let token = CancelToken::new();
            let z = grid.compute(&y, 2, &mut by_grid, &token);
            assert_eq!(z, tree(0.5).compute(&y, 2, &mut by_tree, &token));
            assert_eq!(by_grid, by_tree);
        }
    }

    #[test]
    fn points_that_coincide_are_no_trap() {
        let y = [3.0, 1.0].repeat(1000);
        for mut way in [
            Repulsion::Exact,
            tree(0.5),
            tree(0.0),
            Repulsion::Plane {
                grid: Grid::new(),
                squared_angle: 0.25,
            },
        ] {
            let mut out = vec![1.0; y.len()];
            let z = way.compute(&y, 2, &mut out, &CancelToken::new());
            assert!(
                out.iter().all(|&f| f.abs() < 1e-3) && (z / 999_000.0 - 1.0).abs() < 1e-5,
                "{z}"
            );
        }
    }
}
