//! The words about what is registered and published: life events, dictionary, plans, grants, agencies.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Language, duration};

#[derive(Debug, Subcommand)]
pub(crate) enum LifeEventAct {
    /// All that can be reported.
    List(Language),
    /// One, with the questions that its plan asks.
    Show {
        /// The life event.
        id: String,
        #[command(flatten)]
        language: Language,
    },
    /// Publishes life events at run time: files `<id>.yaml`, as in gateway/life-events.
    Put {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Takes a life event away: it cannot be reported any more.
    Remove {
        /// The life event.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DictionaryAct {
    /// Publishes concepts and code lists at run time: files as in gateway/dictionary. One of the same name is replaced.
    Put {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Takes a file of the dictionary away.
    Remove {
        /// Its name without `.yaml`.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanAct {
    /// The plan of a life event, as text or as a Graphviz graph.
    Show {
        /// The life event.
        life_event: String,
        /// As a Graphviz graph.
        #[arg(long)]
        dot: bool,
    },
    /// What publishing the candidate would change.
    Diff {
        /// The life event.
        life_event: String,
    },
    /// Publishes the candidate that was reviewed.
    Publish {
        /// The life event.
        life_event: String,
        /// The candidate's hash, as `plan diff` shows it.
        candidate: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Open cases move to it at their next step; default: they finish on the plan they are on.
        #[arg(long)]
        move_open_cases: bool,
        /// First day of the happenings that it is for: `2027-01-01`. Default: all.
        #[arg(long, default_value = "", value_name = "DATE")]
        valid_from: String,
        /// The operator who publishes; two different ones are needed where the counter says so.
        #[arg(long, default_value = "operator", value_name = "SUBJECT")]
        operator: String,
    },
    /// Revokes a published plan: no case opens on it, and its open cases stand still until they can move to another.
    Revoke {
        /// The life event.
        life_event: String,
        /// The plan's hash, as `plan show` says it.
        plan: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GrantAct {
    /// The grants in force.
    List {
        /// Only of this giver.
        #[arg(long, default_value = "", value_name = "AGENCY")]
        from: String,
        /// Only to this service.
        #[arg(long, default_value = "", value_name = "SERVICE")]
        to: String,
    },
    /// Gives a grant on behalf of the giver.
    Give {
        /// The agency that gives the fact.
        from: String,
        /// The concept.
        concept: String,
        /// The service that may have it.
        to: String,
        /// For what purpose: the service's own.
        #[arg(long)]
        purpose: String,
        /// The law that allows it.
        #[arg(long)]
        legal_basis: String,
    },
    /// Revokes a grant.
    Revoke {
        /// The agency that gives the fact.
        from: String,
        /// The concept.
        concept: String,
        /// The service that has it.
        to: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgencyAct {
    /// The registered agencies.
    List,
    /// One agency: endpoints, services, competence.
    Show {
        /// The agency.
        id: String,
    },
    /// Registers an agency on its behalf; its services are learnt by server reflection, or from a file.
    Register {
        /// The agency.
        id: String,
        /// Where it is reached.
        #[arg(required = true)]
        endpoints: Vec<String>,
        /// Its name for people, in English. Default: its id.
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// A file with a serialised FileDescriptorSet, instead of reflection.
        #[arg(long, value_name = "FILE")]
        descriptor_set: Option<PathBuf>,
        /// A file with the rules beside an unannotated proto, in YAML: `rules:`, and where wanted `titles:`, `grants:`
        /// and `competences:`, as in loket.desk.v1.RegisterAgencyRequest.
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
        /// What it is competent for: `municipality/*=oosterdam`.
        #[arg(long, value_name = "SERVICE=CODE")]
        competent_for: Vec<String>,
        /// How long an endpoint counts as live without a heartbeat. Default: 1h, and 15s with --stay.
        #[arg(long, value_parser = duration, value_name = "TIME")]
        lease: Option<Duration>,
        /// Stay, and renew the lease while somebody listens there, until Ctrl-C: for a system that knows nothing of
        /// Loket.
        #[arg(long)]
        stay: bool,
        /// The desk, for --stay.
        #[arg(long, env = "LOKET_DESK_URL", default_value = "http://127.0.0.1:8082", value_name = "URL")]
        desk: String,
    },
    /// Withdraws services on the agency's behalf: they take no new steps and finish what they have.
    Withdraw {
        /// The agency.
        id: String,
        /// Its services; default: all.
        services: Vec<String>,
        /// The desk.
        #[arg(long, env = "LOKET_DESK_URL", default_value = "http://127.0.0.1:8082", value_name = "URL")]
        desk: String,
    },
    /// Tests the ministry's promise against a running system: same key same answer, tombstone, status, deadline, bad
    /// input. It really calls it: use a test system.
    Check(CheckOptions),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CheckOptions {
    /// Where it is reached, `http://127.0.0.1:50061`, or the name of a registered agency.
    #[arg(value_name = "ENDPOINT|AGENCY")]
    pub(crate) system: String,
    /// Only this service.
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// A file with example requests: {"<service id>": {request as JSON}}. Without one, requests are made up.
    #[arg(long, value_name = "FILE")]
    pub(crate) requests: Option<PathBuf>,
    /// A file with the rules beside an unannotated proto, as for `agency register`.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
}
