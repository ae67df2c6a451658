//! Starting one part: the gateway, or one ministry.

use std::path::PathBuf;

use agency_kit::Options;
use gateway::config::Config;
use gateway::server::Listeners;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::command::{GatewayOptions, MinistryName, MinistryOptions, Place};
use crate::failure::Failure;
use crate::output;

/// Variables of the command line's own: where a counter is and as whom it is spoken to. They are no options of a
/// gateway, and who has set them in a shell may start one in it.
const OF_COMMANDS: [&str; 4] = ["LOKET_PUBLIC_URL", "LOKET_OPERATIONS_URL", "LOKET_DESK_URL", "LOKET_TOKEN"];

/// Runs the gateway until it is told to stop.
pub(crate) async fn gateway(place: &Place, options: GatewayOptions) -> Result<(), Failure> {
    let config = configuration(place, &options)?;
    let listeners = Listeners::bind(&config).await.map_err(|error| Failure::other(error.to_string()))?;
    let shutdown = CancellationToken::new();
    let asked = shutdown.clone();
    tokio::spawn(async move {
        stopped(options.start.supervised).await;
        asked.cancel();
    });
    gateway::run::run(config, listeners, shutdown).await.map_err(|error| Failure::other(error.to_string()))
}

/// The configuration: the file, the environment, and last what the command line says.
pub(crate) fn configuration(place: &Place, options: &GatewayOptions) -> Result<Config, Failure> {
    let mut said = vec![("LOKET_DATA_DIR".to_owned(), place.data.display().to_string())];
    if let Some(store) = &options.start.store {
        said.push(("LOKET_STORE".to_owned(), store.clone()));
    }
    if options.start.sandbox {
        said.push(("LOKET_SANDBOX".to_owned(), "true".to_owned()));
    }
    if let Some(collector) = &options.start.otlp {
        said.push(("LOKET_TELEMETRY_OTLP".to_owned(), collector.clone()));
    }
    let environment = std::env::vars().filter(|(name, _)| {
        !said.iter().any(|(one, _)| one == name) && !OF_COMMANDS.contains(&name.as_str())
    });
    let all: Vec<(String, String)> = environment.chain(said.iter().cloned()).collect();
    Config::load(options.config.as_deref(), all).map_err(|error| Failure::usage(error.to_string()))
}

/// Runs one ministry until it is told to stop.
pub(crate) async fn ministry(place: &Place, options: MinistryOptions) -> Result<(), Failure> {
    if options.books {
        return crate::books::show(place, options.name);
    }
    let name = options.name.name();
    let _telemetry = agency_kit::telemetry(name, options.otlp.as_deref());
    let books = place.data.join("ministries").join(name);
    let started = Options {
        listen: options.listen,
        data: books,
        desk: Some(options.desk.clone()),
        token_file: Some(token_file(place, name)),
        lease: options.lease,
        work_time: options.work_time,
    };
    without_tokens(place, options.name);
    let stop = Box::pin(stopped(options.supervised));
    let failed = |error: String| Failure::other(format!("{name}: {error}"));
    if options.name == MinistryName::Municipality {
        let listeners =
            municipality::listeners(&started).await.map_err(|error| cannot_listen(options.listen, &error))?;
        return municipality::serve(started, listeners, stop)
            .await
            .map_err(|error| failed(error.to_string()));
    }
    let listener = listen(options.listen).await?;
    output::line(&format!("{name} on {}", listener.local_addr().unwrap_or(options.listen)))?;
    match options.name {
        MinistryName::CivilRegistry => {
            civil_registry::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::PopulationRegister => {
            population_register::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::TaxAllowances => {
            tax_allowances::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::SocialInsurance => {
            social_insurance::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::HealthInsurance => {
            health_insurance::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::YouthHealth => {
            youth_health::serve(started, listener, stop).await.map_err(|e| e.to_string())
        }
        MinistryName::Vehicles => vehicles::serve(started, listener, stop).await.map_err(|e| e.to_string()),
        MinistryName::Municipality => Ok(()),
    }
    .map_err(failed)
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: std::net::SocketAddr, error: &std::io::Error) -> Failure {
    Failure::other(format!("{address} cannot be listened on: {error}; choose another with --listen"))
}

/// Says which tokens a ministry waits for, and how each is made: without them it runs and never registers.
fn without_tokens(place: &Place, ministry: MinistryName) {
    let lacking: Vec<&str> =
        ministry.agencies().into_iter().filter(|agency| !token_file(place, agency).exists()).collect();
    if lacking.is_empty() {
        return;
    }
    let mut said = format!("{} does not register before it has its token:", ministry.name());
    for agency in lacking {
        let file = token_file(place, agency);
        said.push_str(&format!(
            "\n  {}: `loket token --agency {agency} > {}`",
            file.display(),
            file.display()
        ));
    }
    output::aside(&said);
}

/// Where a part finds its token for the desk. The municipality has one per agency beside it.
pub(crate) fn token_file(place: &Place, agency: &str) -> PathBuf {
    place.data.join("tokens").join(format!("{agency}.jwt"))
}

impl MinistryName {
    /// All of them, registers first: what others build on is up first.
    pub(crate) const ALL: [Self; 8] = [
        Self::PopulationRegister,
        Self::CivilRegistry,
        Self::Municipality,
        Self::SocialInsurance,
        Self::TaxAllowances,
        Self::HealthInsurance,
        Self::YouthHealth,
        Self::Vehicles,
    ];

    /// As the command line and its agency name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CivilRegistry => civil_registry::AGENCY,
            Self::PopulationRegister => population_register::AGENCY,
            Self::TaxAllowances => tax_allowances::AGENCY,
            Self::SocialInsurance => social_insurance::AGENCY,
            Self::HealthInsurance => health_insurance::AGENCY,
            Self::YouthHealth => youth_health::AGENCY,
            Self::Municipality => "municipality",
            Self::Vehicles => vehicles::AGENCY,
        }
    }

    /// The agencies that its process speaks for.
    pub(crate) fn agencies(self) -> Vec<&'static str> {
        match self {
            Self::Municipality => municipality::AGENCIES.to_vec(),
            _ => vec![self.name()],
        }
    }
}

/// Ends when the process is asked to: by a signal, or, where it has a parent that must not leave it behind, when
/// standard input ends.
pub(crate) async fn stopped(supervised: bool) {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
        () = orphaned(), if supervised => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

async fn orphaned() {
    let mut ignored = [0; 64];
    let mut input = tokio::io::stdin();
    while !matches!(input.read(&mut ignored).await, Ok(0) | Err(_)) {}
}
