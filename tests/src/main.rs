//! The harnesses of the project: `cargo run --release -p tests -- NAME`. Each prints a table for people, and on the
//! last line its figures as one JSON object.

mod bench;
mod micro;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime;

#[derive(Debug, Parser)]
#[command(
    about = "The harnesses of the project: each prints a table, and its figures as JSON on the last line."
)]
struct Harnesses {
    #[command(subcommand)]
    harness: Harness,
}

#[derive(Debug, Subcommand)]
enum Harness {
    /// What a case costs, on each store, beside a gateway that keeps nothing.
    Bench(bench::Options),
    /// What the inner parts cost, one at a time.
    Micro,
    /// The benchmark's ministries, which answer at once. A process of `bench`.
    #[command(hide = true)]
    Ministries {
        /// Where they listen.
        listen: SocketAddr,
    },
    /// The benchmark's opponent. A process of `bench`.
    #[command(hide = true)]
    Bare {
        /// Where it listens.
        listen: SocketAddr,
        /// Where the ministries are.
        ministries: SocketAddr,
    },
}

#[expect(clippy::print_stderr, reason = "a command line says on standard error what went wrong")]
fn main() -> ExitCode {
    match run(Harnesses::parse().harness) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(harness: Harness) -> anyhow::Result<()> {
    // Drivers and ministries have one thread, so that they take as little of the machine as they can; the gateways
    // have what tokio gives a program that says nothing, as `loket` has.
    let one = || runtime::Builder::new_current_thread().enable_all().build();
    let usual = || runtime::Builder::new_multi_thread().enable_all().build();
    match harness {
        Harness::Bench(options) => one()?.block_on(bench::run(options)),
        Harness::Micro => one()?.block_on(micro::run()),
        Harness::Ministries { listen } => one()?.block_on(bench::ministries::serve(listen)),
        Harness::Bare { listen, ministries } => usual()?.block_on(bench::bare::serve(listen, ministries)),
    }
}
