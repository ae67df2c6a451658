//! The load: so many citizens at once, each reporting the next arrival as soon as the last is done.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::task::{JoinHandle, LocalSet};

/// A case came to its end.
pub(super) struct Done;

/// It did not, and why.
#[derive(Debug)]
pub(super) struct Undone(pub(super) String);

/// Whoever takes reports.
pub(super) trait Reports: 'static {
    /// Reports the arrival of this number and waits until everything is done.
    async fn report(&self, number: u64) -> Result<Done, Undone>;
}

/// What was seen.
pub(super) struct Seen {
    /// How long each case took that ended in time, sorted.
    pub(super) took: Vec<Duration>,
    /// How long they were counted.
    pub(super) over: Duration,
    /// All cases, those too that ended after the time.
    pub(super) cases: u64,
}

/// Until when reports are made.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// So long.
    Time(Duration),
    /// So many.
    Cases(u64),
}

struct Driving {
    next: Cell<u64>,
    last: u64,
    stopped: Cell<bool>,
    ended: Cell<u64>,
    took: RefCell<Vec<Duration>>,
    faults: RefCell<Vec<String>>,
}

/// Reports `at_once` arrivals at a time, the first with the number `from`. It is moved past the last.
pub(super) async fn drive<R: Reports>(
    contender: &Rc<R>,
    from: &Cell<u64>,
    at_once: usize,
    until: Until,
) -> anyhow::Result<Seen> {
    let (last, most) = match until {
        Until::Time(time) => (u64::MAX, time),
        Until::Cases(cases) => (from.get() + cases, Duration::from_secs(300)),
    };
    let driving = Rc::new(Driving {
        next: Cell::new(from.get()),
        last,
        stopped: Cell::new(false),
        ended: Cell::new(0),
        took: RefCell::default(),
        faults: RefCell::default(),
    });
    let begun = Instant::now();
    let citizens = LocalSet::new();
    let reporting: Vec<_> = (0..at_once)
        .map(|_| citizens.spawn_local(one_after_the_other(Rc::clone(contender), Rc::clone(&driving))))
        .collect();
    let over = citizens.run_until(ends(reporting, most, &driving, begun)).await?;
    from.set(driving.next.get());
    if let Some(fault) = driving.faults.borrow().first() {
        bail!("{} of the cases did not end well; the first: {fault}", driving.faults.borrow().len());
    }
    let mut took = driving.took.take();
    took.sort_unstable();
    Ok(Seen { took, over, cases: driving.ended.get() })
}

/// Waits for the time or for the last case; then for what is still under way, which is not counted any more.
async fn ends(
    reporting: Vec<JoinHandle<()>>,
    most: Duration,
    driving: &Driving,
    begun: Instant,
) -> anyhow::Result<Duration> {
    let mut over = None;
    let alarm = tokio::time::sleep(most);
    tokio::pin!(alarm);
    for mut citizen in reporting {
        if over.is_none() {
            tokio::select! {
                ended = &mut citizen => { ended?; continue; }
                () = &mut alarm => {
                    driving.stopped.set(true);
                    over = Some(begun.elapsed());
                }
            }
        }
        citizen.await?;
    }
    Ok(over.unwrap_or_else(|| begun.elapsed()))
}

async fn one_after_the_other<R: Reports>(contender: Rc<R>, driving: Rc<Driving>) {
    while !driving.stopped.get() && driving.next.get() < driving.last {
        let number = driving.next.replace(driving.next.get() + 1);
        let begun = Instant::now();
        match contender.report(number).await {
            Ok(Done) => {
                driving.ended.set(driving.ended.get() + 1);
                if !driving.stopped.get() {
                    driving.took.borrow_mut().push(begun.elapsed());
                }
            }
            Err(Undone(why)) => {
                driving.faults.borrow_mut().push(why);
                driving.stopped.set(true);
            }
        }
    }
}
