use serde::{Deserialize, Serialize};

/// What makes the steps of training, by its name in configurations. All start from the same weights and take the same rows in the
/// same order; their results agree up to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// [`Native`](Self::Native) on the CPU, [`Burn`](Self::Burn) on any other device.
    #[default]
    Auto,
    /// Written for dense and convolutional networks on CPUs: fused, and faster (`cargo xtask compare encoder` has dense ones by both).
    Native,
    /// burn's automatic differentiation, on any device: what all other networks train on, and an independent check of the
    /// native engine.
    Burn,
}

impl Engine {
    /// Whether our own engine trains.
    pub(crate) fn is_native(self, device: crate::Device) -> bool {
        match self {
            Self::Auto => device.is_cpu(),
            Self::Native => true,
            Self::Burn => false,
        }
    }
}
