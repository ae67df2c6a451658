//! What a case costs: Loket on each of its stores beside a gateway that keeps nothing, in one go and in turns.
//!
//! The case is the arrival of `tests/bench`: six calls in four waves, some 300 bytes each, to ministries that answer at
//! once. It counts when the portal sees it completed: the driver's reports ask to be answered then (`wait`). Each
//! contender is a process of its own, and so are the ministries; what is told of processors is the gateway's alone.
//!
//! Times on a machine that does other things as well tell little. Processor time per case and ratios of neighbours in
//! the row of turns (bare, embedded, bare, redis …) tell more: all figures are medians of such pairs.

pub(crate) mod bare;
mod child;
pub(crate) mod country;
mod crowd;
mod driver;
mod figures;
mod gateway;
pub(crate) mod ministries;
mod redis;
mod sample;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use self::bare::Opponent;
use self::child::{Part, free_address};
use self::crowd::Crowd;
use self::figures::Figures;
use self::gateway::{Loket, Store};
use self::sample::{Contender, Pair};

/// Citizens at once: alone, busy, and more than it can do.
const AT_ONCE: [usize; 3] = [1, 64, 256];

/// What is measured, and how long.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// A minute instead of ten: to see that everything works, not to know how fast.
    #[arg(long)]
    quick: bool,
    /// The stores that are measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["embedded", "redis_everysec", "redis_always"])]
    stores: Vec<Store>,
    /// Pairs of each comparison.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Seconds of each half of a pair.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Cases that wait in a store when it is measured full. 0: that is left out.
    #[arg(long, default_value_t = 100_000)]
    crowd: u64,
    /// Citizens at once.
    #[arg(long, value_delimiter = ',', default_values_t = AT_ONCE)]
    at_once: Vec<usize>,
    /// The program `loket`; without, it is built as this program was.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

impl Options {
    fn settled(self) -> Self {
        if self.quick { Self { pairs: 1, seconds: 0.5, crowd: self.crowd.min(500), ..self } } else { self }
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Measures, and prints. Whatever ends it, what it started ends with it.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let options = options.settled();
    tokio::select! {
        figures = measured(&options) => figures?.print(),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            anyhow::bail!("interrupted")
        }
    }
}

async fn measured(options: &Options) -> anyhow::Result<Figures> {
    if options.stores.iter().any(|store| *store != Store::Embedded) {
        redis::installed()?;
    }
    let program = match &options.program {
        Some(program) => program.clone(),
        None => gateway::program()?,
    };
    let folder = tempfile::tempdir()?;
    let listen = free_address()?;
    let mut stubs = Part::own("ministries", &["ministries".to_owned(), listen.to_string()], folder.path())?;
    stubs.listens(listen).await?;
    let mut figures = Figures::new(options.pairs);
    figures.pairs = side_by_side(options, &program, listen, folder.path()).await?;
    if options.crowd > 0 {
        for store in options.stores.iter().filter(|store| **store != Store::RedisEverysec) {
            let crowd = Crowd { program: &program, ministries: listen, store: *store, options };
            figures.crowds.insert(store.name(), crowd.measured().await?);
        }
    }
    Ok(figures)
}

/// Loket on each store beside the opponent, in turns.
async fn side_by_side(
    options: &Options,
    program: &Path,
    ministries: SocketAddr,
    folder: &Path,
) -> anyhow::Result<BTreeMap<(&'static str, usize), Vec<Pair>>> {
    let bare = Contender::new(Rc::new(Opponent::start(ministries, folder).await?));
    let mut lokets = Vec::new();
    for store in &options.stores {
        let loket = Loket::start(program, *store, ministries).await?;
        lokets.push((store.name(), Contender::new(Rc::new(loket))));
    }
    let mut pairs = BTreeMap::<_, Vec<Pair>>::new();
    for at_once in &options.at_once {
        progress(&format!("{at_once} at once"));
        for _ in 0..options.pairs {
            for (store, loket) in &lokets {
                let pair = Pair {
                    bare: bare.sample(*at_once, options.time()).await?,
                    loket: loket.sample(*at_once, options.time()).await?,
                };
                pairs.entry((*store, *at_once)).or_default().push(pair);
            }
        }
    }
    Ok(pairs)
}

#[expect(clippy::print_stderr, reason = "whoever waits sees how far it is; figures go to standard output")]
fn progress(text: &str) {
    eprintln!("{text} …");
}
