use super::of_prior::UNIFORM_DEVIATION;
use super::*;
use crate::rng::stream;

const PRIORS: [(&str, &[f64]); 12] = [
    ("uniform", &[-2.0, 3.0]),
    ("loguniform", &[-6.0, 1.0]),
    ("normal", &[1.0, 2.0]),
    ("lognormal", &[0.0, 1.0]),
    ("quniform", &[0.0, 11.0, 3.0]),
    ("quniform", &[-1e6, 1e6, 1.0]),
    ("qloguniform", &[-3.0, 3.0, 1.0]),
    ("qloguniform", &[0.0, 12.0, 2.0]),
    ("qnormal", &[0.3, 2.0, 0.5]),
    ("qlognormal", &[1.0, 1.0, 0.5]),
    ("randint", &[-3.0, 9.0]),
    ("randint", &[0.0, 1e6]),
];

fn axes() -> impl Iterator<Item = (Prior, Axis)> {
    PRIORS.iter().map(|(family, args)| {
        let prior = Prior::from_family("x", family, args).unwrap();
        let axis = Axis::new(&prior, false);
        (prior, axis)
    })
}

#[test]
fn values_survive_the_way_to_the_model_and_back() {
    for (i, (prior, axis)) in (0..).zip(axes()) {
        let mut rng = stream(5, i, 0);
        for _ in 0..2000 {
            let value = prior.sample(&mut rng);
            let back = axis.value(axis.coordinate(value));
            let far = axis.coordinate(value);
            if matches!(axis.shape(), Shape::Levels { .. }) && !(0.0..=1.0).contains(&far) {
                continue; // values beyond the reach of a quantised normal count as its last
            }
            assert!(
                (back - value).abs() <= 1e-9 * value.abs().max(1e-3),
                "{value} {back} {axis:?}"
            );
        }
    }
}

#[test]
fn cells_of_bounded_levels_fill_the_range() {
    for (_, axis) in axes() {
        if let Shape::Levels { places, widths } = axis.shape()
            && axis.prior_scale == 1.0
        {
            assert!((widths.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{axis:?}");
            assert!(places.is_sorted());
        }
    }
}

#[test]
fn values_can_be_counted_through() {
    for (_, axis) in axes() {
        let Some(count) = axis.count() else { continue };
        for i in (0..count.min(100)).chain([count - 1]) {
            let value = axis.nth_value(i);
            assert_eq!(axis.number_of(value), i, "{axis:?}");
            assert_eq!(axis.value(axis.coordinate(value)), value, "{axis:?}");
        }
    }
}

#[test]
fn values_out_of_range_count_as_the_bound() {
    let bounded = axes().next().unwrap().1;
    assert_eq!(bounded.coordinate(7.0), 1.0);
    assert_eq!(bounded.coordinate(f64::NEG_INFINITY), 0.0);
    assert!(bounded.coordinate(f64::NAN).is_nan());
    let options = Axis::new(
        &Prior::from_family("c", "randint", &[0.0, 3.0]).unwrap(),
        true,
    );
    assert!(options.coordinate(3.0).is_nan() && options.coordinate(0.5).is_nan());
    assert_eq!(options.coordinate(2.0), 2.0);
}

// What lies a bit beyond a bound is refused by whoever the bound is for.
#[test]
fn no_value_lies_beyond_its_bounds_by_a_single_bit() {
    let mut rng = stream(6, 0, 0);
    let mut rounded = 0;
    for _ in 0..2000 {
        let (a, b) = (rng.uniform(), rng.uniform());
        let (low, high) = (a.min(b) - 0.3, a.max(b));
        let prior = Prior::from_family("x", "uniform", &[low, high]).unwrap();
        let axis = Axis::new(&prior, false);
        assert_eq!(
            (axis.value(0.0), axis.value(1.0).min(high)),
            (low, axis.value(1.0))
        );
        rounded += usize::from(low + (high - low) > high);
    }
    assert!(rounded > 100);
    let far = [-2.4e145, -47.6];
    let axis = Axis::new(&Prior::from_family("x", "loguniform", &far).unwrap(), false);
    assert!(axis.value(1.0) <= libm::exp(far[1]));
}

#[test]
fn a_normal_prior_has_the_deviation_of_a_uniform_one() {
    let axis = Axis::new(
        &Prior::from_family("x", "normal", &[1.0, 2.0]).unwrap(),
        false,
    );
    assert!((axis.coordinate(3.0) - 0.5 - UNIFORM_DEVIATION).abs() < 1e-15);
    assert!((axis.value(0.5) - 1.0).abs() < 1e-15);
}
