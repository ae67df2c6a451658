//! How a reference ministry is started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::desk::{Consent, Registration};

/// What a ministry's process is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens. Port 0: any free one.
    pub listen: SocketAddr,
    /// The folder of its books.
    pub data: PathBuf,
    /// The desk it registers at; none: it does not.
    pub desk: Option<String>,
    /// The file with its bearer token for the desk.
    pub token_file: Option<PathBuf>,
    /// How long it counts as live without a heartbeat.
    pub lease: Duration,
    /// How long a person of the ministry takes for what is answered with an operation. In the reference nobody sits
    /// there: the ministry's own rules decide once it has passed. [`WORK_TIME`] unless told otherwise.
    pub work_time: Duration,
}

/// How long the work of a person takes in the reference.
pub const WORK_TIME: Duration = Duration::from_secs(2);

impl Options {
    /// How `agency` registers, where it is to register.
    #[must_use]
    pub fn registration(
        &self,
        agency: &str,
        titles: [(&'static str, &str); 2],
        competences: &[(&str, &str)],
        consents: Vec<Consent>,
    ) -> Option<Registration> {
        Some(Registration {
            desk: self.desk.clone()?,
            token_file: self.token_file.clone(),
            agency: agency.to_owned(),
            titles: titles.map(|(language, name)| (language, name.to_owned())).to_vec(),
            lease: self.lease,
            competences: competences
                .iter()
                .map(|(of, code)| ((*of).to_owned(), (*code).to_owned()))
                .collect(),
            consents,
        })
    }
}
