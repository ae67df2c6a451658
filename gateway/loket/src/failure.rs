//! Why a command did not do what was asked, and the exit code that says so to programs.

use std::process::ExitCode;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A failed command.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Refused or failed: 1.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// The command line is not understood: 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// The counter cannot be reached: 4.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 4 }
    }

    /// A check found a fault: 6.
    pub(crate) fn check(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 6 }
    }

    /// Tells it on standard error, where somebody reads that.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            crate::output::aside(&self.message);
        }
        ExitCode::from(self.code)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let code = match status.code() {
            Code::NotFound => 3,
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => 4,
            Code::AlreadyExists | Code::Aborted => 5,
            _ => 1,
        };
        let mut message = status.message().to_owned();
        for violation in status.get_details_bad_request().iter().flat_map(|it| &it.field_violations) {
            if message.contains(&violation.description) {
                continue;
            }
            message.push_str(&format!("\n  {}: {}", violation.field, violation.description));
        }
        if status.code() == Code::Unauthenticated {
            message.push_str(
                "\n  tokens are made with the key in --data: name the folder of the counter that runs, or give a token \
                 of its issuer with --token",
            );
        }
        Self { message, code }
    }
}
