//! What holds for every pair of labellings.

use n2d_core::Labels;
use n2d_metrics::{Assessment, accuracy, assess, best_mapping};
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
}
