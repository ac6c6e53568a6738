//! Runs requests by chance against the relay: `by_chance <how many> <seed>`. Prints how many each target
//! had; fails at the first that does not hold, and says how to have it again.

use std::collections::BTreeMap;
use std::process::ExitCode;

use capi_bridge_fuzz::requests::Chance;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Some(Ok(requests)), Some(Ok(seed))) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: by_chance <how many requests> <seed>");
        return ExitCode::FAILURE;
    };
    let mut chance = Chance::new(seed);
    let mut counts = BTreeMap::new();
    for at in 0..requests {
        let ((name, any), input) = chance.request();
        *counts.entry(*name).or_insert(0_u64) += 1;
        if std::panic::catch_unwind(|| any(&input)).is_err() {
            let path = std::env::temp_dir().join(format!("{name}-{seed}-{at}"));
            let _ = std::fs::write(&path, &input);
            eprintln!("{name}: request {at} of seed {seed}; it is in {}", path.display());
            return ExitCode::FAILURE;
        }
    }
    for (name, count) in counts {
        println!("{name:<14} {count:>12}");
    }
    ExitCode::SUCCESS
}
