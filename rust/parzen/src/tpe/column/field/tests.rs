use super::*;
use proptest::prelude::*;

type Point = (f64, Standing);

fn weight(standing: Standing, alpha: f64, beta: f64) -> f64 {
    match standing {
        Standing::Recent => 1.0,
        Standing::Aged(rank) => alpha + beta * f64::from(rank),
    }
}

fn naive(points: &[Point], s: f64, x: f64, alpha: f64, beta: f64) -> f64 {
    points
        .iter()
        .map(|(c, r)| weight(*r, alpha, beta) * (-0.5 * ((x - c) / s).powi(2)).exp())
        .sum()
}

fn naive_integral(points: &[Point], s: f64, low: f64, high: f64) -> f64 {
    let cdf = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let root = (2.0 * std::f64::consts::PI).sqrt();
    points
        .iter()
        .map(|(c, _)| root * (cdf((high - c) / s) - cdf((low - c) / s)))
        .sum()
}

proptest! {
    #[test]
    fn the_field_equals_the_naive_sum(
        points in prop::collection::vec((-2.0..2.0f64, 0..50u32), 1..200),
        extra in prop::collection::vec((-2.0..2.0f64, 0..50u32), 0..40),
        queries in prop::collection::vec(-2.5..2.5f64, 1..20),
        s in 0.01..0.3f64, scale in prop::sample::select(vec![1.0, 1e-7, 3e9]), shift in -3.0..3.0f64,
        range in (-3.0..3.0f64, -3.0..3.0f64),
    ) {
        let place = |x: f64| (x + shift) * scale;
        let s = s * scale;
        let mut field = Field::new(s, (place(range.0), place(range.1)));
        let put = |(x, r): (f64, u32)| {
            (place(x), if r < 10 { Standing::Recent } else { Standing::Aged(r) })
        };
        let points: Vec<Point> = points.into_iter().map(put).collect();
        let extra: Vec<Point> = extra.into_iter().map(put).collect();
        for (x, r) in points.iter().chain(&extra) {
            field.add(*x, *r);
        }
        field.densities(&[place(queries[0])], 1.0, 0.0, &mut Vec::new()); // so that there is something to patch
        for (x, r) in &extra {
            field.remove(*x, *r);
        }
        let mut now = Vec::new();
        for (at, (x, standing)) in points.into_iter().enumerate() {
            now.push((x, match standing {
                Standing::Aged(rank) if at % 3 == 0 => {
                    field.rejuvenate(x, rank);
                    Standing::Recent
                }
                Standing::Aged(rank) => {
                    field.shift(x, 1.0);
                    Standing::Aged(rank + 1)
                }
                Standing::Recent if at % 2 == 0 => {
                    field.age(x, 7);
                    Standing::Aged(7)
                }
                Standing::Recent => Standing::Recent,
            }));
        }
        field.forget_ranked();
        let (alpha, beta) = (0.25, 0.01);
        let points: Vec<f64> = queries.into_iter().map(place).collect();
        let mut densities = Vec::new();
        field.densities(&points, alpha, beta, &mut densities);
        for (x, got) in points.into_iter().zip(densities) {
            let want = naive(&now, s, x, alpha, beta);
            prop_assert!((got.value - want).abs() <= got.error + 1e-13 * want + 1e-14,
                "{x}: {} {want} {}", got.value, got.error);
            let high = x + 3.3 * s;
            let got = field.integral(x, high, 1.0, 0.0).value;
            let want = naive_integral(&now, s, x, high);
            prop_assert!((got - want).abs() <= 1e-11 * want + 1e-12, "{got} {want}");
        }
    }
}
