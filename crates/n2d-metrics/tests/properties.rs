//! What holds for every pair of labellings.

use n2d_core::Labels;
use n2d_core::rng::SplitMix64;
use n2d_metrics::{
    Assessment, Comparison, Mean, Noise, PairConfusion, accuracy, assess, assess_with, best_mapping,
};
use proptest::prelude::*;

fn pair() -> impl Strategy<Value = (Vec<i32>, Vec<i32>)> {
    (1..60_usize, 0..8_i32, 0..8_i32).prop_flat_map(|(n, classes, clusters)| {
        (
            prop::collection::vec(-1..=classes, n),
            prop::collection::vec(-1..=clusters, n),
        )
    })
}

fn assessed(y_true: &[i32], y_pred: &[i32]) -> Assessment {
    assess(&labels(y_true), &labels(y_pred)).expect("of one length")
}

fn labels(values: &[i32]) -> Labels {
    Labels::new(values.to_vec()).expect("labels from -1")
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

proptest! {
    #[test]
    fn ranges_hold((y_true, y_pred) in pair()) {
        let Assessment { acc, nmi, ari, .. } = assessed(&y_true, &y_pred);
        prop_assert!((0.0..=1.0).contains(&acc));
        prop_assert!((0.0..=1.0).contains(&nmi));
        prop_assert!((-0.5..=1.0).contains(&ari), "{ari}");
    }

    #[test]
    fn other_names_change_nothing((y_true, y_pred) in pair(), stride in 1..9_i32, offset in 0..9_i32) {
        // Order is turned round as well; noise stays noise.
        let renamed: Vec<i32> = y_pred
            .iter()
            .map(|&label| if label < 0 { label } else { offset + stride * (20 - label) })
            .collect();
        let (before, after) = (assessed(&y_true, &y_pred), assessed(&y_true, &renamed));
        prop_assert_eq!(before.acc, after.acc);
        prop_assert!(close(before.nmi, after.nmi));
        prop_assert_eq!(before.ari, after.ari);
    }

    #[test]
    fn both_sides_count_alike((y_true, y_pred) in pair()) {
        let (one, other) = (assessed(&y_true, &y_pred), assessed(&y_pred, &y_true));
        prop_assert_eq!(one.acc, other.acc);
        prop_assert!(close(one.nmi, other.nmi));
        prop_assert_eq!(one.ari, other.ari);
    }

    #[test]
    fn a_labelling_agrees_with_itself(y in prop::collection::vec(0..9_i32, 1..60)) {
        let same = assessed(&y, &y);
        prop_assert_eq!(same.acc, 1.0);
        prop_assert!(close(same.nmi, 1.0));
        prop_assert_eq!(same.ari, 1.0);
    }

    #[test]
    fn the_mapping_gives_the_accuracy((y_true, y_pred) in pair()) {
        let (y_true, y_pred) = (labels(&y_true), labels(&y_pred));
        let mapping = best_mapping(&y_true, &y_pred).unwrap();
        let rows = y_true.as_slice().iter().zip(y_pred.as_slice());
        let right = rows.filter(|&(&class, &cluster)| mapping.contains(&(cluster, class))).count();
        prop_assert_eq!(accuracy(&y_true, &y_pred).unwrap(), right as f64 / y_true.len() as f64);
    }

    #[test]
    fn every_figure_is_in_its_range((y_true, y_pred) in pair(), noise in noise()) {
        let Ok(ours) = Comparison::new(&labels(&y_true), &labels(&y_pred), noise) else {
            prop_assert_eq!(noise, Noise::LeftOut);
            return Ok(());
        };
        for (name, figure) in ours.scores().figures() {
            let least = if name == "ari" { -0.5 } else if name == "ami" { -1.0 } else { 0.0 };
            prop_assert!((least..=1.0).contains(&figure), "{} {}", name, figure);
        }
        prop_assert!(ours.accuracy() <= ours.purity());
        let by_mean = [Mean::Max, Mean::Arithmetic, Mean::Geometric, Mean::Min].map(|mean| ours.normalized_mutual_info(mean));
        prop_assert!(by_mean.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12), "{:?}", by_mean);
        prop_assert!(close(ours.v_measure(1.0).unwrap(), ours.normalized_mutual_info(Mean::Arithmetic))
            || ours.v_measure(1.0).unwrap() == 0.0 || ours.homogeneity() == 1.0 || ours.completeness() == 1.0);
    }

    #[test]
    fn turning_round_swaps_homogeneity_and_completeness((y_true, y_pred) in pair(), noise in noise()) {
        let (t, p) = (labels(&y_true), labels(&y_pred));
        let (Ok(one), Ok(other)) = (Comparison::new(&t, &p, noise), Comparison::new(&p, &t, noise)) else {
            return Ok(());
        };
        prop_assert!(close(one.homogeneity(), other.completeness()));
        prop_assert!(close(one.adjusted_mutual_info(Mean::Max), other.adjusted_mutual_info(Mean::Max)));
        prop_assert_eq!(one.rand_index(), other.rand_index());
        prop_assert!(close(one.fowlkes_mallows(), other.fowlkes_mallows()));
        let PairConfusion { together, only_in_class, only_in_cluster, apart, .. } = one.pair_confusion();
        let turned = other.pair_confusion();
        prop_assert_eq!((only_in_class, only_in_cluster), (turned.only_in_cluster, turned.only_in_class));
        let judged = if noise == Noise::LeftOut { y_true.len() - one.n_noise() } else { y_true.len() } as u64;
        prop_assert_eq!(together + only_in_class + only_in_cluster + apart, judged * (judged - 1) / 2);
    }

    #[test]
    fn the_order_of_rows_changes_nothing((y_true, y_pred) in pair(), noise in noise()) {
        let turned = |y: &[i32]| labels(&y.iter().rev().copied().collect::<Vec<_>>());
        let straight = assess_with(&labels(&y_true), &labels(&y_pred), noise);
        prop_assert_eq!(straight, assess_with(&turned(&y_true), &turned(&y_pred), noise));
    }

    #[test]
    fn refusing_earns_nothing((y_true, y_pred) in pair(), row in 0..60_usize) {
        // Turning a row into noise never raises what counts it as wrong, as far as rows are looked at one by one.
        let mut refused = y_pred.clone();
        let row = row % refused.len();
        refused[row] = -1;
        let of = |y: &[i32]| Comparison::new(&labels(&y_true), &labels(y), Noise::CountedWrong).unwrap();
        prop_assert!(of(&refused).accuracy() <= of(&y_pred).accuracy());
        prop_assert!(of(&refused).purity() <= of(&y_pred).purity());
        prop_assert!(of(&refused).rand_index() <= of(&y_pred).rand_index());
    }

    #[test]
    fn a_labelling_agrees_with_itself_in_everything(y in prop::collection::vec(0..9_i32, 1..60), noise in noise()) {
        for (name, figure) in assess_with(&labels(&y), &labels(&y), noise).unwrap().figures() {
            let all_apart = labels(&y).n_clusters() == y.len();
            prop_assert!(figure == 1.0 || (name == "fowlkes_mallows" && all_apart), "{} {}", name, figure);
        }
    }

    #[test]
    fn chance_gives_no_adjusted_information(classes in 2..12_usize, clusters in 2..40_usize, seed: u64) {
        let mut rng = SplitMix64::new(seed, 0, 0);
        let mut draw = |below: usize| labels(&(0..4000).map(|_| rng.below(below) as i32).collect::<Vec<_>>());
        let (y_true, y_pred) = (draw(classes), draw(clusters));
        let scores = assess_with(&y_true, &y_pred, Noise::OwnCluster).unwrap();
        prop_assert!(scores.ami.abs() < 0.02, "{}", scores.ami);
    }
}

fn noise() -> impl Strategy<Value = Noise> {
    prop_oneof![
        Just(Noise::CountedWrong),
        Just(Noise::LeftOut),
        Just(Noise::OwnCluster)
    ]
}
