//! A Redis of the benchmark's own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use super::child::{Part, free_address};

/// When Redis writes through to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    EverySecond,
    Always,
}

/// A running server.
pub(super) struct Server {
    pub(super) part: Part,
    pub(super) address: String,
    connection: redis::aio::MultiplexedConnection,
}

impl Server {
    /// Starts one with its data in the folder.
    pub(super) async fn start(sync: Sync, folder: &Path) -> anyhow::Result<Self> {
        let listen = free_address()?;
        let data = folder.join("redis");
        std::fs::create_dir_all(&data)?;
        let appendfsync = match sync {
            Sync::EverySecond => "everysec",
            Sync::Always => "always",
        };
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &listen.port().to_string(), "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", appendfsync, "--dir"]).arg(&data);
        let mut part = Part::foreign("redis-server", &mut command, folder)
            .context("Debian's package redis-server has it")?;
        part.listens(listen).await?;
        let address = format!("redis://{listen}");
        let connection = redis::Client::open(address.as_str())?.get_multiplexed_async_connection().await?;
        Ok(Self { part, address, connection })
    }

    /// How many commands it was sent; a script is one.
    pub(super) async fn commands(&self) -> anyhow::Result<u64> {
        let info = self.info("commandstats").await?;
        let calls = |line: &str| {
            let (name, counted) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let sent = ["eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"].contains(&name);
            sent.then(|| counted.split(',').next()?.parse::<u64>().ok())?
        };
        Ok(info.lines().filter_map(calls).sum())
    }

    /// The memory of its data, in bytes.
    pub(super) async fn memory(&self) -> anyhow::Result<u64> {
        let info = self.info("memory").await?;
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
        used.context("Redis does not tell its memory")
    }

    async fn info(&self, section: &str) -> anyhow::Result<String> {
        Ok(redis::cmd("INFO").arg(section).query_async(&mut self.connection.clone()).await?)
    }
}

/// Whether a server can be started here at all.
pub(super) fn installed() -> anyhow::Result<()> {
    match Command::new("redis-server").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "`redis-server` cannot be started ({error}): install Debian's package redis-server, or choose --stores \
             embedded"
        ),
    }
}
