//! The options of training, which every network has: written down once, and put into each configuration by a macro.

use crate::{Device, Loss, Optimizer, Schedule};

/// Makes a configuration: a struct of its own options, each with its default, followed by those of training, and its [`Default`].
///
/// A macro rather than a struct within a struct, so that all options are one flat table in files and on the command line, and
/// unknown ones are refused (`serde` can't do both for flattened structs).
macro_rules! with_training_options {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty = $default:expr,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::documented::DocumentedFieldsOpt)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// What is minimised. Default mean squared error (the paper).
            pub loss: Loss,
            /// How weights follow their gradients. Default Adam (the paper).
            pub optimizer: Optimizer,
            /// Size of a step, or its peak where `schedule` varies it; above 0. Default 0.001 (Keras' Adam). Too high a rate diverges,
            /// which is an error, or ends far above the loss of the first step, which the report notes.
            pub learning_rate: f64,
            /// How the rate changes over the training. Default constant (the paper).
            pub schedule: Schedule,
            /// One-cycle schedule: the part of the steps in which the rate rises, in `[0, 1)`. Default 0.3 (PyTorch's `OneCycleLR`).
            pub warm_up: Option<f64>,
            /// Adam, AdamW and Lion: decay of the first moment, in `[0, 1)`; Muon: that of the Adam for its biases. Default 0.9 (Keras).
            pub beta_1: Option<f64>,
            /// Adam, AdamW and Lion: decay of the second moment (Lion: of the kept direction), in `[0, 1)`; Muon: that of the Adam for its biases. Default
            /// 0.999, for Lion 0.99 (Keras).
            pub beta_2: Option<f64>,
            /// Adam and AdamW: added to the root of the second moment; above 0; Muon: that of the Adam for its biases. Default 1e-7 (Keras).
            pub epsilon: Option<f64>,
            /// AdamW, Lion, Muon (weights alone, not biases) and SGD: the part of every parameter that decays in a step, times the learning rate, decoupled from the gradient; 0 or above. Default 0.004 for
            /// AdamW (Keras), else 0. Adam with it is AdamW.
            pub weight_decay: Option<f64>,
            /// SGD and Muon: the part of the velocity that is kept in a step, in `[0, 1)`. Default 0 for SGD (Keras), 0.95 for Muon (its author).
            pub momentum: Option<f64>,
            /// SGD with momentum: whether the gradient counts once more, as if taken where the velocity leads (Nesterov; Keras' form). Default false.
            pub nesterov: bool,
            /// Most that a gradient of a single parameter may be, either way; above 0. Larger ones are cut. Default: any.
            pub clip_value: Option<f64>,
            /// Longest that the gradient of all parameters together may be; above 0. A longer one is shortened. Default: any. It costs
            /// memory for all gradients, and some time.
            pub clip_norm: Option<f64>,
            /// Rows in a step; at least 1. Default 256 (the paper). The last batch of an epoch has the rows that remain, the only one where there are fewer.
            pub batch_size: usize,
            /// Passes over the data; at least 1, or 0 with `weights`, which then stay as they are. Default: fewer the more rows there are, which the report notes. In batches of 256: enough for
            /// 1000 steps below 5000 rows (125 for 2000), 50 up to 10 000, then enough for 2000 steps up to 25 000, 20 up to 77 000, and enough for 6000 steps or 10. The paper
            /// trains for 1000 (`paper()`), at many times the cost.
            pub n_epochs: Option<usize>,
            /// Part of the rows held out from training, in `[0, 1)`, drawn at random; their loss is then what `patience` watches. Default 0
            /// (the paper).
            pub validation: f64,
            /// Ends the training after so many epochs, at least 1, without a lower loss (of the held-out rows, if there are any), as Keras'
            /// `EarlyStopping`; the result has the weights of the best epoch, however the training ends.
            /// Default: no early stopping, and the weights of the last epoch.
            pub patience: Option<usize>,
            /// With `patience`: by how much a loss must be lower to count as such; 0 or above. Default 0 (Keras).
            pub min_delta: f64,
            /// Sparse autoencoder: weight of the mean absolute latent, added to the loss; 0 or above. Default 0.
            pub sparsity: f64,
            /// Denoising: standard deviation of Gaussian noise, drawn anew for every batch, that is added to the input but not to what is to be
            /// reconstructed (for sequences also known as jitter); 0 or above. Default 0.
            pub noise: f64,
            /// Denoising: part of the input's values set to zero, anew for every batch, in `[0, 1)`. Default 0.
            pub masking: f64,
            /// As `masking`, with the other values scaled up by `1 / (1 - dropout)`, in `[0, 1)` (Keras' `Dropout`). Default 0.
            pub dropout: f64,
            /// Images: moves each up to so many pixels along each side, anew for every batch, together with what is to be reconstructed; what comes
            /// in is as the edge. Below height and width. Default 0.
            pub shift: usize,
            /// Images: turns each by up to so many degrees either way, as `shift`; 0 to 180. Default 0.
            pub rotation: f64,
            /// Images: mirrors half of them left to right, as `shift`. Default false.
            pub flip: bool,
            /// Images: makes each higher or lower, and wider or narrower, by up to this part, as `shift`; in `[0, 1)`. Default 0.
            pub zoom: f64,
            /// Images: slants each, by up to so many pixels to a side for each pixel down, as `shift`; 0 or above. Default 0.
            pub slant: f64,
            /// Sequences: multiplies each channel by a number around 1 with this standard deviation, as `shift`; 0 or above. Default 0.
            pub scaling: f64,
            /// Sequences: takes a piece that is up to this part shorter, stretched to full length, as `shift`; in `[0, 1)`. Default 0.
            pub crop: f64,
            /// Whether `shift`, `rotation`, `flip`, `zoom`, `slant`, `scaling` and `crop` change the input alone: what is to be reconstructed is then the row as it was, and
            /// latents learn to leave such changes out. Default false: both change alike.
            pub clean_target: bool,
            /// A safetensors file with initial weights in place of random ones: an array of `f32` for each parameter, by its name (`encoder.0.weight`, as in
            /// files of ours) and of its shape; or a `.n2d` file with such an encoder, of the same activation. Others in it are not looked at. Default: none.
            pub weights: Option<String>,
            /// Where networks on burn's tensors train: `cpu`, or one of the devices that were compiled in, such as `cuda` or `cuda:1`.
            /// Default `cpu`.
            pub device: Device,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                    loss: Loss::default(),
                    optimizer: Optimizer::default(),
                    learning_rate: 1e-3,
                    schedule: Schedule::default(),
                    warm_up: None,
                    beta_1: None,
                    beta_2: None,
                    epsilon: None,
                    weight_decay: None,
                    momentum: None,
                    nesterov: false,
                    clip_value: None,
                    clip_norm: None,
                    batch_size: 256,
                    n_epochs: None,
                    validation: 0.0,
                    patience: None,
                    min_delta: 0.0,
                    sparsity: 0.0,
                    noise: 0.0,
                    masking: 0.0,
                    dropout: 0.0,
                    shift: 0,
                    rotation: 0.0,
                    flip: false,
                    zoom: 0.0,
                    slant: 0.0,
                    scaling: 0.0,
                    crop: 0.0,
                    clean_target: false,
                    weights: None,
                    device: Device::default(),
                }
            }
        }

        impl $name {
            /// The training of the paper: 1000 epochs at a constant rate.
            pub fn paper() -> Self {
                Self {
                    n_epochs: Some(1000),
                    ..Self::default()
                }
            }

            /// The options of training by themselves.
            pub fn training(&self) -> $crate::TrainingConfig {
                $crate::TrainingConfig {
                    loss: self.loss,
                    optimizer: self.optimizer,
                    learning_rate: self.learning_rate,
                    schedule: self.schedule,
                    warm_up: self.warm_up,
                    beta_1: self.beta_1,
                    beta_2: self.beta_2,
                    epsilon: self.epsilon,
                    weight_decay: self.weight_decay,
                    momentum: self.momentum,
                    nesterov: self.nesterov,
                    clip_value: self.clip_value,
                    clip_norm: self.clip_norm,
                    batch_size: self.batch_size,
                    n_epochs: self.n_epochs,
                    validation: self.validation,
                    patience: self.patience,
                    min_delta: self.min_delta,
                    sparsity: self.sparsity,
                    noise: self.noise,
                    masking: self.masking,
                    dropout: self.dropout,
                    shift: self.shift,
                    rotation: self.rotation,
                    flip: self.flip,
                    zoom: self.zoom,
                    slant: self.slant,
                    scaling: self.scaling,
                    crop: self.crop,
                    clean_target: self.clean_target,
                    weights: self.weights.clone(),
                    device: self.device,
                }
            }
        }
    };
}

with_training_options! {
    /// The options of training, the same for every network, for an [`Autoencoder`](crate::Autoencoder) of a network of one's own.
    ///
    /// ```
    /// use n2d_encoder::{Schedule, TrainingConfig};
    ///
    /// let short = TrainingConfig { n_epochs: Some(5), schedule: Schedule::Cosine, noise: 0.1, ..TrainingConfig::default() };
    /// assert_eq!(short.batch_size, 256);
    /// assert_eq!(TrainingConfig::paper().n_epochs, Some(1000));
    /// ```
    pub struct TrainingConfig {}
}
