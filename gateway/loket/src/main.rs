//! `loket`: starts everything or one part of it, and is the command line of operators and testers.
//!
//! Without a command it runs the whole counter on this machine: the gateway on the embedded store and the reference
//! ministries, each a process of its own. [`command`] lists the rest; each command is a module.

mod agencies;
mod ask;
mod books;
mod cases;
mod check;
mod command;
mod connection;
mod deciding;
mod failure;
mod files;
mod grants;
mod life_events;
mod output;
mod parts;
mod plans;
mod registration;
mod report;
mod sample;
mod sandbox;
mod start;
mod staying;
mod token;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use command::{Command, DictionaryAct, Loket};
use failure::Failure;

/// A gateway takes and gives back small pieces of memory all the time: with this allocator that is a third of the work it
/// is with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Loket::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::other(format!("no threads can be started: {error}")).report(),
    };
    let ended = runtime.block_on(run(arguments));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: Loket) -> Result<(), Failure> {
    let Loket { command, place, start } = arguments;
    match command {
        None => start::everything(&place, &start).await,
        Some(Command::Gateway(mut options)) => {
            options.start = options.start.or(start);
            parts::gateway(&place, options).await
        }
        Some(Command::Ministry(options)) => parts::ministry(&place, options).await,
        Some(Command::LifeEvent(act)) => life_events::run(&place, act).await,
        Some(Command::Dictionary(DictionaryAct::Put { files })) => {
            files::put(&place, files::DICTIONARY, &files).await
        }
        Some(Command::Dictionary(DictionaryAct::Remove { name })) => {
            files::remove(&place, files::DICTIONARY, &name).await
        }
        Some(Command::Case(act)) => cases::run(&place, act).await,
        Some(Command::Plan(act)) => plans::run(&place, act).await,
        Some(Command::Grant(act)) => grants::run(&place, act).await,
        Some(Command::Agency(act)) => agencies::run(&place, act).await,
        Some(Command::Citizens { sample }) => sample::citizens(&place, sample),
        Some(Command::Token(options)) => token::run(&place, &options),
        Some(Command::Sandbox(act)) => sandbox::run(&place, act).await,
        Some(Command::Completions { shell }) => command::completions(shell),
    }
}
