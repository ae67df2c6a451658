//! The benchmark runs, and its last line has the figures: that it is fast is not said by a test on a busy machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::process::Command;

#[test]
fn the_benchmark_ends_with_its_figures_on_one_line() {
    let ran = Command::new(env!("CARGO_BIN_EXE_tests"))
        .args(["bench", "--quick", "--at-once", "1,64", "--stores", "embedded,redis_always", "--program"])
        .arg(tests::counter::program())
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{complained}\n{said}");
    let figures: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    for store in ["embedded", "redis_always"] {
        for key in
            ["cpu_per_case_vs_bare", "cases_per_second_vs_bare", "p50_added_ms", "round_trips_per_case"]
        {
            assert!(figures[key][store].is_f64(), "{key} of {store}: {figures:#}");
        }
        // Six calls in four waves: two to open, one per wave, one for each party's list or fewer.
        let calls = &figures["store_calls_per_case"][store];
        for (call, least, most) in [("reserve", 0.9, 1.1), ("claim", 0.9, 1.1), ("append", 3.9, 6.1)] {
            let count = calls[call].as_f64().unwrap_or(0.0);
            assert!((least..=most).contains(&count), "{count} x {call} per case on {store}: {figures:#}");
        }
        let crowd = &figures["crowd"][store];
        assert!(crowd["memory"][0]["gateway_bytes_per_case"].is_f64(), "{figures:#}");
        assert!(crowd["cpu_per_case_vs_1000_cases"].is_f64(), "{figures:#}");
    }
}
