use super::*;
use proptest::prelude::*;

proptest! {
    // The twin is compiled for the oldest processors, the sums run in the variant for this one.
    #[test]
    fn every_processor_gets_the_same_bits(
        components in prop::collection::vec((0.0..2.0f64, -5.0..5.0f64, 0.01..3.0f64), 1..30),
        points in prop::collection::vec(-8.0..8.0f64, 32..40),
    ) {
        let mut gaussians = Gaussians::default();
        for (w, c, s) in components {
            gaussians.push(w, c, s);
        }
        let len = gaussians.len();
        gaussians.seal();
        let Gaussians { centres, steepnesses, amplitudes, .. } = &gaussians;
        let (mut in_turn, mut at_once) = (vec![0.0; points.len()], vec![0.0; points.len()]);
        sums_of_few(&points, &centres[..len], steepnesses, amplitudes, &mut in_turn);
        gaussian_sums(&points, centres, steepnesses, amplitudes, &[], &mut at_once);
        for ((x, in_turn), at_once) in points.iter().zip(in_turn).zip(at_once) {
            let mut sum = 0.0_f64;
            let mut lanes = [0.0; LANES];
            for k in 0..len {
                let z = (x - centres[k]) * steepnesses[k];
                let power = exp2_nonpositive(-(z * z));
                sum = power.mul_add(amplitudes[k], sum);
                lanes[k % LANES] = power.mul_add(amplitudes[k], lanes[k % LANES]);
            }
            prop_assert_eq!(in_turn.to_bits(), sum.to_bits());
            prop_assert_eq!(at_once.to_bits(), fold(&lanes).to_bits());
        }
    }

    #[test]
    fn sums_agree_with_the_naive_twin(
        components in prop::collection::vec((0.0..2.0f64, -5.0..5.0f64, 0.01..3.0f64), 0..60),
        points in prop::collection::vec(-8.0..8.0f64, 1..30),
    ) {
        let mut gaussians = Gaussians::default();
        for (w, c, s) in &components {
            gaussians.push(*w, *c, *s);
        }
        gaussians.seal();
        let mut out = vec![0.0; points.len()];
        gaussians.sums(&points, &mut out);
        let mut near = vec![0.0; points.len()];
        gaussians.sums_in_reach(&points, &mut near);
        for (all, near) in out.iter().zip(&near) {
            prop_assert!((all - near).abs() <= gaussians.out_of_reach() + 1e-15 * all);
        }
        for (x, got) in points.iter().zip(&out) {
            let want: f64 = components
                .iter()
                .map(|(w, c, s)| w / s * (-0.5 * ((x - c) / s).powi(2)).exp())
                .sum();
            prop_assert!((got - want).abs() <= 1e-12 * want + 1e-300);
        }
    }
}
