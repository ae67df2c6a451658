//! The words of the command line.

mod books;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub(crate) use self::books::*;
use crate::failure::Failure;
use crate::output;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  refused, or failed for another reason
  2  the command line is not understood
  3  there is no such case, life event, plan, agency or grant
  4  the counter cannot be reached, or asks to come back later
  5  a conflict: the same request with another content, or somebody was first
  6  a check found a fault";

/// One counter for every ministry. Without a command: starts everything on this machine.
#[derive(Debug, Parser)]
#[command(name = "loket", version, after_help = AFTER_HELP)]
pub(crate) struct Loket {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) start: Start,
}

/// Where the counter is, and how it is spoken to.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Folder of keys, journals and books.
    #[arg(long, global = true, env = "LOKET_DATA_DIR", default_value = "loket-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The public edge: portals and citizens.
    #[arg(
        long,
        global = true,
        env = "LOKET_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    pub(crate) public_url: String,
    /// The operators' edge.
    #[arg(
        long,
        global = true,
        env = "LOKET_OPERATIONS_URL",
        default_value = "http://127.0.0.1:8081",
        value_name = "URL"
    )]
    pub(crate) operations_url: String,
    /// A bearer token. Default: one of the built-in issuer whose key is in the data folder.
    #[arg(long, global = true, env = "LOKET_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// For programs: JSON on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What is started where no command is given.
#[derive(Debug, Clone, Args)]
pub(crate) struct Start {
    /// Where cases are kept: `embedded:<dir>`, `memory:`, `redis://host:port/`, `redis-cluster://host:port,…`.
    /// Default: embedded, in the data folder.
    #[arg(long, env = "LOKET_STORE", hide_env_values = true, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// Do not report the birth of an example at the start.
    #[arg(long)]
    pub(crate) no_sample: bool,
    /// A clock that can be moved, for tests: `loket sandbox clock`.
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// Collector of traces and metrics: `http://127.0.0.1:4317`.
    #[arg(long, env = "LOKET_TELEMETRY_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<String>,
    /// Ends when standard input ends: for a parent that must not leave it behind.
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
}

impl Start {
    /// What was said before the command counts too: `loket --store memory: gateway`.
    pub(crate) fn or(self, before: Self) -> Self {
        Self {
            store: self.store.or(before.store),
            sandbox: self.sandbox || before.sandbox,
            otlp: self.otlp.or(before.otlp),
            supervised: self.supervised || before.supervised,
            no_sample: self.no_sample || before.no_sample,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts the gateway alone.
    Gateway(GatewayOptions),
    /// Starts one reference ministry.
    Ministry(MinistryOptions),
    /// What can be reported.
    #[command(subcommand)]
    LifeEvent(LifeEventAct),
    /// The dictionary: concepts and code lists.
    #[command(subcommand)]
    Dictionary(DictionaryAct),
    /// Cases: open, follow, explain, withdraw.
    #[command(subcommand)]
    Case(CaseAct),
    /// Plans: what the registered services make of a life event.
    #[command(subcommand)]
    Plan(PlanAct),
    /// Grants: which fact may go from whom to whom.
    #[command(subcommand)]
    Grant(GrantAct),
    /// Agencies: registered systems, and whether one keeps the promise.
    #[command(subcommand)]
    Agency(AgencyAct),
    /// The invented citizens that the counter knows.
    Citizens {
        /// How many.
        #[arg(long, default_value_t = 16, value_name = "NUMBER")]
        sample: usize,
    },
    /// A token of the built-in issuer, on standard output.
    Token(TokenOptions),
    /// The sandbox: only where the counter was started as one.
    #[command(subcommand)]
    Sandbox(SandboxAct),
    /// Completions for a shell, on standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GatewayOptions {
    /// A configuration file; every option is in deploy/gateway.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) start: Start,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct MinistryOptions {
    /// Which.
    pub(crate) name: MinistryName,
    /// Where it listens; port 0: any free one. The municipality takes three ports from here on.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) listen: std::net::SocketAddr,
    /// The desk that it registers at.
    #[arg(long, env = "LOKET_DESK_URL", default_value = "http://127.0.0.1:8082", value_name = "URL")]
    pub(crate) desk: String,
    /// How long it counts as live without a heartbeat.
    #[arg(long, default_value = "15s", value_parser = duration, value_name = "TIME")]
    pub(crate) lease: Duration,
    /// How long a person of the ministry takes for what is answered with an operation.
    #[arg(long, default_value = "2s", value_parser = duration, value_name = "TIME")]
    pub(crate) work_time: Duration,
    /// Collector of traces.
    #[arg(long, env = "LOKET_TELEMETRY_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<String>,
    /// Print what its books hold, counted, and end: effects by idempotency key, records by kind, no content. Only
    /// while it does not run.
    #[arg(long)]
    pub(crate) books: bool,
    /// Ends when standard input ends.
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MinistryName {
    CivilRegistry,
    PopulationRegister,
    TaxAllowances,
    SocialInsurance,
    HealthInsurance,
    YouthHealth,
    Municipality,
    Vehicles,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Language {
    /// Language of the texts.
    #[arg(long, default_value = "en", value_name = "TAG")]
    pub(crate) language: String,
}

/// As whom the counter is spoken to.
#[derive(Debug, Clone, Args)]
pub(crate) struct As {
    /// As the citizen of this number, by the built-in issuer.
    #[arg(long = "as", value_name = "NUMBER")]
    pub(crate) citizen: Option<String>,
    #[command(flatten)]
    pub(crate) language: Language,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CaseAct {
    /// Reports a life event; asks on the terminal what the plan needs and was not given.
    Open(OpenOptions),
    /// One case: as its citizen sees it with --as, else as operators do.
    Get {
        /// The case.
        id: String,
        #[command(flatten)]
        caller: As,
    },
    /// Cases: a citizen's with --as, else all that are live.
    List {
        #[command(flatten)]
        caller: As,
        /// Only those that wait for this agency.
        #[arg(long, value_name = "AGENCY")]
        waiting_for: Option<String>,
        /// Only of this life event.
        #[arg(long, value_name = "ID")]
        life_event: Option<String>,
    },
    /// Draws the live tree of a case's steps until nothing is left to wait for.
    Watch {
        /// The case.
        id: String,
        #[command(flatten)]
        caller: As,
        /// Leave when nothing happens for this long.
        #[arg(long, value_parser = duration, value_name = "TIME")]
        timeout: Option<Duration>,
    },
    /// Explains a case as text, for operators.
    Explain {
        /// The case.
        id: String,
    },
    /// Answers questions of a case: `--set FACT=VALUE`, or asks on the terminal.
    Answer {
        /// The case.
        id: String,
        #[command(flatten)]
        caller: As,
        /// An answer: `mother.civil_status=married`, `child[m1].given_names=Anna`.
        #[arg(long = "set", value_name = "FACT=VALUE")]
        set: Vec<String>,
    },
    /// Takes an offer, or declines it.
    Offer {
        /// The case.
        id: String,
        /// The service offered.
        service: String,
        /// The member it is for.
        #[arg(long, default_value = "")]
        member: String,
        /// Decline it.
        #[arg(long)]
        decline: bool,
        #[command(flatten)]
        caller: As,
    },
    /// Withdraws what can be withdrawn.
    Withdraw {
        /// The case.
        id: String,
        #[command(flatten)]
        caller: As,
        /// In the citizen's words.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Who saw which of the citizen's facts.
    Disclosures {
        /// The case.
        id: String,
        #[command(flatten)]
        caller: As,
    },
    /// Verifies both chains of a case.
    Verify {
        /// The case.
        id: String,
    },
    /// Decides whether the case is of the same happening as one it resembles.
    Same {
        /// The case that waits for it.
        id: String,
        #[command(flatten)]
        is: YesOrNo,
        /// The case that it is the same as, where it resembles several: `case explain` names them.
        #[arg(long, value_name = "CASE", conflicts_with = "no")]
        with: Option<String>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Decides who is meant that a report mentions and that is none of those known.
    Member {
        /// The case.
        id: String,
        /// The group: `child`.
        role: String,
        /// The mention's number in its group, as `case explain` has it.
        mention: i32,
        #[command(flatten)]
        who: Who,
    },
    /// Decides that a reporter plays the part that they claim, or (`--dismiss`) that they do not.
    Uphold {
        /// The case.
        id: String,
        /// The receipt of the report in which it is claimed.
        receipt: i32,
        /// They do not play it.
        #[arg(long)]
        dismiss: bool,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Acts on a step that got stuck.
    Steer {
        /// The case.
        id: String,
        /// The service.
        service: String,
        /// What to do.
        act: SteerAct,
        /// The member.
        #[arg(long, default_value = "")]
        member: String,
        /// For `route`: the agency.
        #[arg(long, default_value = "")]
        agency: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SteerAct {
    /// Go on at once.
    Retry,
    /// Stand still until somebody acts.
    Park,
    /// It was surely not done.
    NotDone,
    /// It was done, as the agency's books show.
    Done,
    /// It does not run.
    Skip,
    /// Another agency does it.
    Route,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct OpenOptions {
    /// The life event.
    pub(crate) life_event: String,
    #[command(flatten)]
    pub(crate) caller: As,
    /// The part that the reporter plays; default: the first that may report.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// A fact: `birth.date=2026-11-20`, `child[1].gender=female`. An empty value: there is none.
    #[arg(long = "set", value_name = "FACT=VALUE")]
    pub(crate) set: Vec<String>,
    /// The request id; default: a new one.
    #[arg(long, value_name = "TEXT")]
    pub(crate) request_id: Option<String>,
    /// Ask nothing: what was not set is left open.
    #[arg(long)]
    pub(crate) no_input: bool,
    /// For the next invented citizen who was not used yet, with facts of theirs; asks nothing.
    #[arg(long, conflicts_with_all = ["citizen", "role", "set"])]
    pub(crate) sample: bool,
    /// Follow the case until it is settled.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Wait until the case is settled and print it as it is then.
    #[arg(long, conflicts_with = "watch")]
    pub(crate) wait: bool,
}

#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct TokenOptions {
    #[command(flatten)]
    pub(crate) of: TokenOf,
    /// How long it lives; default and most: what the role allows.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) lifetime: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TokenOf {
    /// For the citizen of this number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) citizen: Option<String>,
    /// For an operator of this name.
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) operator: Option<String>,
    /// For a system of this agency.
    #[arg(long, value_name = "AGENCY")]
    pub(crate) agency: Option<String>,
    /// For a person of an agency: `ria@civil-registry`; an agency alone: for somebody who works there.
    #[arg(long, value_name = "[SUBJECT@]AGENCY")]
    pub(crate) officer: Option<String>,
    /// For a portal of this name.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) portal: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct YesOrNo {
    /// It is the same: the other goes on, with what was reported in this one, which ends.
    #[arg(long)]
    pub(crate) yes: bool,
    /// It is one of its own: the case goes on.
    #[arg(long)]
    pub(crate) no: bool,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// This known member: `m1`.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) is: Option<String>,
    /// One more, not known before.
    #[arg(long)]
    pub(crate) new: bool,
    /// Nobody, a mistake.
    #[arg(long)]
    pub(crate) nobody: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxAct {
    /// Moves the clock of all processes, in seconds from real time: `+86400`.
    Clock {
        /// Seconds.
        #[arg(allow_hyphen_values = true)]
        seconds: i64,
    },
}

/// `800ms`, `15s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 =
        number.parse().map_err(|_| format!("`{text}` is no time; write 800ms, 15s, 5m or 1h"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" | "" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3_600))),
        _ => Err(format!("`{text}` is no time; write 800ms, 15s, 5m or 1h")),
    }
}

/// Writes the completions of a shell to standard output. They are made in memory first: the maker panics where it
/// cannot write.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Loket::command(), "loket", &mut script);
    output::bytes(&script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Loket::command().debug_assert();
    }

    #[test]
    fn where_the_counter_is_may_be_said_before_the_command_or_after_it() {
        for words in
            [["loket", "--data", "here", "case", "list"], ["loket", "case", "list", "--data", "here"]]
        {
            let Ok(said) = Loket::try_parse_from(words) else { panic!("{words:?} is not understood") };
            assert_eq!(said.place.data, PathBuf::from("here"));
            assert!(matches!(said.command, Some(Command::Case(_))));
        }
    }

    #[test]
    fn an_operator_decides_one_thing_at_a_time_and_says_which() {
        let understood = |words: &str| Loket::try_parse_from(words.split(' ')).is_ok();
        for whole in [
            "loket case same 1 --yes --reason twice",
            "loket case same 1 --no --reason another",
            "loket case same 1 --yes --with LK-ABCDE-FGHJK --reason twice",
            "loket case member 1 child 2 --is m1",
            "loket case member 1 child 2 --new",
            "loket case member 1 child 2 --nobody",
        ] {
            assert!(understood(whole), "{whole}");
        }
        for lacking in [
            "loket case same 1 --reason twice",
            "loket case same 1 --yes",
            "loket case same 1 --yes --no --reason both",
            "loket case same 1 --no --with LK-ABCDE-FGHJK --reason another",
            "loket case member 1 child 2",
            "loket case member 1 child 2 --new --nobody",
        ] {
            assert!(!understood(lacking), "{lacking}");
        }
    }

    #[test]
    fn a_store_named_before_the_command_is_not_forgotten() {
        let Ok(Loket { command: Some(Command::Gateway(options)), start, .. }) =
            Loket::try_parse_from(["loket", "--store", "memory:", "gateway"])
        else {
            panic!("it is not understood")
        };
        assert_eq!(options.start.or(start).store.as_deref(), Some("memory:"));
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("15s"), Ok(Duration::from_secs(15)));
        assert_eq!(duration("800ms"), Ok(Duration::from_millis(800)));
        for bad in ["", "s", "5d", "-1s", "1.5s"] {
            assert!(duration(bad).is_err(), "{bad:?} was taken");
        }
    }
}
