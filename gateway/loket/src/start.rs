//! `loket` without a command: the whole counter on this machine. The gateway and each ministry are processes of their
//! own; this one starts them, says where they are, and takes them along when it ends.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gateway::config::{Config, Issuer as ConfiguredIssuer, Publication};
use gateway::issuer::{Issuer, TokenRequest, TokenRole};
use proto::loket::portal::v1::ListLifeEventsRequest;
use tokio::process::{Child, Command};

use crate::command::{GatewayOptions, MinistryName, Place, Start};
use crate::failure::Failure;
use crate::output;
use crate::parts;

/// How long everything may take until the first life event can be reported.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a part has to end by itself.
const END_WITHIN: Duration = Duration::from_secs(8);
/// How often the tokens of the ministries are made anew, well within their life.
const TOKENS_EVERY: Duration = Duration::from_secs(15 * 60);
/// How long a part that ended by itself is left alone before it is started again.
const AGAIN_AFTER: Duration = Duration::from_secs(3);
/// How long the example at the start may take.
const EXAMPLE_WITHIN: Duration = Duration::from_secs(30);
/// The file in the data folder that a running counter holds.
const LOCK_FILE: &str = "counter.lock";
/// How often readiness is asked for.
const ASK_EVERY: Duration = Duration::from_millis(150);

/// Starts everything, prints where it is, and stays until it is told to stop.
pub(crate) async fn everything(place: &Place, start: &Start) -> Result<(), Failure> {
    let options = GatewayOptions { config: None, start: start.clone() };
    let config = parts::configuration(place, &options)?;
    if config.issuer != ConfiguredIssuer::BuiltIn {
        return Err(Failure::usage(
            "with an identity provider of your own each part gets its tokens from there: start `loket gateway` and \
             `loket ministry NAME` one by one",
        ));
    }
    let _alone = alone(place)?;
    write_tokens(place)?;
    let mut parts = start_parts(place, start, &config)?;
    let stop = parts::stopped(start.supervised);
    tokio::pin!(stop);
    let ended = tokio::select! {
        () = &mut stop => Ok(()),
        ready = until_ready(place, &config, &mut parts) => match ready {
            Ok(()) => {
                if config.publication == Publication::TwoPerson {
                    two_persons()?;
                } else if !start.no_sample {
                    example(place, &config).await?;
                }
                welcome(place, &config, &parts)?;
                tokio::select! {
                    () = &mut stop => Ok(()),
                    failure = keep(place, &mut parts) => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        },
    };
    end(parts).await;
    ended
}

/// Takes the folder for this counter until the value is dropped or the process ends, however it ends.
fn alone(place: &Place) -> Result<File, Failure> {
    let path = place.data.join(LOCK_FILE);
    let unusable =
        |error: std::io::Error| Failure::other(format!("{} cannot be used: {error}", path.display()));
    std::fs::create_dir_all(&place.data).map_err(unusable)?;
    let lock = File::options().create(true).append(true).open(&path).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::other(format!(
            "a counter already runs in {}: use it (`loket life-event list`), end it with Ctrl-C where it was started, or \
             start another one in a folder of its own with --data and on ports of its own (LOKET_PUBLIC, \
             LOKET_OPERATIONS, LOKET_DESK)",
            place.data.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// A part that was started.
struct Part {
    name: String,
    arguments: Vec<String>,
    child: Child,
    log: PathBuf,
    ended: Option<Instant>,
}

fn start_parts(place: &Place, start: &Start, config: &Config) -> Result<Vec<Part>, Failure> {
    let mut gateway = vec!["gateway".to_owned(), "--supervised".to_owned()];
    let mut collector = Vec::new();
    if let Some(store) = &start.store {
        gateway.extend(["--store".to_owned(), store.clone()]);
    }
    if start.sandbox {
        gateway.push("--sandbox".to_owned());
    }
    if let Some(otlp) = &start.otlp {
        collector.extend(["--otlp".to_owned(), otlp.clone()]);
    }
    gateway.extend(collector.clone());
    let mut parts = vec![start_part(place, "gateway", &gateway)?];
    for ministry in MinistryName::ALL {
        let mut arguments =
            vec!["ministry".to_owned(), ministry.name().to_owned(), "--supervised".to_owned()];
        arguments.extend(["--desk".to_owned(), format!("http://{}", config.desk)]);
        arguments.extend(collector.clone());
        parts.push(start_part(place, ministry.name(), &arguments)?);
    }
    Ok(parts)
}

/// Starts a part. It ends when our end of its standard input closes, however we end.
fn start_part(place: &Place, name: &str, arguments: &[String]) -> Result<Part, Failure> {
    let failed = |what: &str, error: std::io::Error| {
        Failure::other(format!("{name} cannot be started: {what}: {error}"))
    };
    let itself = std::env::current_exe().map_err(|error| failed("this program", error))?;
    let logs = place.data.join("logs");
    std::fs::create_dir_all(&logs).map_err(|error| failed("the folder of its log", error))?;
    let log = logs.join(format!("{name}.log"));
    let out =
        File::options().create(true).append(true).open(&log).map_err(|error| failed("its log", error))?;
    let errors = out.try_clone().map_err(|error| failed("its log", error))?;
    let child = Command::new(itself)
        .args(arguments)
        .env("LOKET_DATA_DIR", &place.data)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed("the process", error))?;
    Ok(Part { name: name.to_owned(), arguments: arguments.to_vec(), child, log, ended: None })
}

/// Waits until every life event that came with the program has a published plan; others are no matter of its ministries.
async fn until_ready(place: &Place, config: &Config, parts: &mut [Part]) -> Result<(), Failure> {
    let public = Place { public_url: format!("http://{}", config.public), ..place.clone() };
    let ready = async {
        loop {
            if let Some(failure) = first_ended(parts) {
                return Err(failure);
            }
            if all_can_be_reported(&public, config.publication).await {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(READY_WITHIN, ready).await.unwrap_or_else(|_| {
        Err(Failure::unavailable(format!(
            "not every life event can be reported after {READY_WITHIN:?}; `loket plan show birth` and the logs in {} \
             say why",
            place.data.join("logs").display()
        )))
    })
}

/// Where people publish, nothing is waited for but the gateway.
async fn all_can_be_reported(place: &Place, publication: Publication) -> bool {
    let Ok(mut client) = place.life_events().await else { return false };
    let Ok(answer) = client.list_life_events(ListLifeEventsRequest::default()).await else { return false };
    if publication == Publication::TwoPerson {
        return true;
    }
    let life_events = answer.into_inner().life_events;
    gateway::registry::seeded_life_events().all(|id| {
        let of = life_events.iter().find(|it| crate::life_events::short(&it.name) == id);
        of.is_some_and(|it| !it.plan.is_empty())
    })
}

fn two_persons() -> Result<(), Failure> {
    output::line(
        "Plans are published by two persons (`publication` is two-person): what no two have published cannot be reported. \
         `loket plan show birth` tells the candidate and the command.\n",
    )
}

/// The first part that has ended by itself, with the end of its log.
fn first_ended(parts: &mut [Part]) -> Option<Failure> {
    parts.iter_mut().find_map(|part| {
        let status = part.child.try_wait().ok()??;
        let log = std::fs::read_to_string(&part.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(3).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Some(Failure::other(format!("{} ended ({status}):\n{}", part.name, last.join("\n"))))
    })
}

/// Stays as long as it is let: renews the tokens, and starts again what ended by itself.
async fn keep(place: &Place, parts: &mut [Part]) -> Failure {
    let mut renew = tokio::time::interval(TOKENS_EVERY);
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        let kept = tokio::select! {
            _ = renew.tick() => write_tokens(place),
            _ = look.tick() => parts.iter_mut().try_for_each(|part| start_again(place, part)),
        };
        if let Err(failure) = kept {
            return failure;
        }
    }
}

fn start_again(place: &Place, part: &mut Part) -> Result<(), Failure> {
    match (part.ended, part.child.try_wait()) {
        (None, Ok(Some(status))) => {
            part.ended = Some(Instant::now());
            output::line(&format!("{} ended ({status}); it is started again", part.name))
        }
        (Some(since), _) if since.elapsed() >= AGAIN_AFTER => {
            *part = start_part(place, &part.name.clone(), &part.arguments.clone())?;
            let pid = part.child.id().map(|id| id.to_string()).unwrap_or_default();
            output::line(&format!("{} runs again as {pid}", part.name))
        }
        _ => Ok(()),
    }
}

/// Closes the parts' standard input, which ends them, and waits; what does not end is killed.
async fn end(parts: Vec<Part>) {
    let ending = parts.into_iter().map(|mut part| {
        tokio::spawn(async move {
            drop(part.child.stdin.take());
            if tokio::time::timeout(END_WITHIN, part.child.wait()).await.is_err() {
                let _ = part.child.kill().await;
            }
        })
    });
    for part in ending.collect::<Vec<_>>() {
        let _ = part.await;
    }
}

/// A token for each agency, in a file that only its owner can read.
fn write_tokens(place: &Place) -> Result<(), Failure> {
    let issuer = Issuer::open(&place.data).map_err(|error| Failure::other(error.to_string()))?;
    for agency in MinistryName::ALL.iter().flat_map(|ministry| ministry.agencies()) {
        let role = TokenRole::Agency { agency: agency.to_owned() };
        let token = issuer
            .token(&TokenRequest { role, lifetime: None })
            .map_err(|error| Failure::other(error.to_string()))?;
        write_private(&parts::token_file(place, agency), &token)
            .map_err(|error| Failure::other(format!("the token of {agency} cannot be written: {error}")))?;
    }
    Ok(())
}

/// Writes beside and renames, so that a reader never sees half a token.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&beside)?.write_all(text.as_bytes())?;
    std::fs::rename(beside, path)
}

/// A birth of twins by an invented mother, done by the real ministries: that it works is seen, not said.
async fn example(place: &Place, config: &Config) -> Result<(), Failure> {
    let place = Place {
        public_url: format!("http://{}", config.public),
        operations_url: format!("http://{}", config.operations),
        ..place.clone()
    };
    let began = Instant::now();
    match tokio::time::timeout(EXAMPLE_WITHIN, crate::cases::twins(&place)).await {
        Ok(Ok(case)) => {
            let took = began.elapsed().as_millis();
            output::line(&format!(
                "{}\n\n(an example: invented twins, in {took} ms)\n",
                crate::watch::tree(&case)
            ))
        }
        Ok(Err(failure)) => output::line(&format!("the example birth was not done: {failure}")),
        Err(_) => output::line("the example birth takes longer than it should; `loket case list` shows it"),
    }
}

fn welcome(place: &Place, config: &Config, parts: &[Part]) -> Result<(), Failure> {
    let pids: Vec<Vec<String>> = parts
        .iter()
        .map(|part| vec![part.name.clone(), part.child.id().map(|id| id.to_string()).unwrap_or_default()])
        .collect();
    output::table(&["PART", "PID"], &pids)?;
    output::line(&format!(
        "
Loket is open. All citizens in it are invented.

  portals, citizens   http://{public}      REST: /v1/lifeEvents  OpenAPI: /openapi.json  gRPC and gRPC-Web too
  operators           http://{operations}      metrics: /metrics
  agencies' desk      http://{desk}
  logs and data       {data}

Three things to try, in another terminal:

  1. Report a birth and watch eight ministries do their part:
     loket case open birth --as 999000001 --no-input --watch --set birth.date={today} --set birth.municipality=oosterdam \\
       --set 'child[1].birth_order=1' --set 'child[1].gender=female' --set 'child[1].family_name=van Dijk' \\
       --set 'child[1].given_names=Mila' --set second_parent.number=999000002
  2. See what the plan was compiled from, and who would get what:
     loket plan show birth
  3. See who saw which of your facts, and why:
     loket case list --as 999000001      then      loket case disclosures CASE --as 999000001

(`loket` is target/release/loket after `cargo build --release`.) Ctrl-C ends everything.",
        public = config.public,
        operations = config.operations,
        desk = config.desk,
        data = place.data.display(),
        today = jiff::Timestamp::now().strftime("%Y-%m-%d"),
    ))
}
