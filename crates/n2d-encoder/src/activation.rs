use burn::tensor::Tensor;
use burn::tensor::activation;
use serde::{Deserialize, Serialize};

/// The function between two layers, by its name in configurations.
///
/// The constants are those of Keras 3, so that a network means the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(x, 0)`; the paper's.
    #[default]
    Relu,
    /// `x Φ(x)` with the normal distribution function, by the error function, not its tanh approximation.
    Gelu,
    /// `x` above zero, `exp(x) - 1` below.
    Elu,
    /// Scaled ELU (Klambauer et al. 2017): `1.0507 x` above zero, `1.7581 (exp(x) - 1)` below.
    Selu,
    /// The hyperbolic tangent.
    Tanh,
    /// The logistic function `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x` above zero, `0.2 x` below (the slope is Keras').
    LeakyRelu,
    /// `x`: the network is then linear, a principal component analysis by gradient descent.
    Linear,
}

const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const LEAKY_SLOPE: f64 = 0.2;

impl Activation {
    /// Applies it to every value, in place.
    #[inline]
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            // Not `max`, which would turn NaN into 0 and so hide a diverged network.
            Self::Relu => each(values, |x| if x < 0.0 { 0.0 } else { x }),
            Self::LeakyRelu => each(values, |x| if x < 0.0 { LEAKY_SLOPE as f32 * x } else { x }),
            Self::Elu => each(values, |x| if x > 0.0 { x } else { x.exp_m1() }),
            Self::Selu => each(values, selu),
            Self::Gelu => each(values, gelu),
            Self::Tanh => each(values, f32::tanh),
            Self::Sigmoid => each(values, |x| 1.0 / (1.0 + (-x).exp())),
        }
    }

    /// Multiplies every value of `delta` by the derivative. `known` is what the activation gave; for GELU, whose derivative
    /// does not follow from that, what it took.
    pub(crate) fn times_derivative(self, known: &[f32], delta: &mut [f32]) {
        match self {
            Self::Linear => {}
            // A choice between two values, not a branch: whole vectors at once.
            Self::Relu => times(known, delta, |y| if y > 0.0 { 1.0 } else { 0.0 }),
            Self::LeakyRelu => times(known, delta, |y| if y > 0.0 { 1.0 } else { LEAKY_SLOPE as f32 }),
            Self::Elu => times(known, delta, |y| if y > 0.0 { 1.0 } else { y + 1.0 }),
            Self::Selu => times(known, delta, |y| {
                let below = y + (SELU_SCALE * SELU_ALPHA) as f32;
                if y > 0.0 { SELU_SCALE as f32 } else { below }
            }),
            Self::Tanh => times(known, delta, |y| 1.0 - y * y),
            Self::Sigmoid => times(known, delta, |y| y * (1.0 - y)),
            Self::Gelu => times(known, delta, gelu_derivative),
        }
    }

    /// The same on a tensor, differentiable.
    pub(crate) fn on_tensor<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Linear => x,
            Self::Relu => activation::relu(x),
            Self::LeakyRelu => activation::leaky_relu(x, LEAKY_SLOPE),
            Self::Elu => activation::relu(x.clone()) + exp_m1_below_zero(x),
            Self::Selu => {
                activation::relu(x.clone()) * SELU_SCALE + exp_m1_below_zero(x) * (SELU_SCALE * SELU_ALPHA)
            }
            Self::Gelu => activation::gelu(x),
            Self::Tanh => activation::tanh(x),
            Self::Sigmoid => activation::sigmoid(x),
        }
    }
}

#[inline(always)]
fn times(known: &[f32], delta: &mut [f32], derivative: impl Fn(f32) -> f32) {
    for (delta, &known) in delta.iter_mut().zip(known) {
        *delta *= derivative(known);
    }
}

#[inline(always)]
fn each(values: &mut [f32], f: impl Fn(f32) -> f32) {
    for value in values {
        *value = f(*value);
    }
}

fn selu(x: f32) -> f32 {
    if x > 0.0 {
        SELU_SCALE as f32 * x
    } else {
        (SELU_SCALE * SELU_ALPHA) as f32 * x.exp_m1()
    }
}

fn gelu(x: f32) -> f32 {
    let x = f64::from(x);
    (0.5 * x * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)) as f32
}

/// `Φ(x) + x φ(x)`, with the normal density φ.
fn gelu_derivative(x: f32) -> f32 {
    let x = f64::from(x);
    let below = 0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (below + x * density) as f32
}

/// The complementary error function by the Chebyshev fit of Numerical Recipes (`erfcc`), relative error below 1.2e-7.
fn erfc(x: f64) -> f64 {
    const FIT: [f64; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.5 * z);
    let fit = FIT.iter().fold(0.0, |sum, c| sum * t + c);
    let tail = t * (fit - z * z).exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}

/// `exp(x) - 1` below zero, 0 above. The clamp comes before `exp`: an overflow there, though masked later, would make
/// the gradient of large activations NaN.
fn exp_m1_below_zero<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clamp_max(0.0).exp() - 1.0
}

#[cfg(test)]
pub(crate) const ALL: [Activation; 8] = [
    Activation::Relu,
    Activation::Gelu,
    Activation::Elu,
    Activation::Selu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::LeakyRelu,
    Activation::Linear,
];

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn applied(activation: Activation, x: f32) -> f32 {
        let mut values = [x];
        activation.apply(&mut values);
        values[0]
    }

    #[test]
    fn known_values() {
        let cases = [
            (Activation::Relu, 0.0, 2.0),
            (Activation::Gelu, -0.045_500_264, 1.954_499_7),
            (Activation::Elu, -0.864_664_7, 2.0),
            (Activation::Selu, -1.520_166_9, 2.101_402),
            (Activation::Tanh, -0.964_027_6, 0.964_027_6),
            (Activation::Sigmoid, 0.119_202_92, 0.880_797_1),
            (Activation::LeakyRelu, -0.4, 2.0),
            (Activation::Linear, -2.0, 2.0),
        ];
        for (activation, below, above) in cases {
            assert!((applied(activation, -2.0) - below).abs() < 1e-6, "{activation:?}");
            assert!((applied(activation, 2.0) - above).abs() < 1e-6, "{activation:?}");
        }
    }

    #[test]
    fn arrays_and_tensors_agree_also_where_exp_overflows() {
        let values: Vec<f32> = (-40..=40)
            .map(|i| i as f32 / 8.0)
            .chain([-200.0, 200.0])
            .collect();
        for activation in ALL {
            let mut native = values.clone();
            activation.apply(&mut native);
            let data = TensorData::new(values.clone(), [1, values.len()]);
            let tensor = activation.on_tensor(Tensor::<2>::from_data(data, &Device::flex()));
            let tensor = tensor.into_data().try_into_vec::<f32>().unwrap();
            for ((x, a), b) in values.iter().zip(&native).zip(&tensor) {
                assert!(
                    (a - b).abs() <= 1e-6 * a.abs().max(1.0),
                    "{activation:?}({x}): {a} or {b}"
                );
            }
        }
    }

    #[test]
    fn nan_is_never_hidden() {
        for activation in ALL {
            assert!(applied(activation, f32::NAN).is_nan(), "{activation:?}");
        }
    }

    #[test]
    fn names_are_those_of_configurations() {
        let names: Vec<String> = ALL.iter().map(|a| serde_json::to_string(a).unwrap()).collect();
        assert_eq!(
            names.join(" ").replace('"', ""),
            "relu gelu elu selu tanh sigmoid leaky-relu linear"
        );
    }
}
