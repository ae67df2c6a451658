//! A gateway that must not start says why and what to do; one that can, loses nothing of what it finds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gateway::issuer::{Issuer, TokenRequest, TokenRole};
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::{Case, GetCaseRequest, OpenCaseRequest};
use tests::births::{all_completed, open_all, requests, settled};
use tests::counter::{Counter, Setup, channel, free_ports};
use tests::process::{Supervised, gateway};
use tests::redis::Redis;
use tonic::{Code, Request, Status};

/// Starts a gateway that must not: what it says.
fn refused(data: &Path, store: &str) -> String {
    let output = gateway(data, store, free_ports()).stdin(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it runs:\n{said}");
    said
}

fn embedded(data: &Path) -> String {
    format!("embedded:{}", data.join("cases").display())
}

fn journal(data: &Path) -> PathBuf {
    data.join("cases").join("cases.journal")
}

/// A counter on which a case was completed; its data, and the case.
async fn used(store: &[&str]) -> (tempfile::TempDir, String, OpenCaseRequest) {
    let counter = Counter::open(&[&["--no-sample"], store].concat()).await;
    let accepted = open_all(&counter, counter.public, requests(1)).await;
    settled(&counter, &accepted, 1).await;
    all_completed(&counter, &accepted).await;
    (counter.close(), accepted[0].citizen.clone(), accepted[0].request.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_master_key_or_with_another_it_refuses_to_start_and_says_how_to_mend_it() {
    let redis = Redis::start();
    for store in [None, Some(redis.address())] {
        let option: Vec<&str> = store.iter().flat_map(|it| ["--store", it.as_str()]).collect();
        let (data, citizen, request) = used(&option).await;
        let address = store.clone().unwrap_or_else(|| embedded(data.path()));
        let key = data.path().join("master.key");
        let right = std::fs::read(&key).unwrap();

        std::fs::remove_file(&key).unwrap();
        let said = refused(data.path(), &address);
        assert!(said.contains("master.key") && said.contains("backup"), "{said}");
        assert!(!key.exists(), "it made another key, and what is stored can never be read again");

        private(&key, &[7; 32]);
        let said = refused(data.path(), &address);
        assert!(said.contains("master.key") && said.contains("put that key back"), "{said}");

        private(&key, &right);
        let mut client = alone(data.path(), &address, "").await;
        let again = client.open(&citizen, request).await.unwrap();
        assert_eq!(again.state(), proto::loket::portal::v1::case::State::Completed);
    }
}

fn private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// A gateway without ministries.
struct Alone {
    _process: Supervised,
    data: PathBuf,
    public: u16,
}

/// Starts one; the shell sets it limits first.
async fn alone(data: &Path, store: &str, limits: &str) -> Alone {
    let [public, operations, desk] = free_ports();
    let plain = gateway(data, store, [public, operations, desk]);
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{limits} exec \"$0\" \"$@\""))
        .arg(plain.get_program())
        .args(plain.get_args());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let process = Supervised::new(child);
    let began = std::time::Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", public)).await.is_err() {
        assert!(began.elapsed() < tests::counter::PATIENCE, "the gateway does not answer");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Alone { _process: process, data: data.to_owned(), public }
}

impl Alone {
    fn token(&self, citizen: &str) -> String {
        let role = TokenRole::citizen(citizen);
        Issuer::open(&self.data).unwrap().token(&TokenRequest { role, lifetime: None }).unwrap()
    }

    fn as_citizen<T>(&self, citizen: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let header = format!("Bearer {}", self.token(citizen)).parse().unwrap();
        request.metadata_mut().insert("authorization", header);
        request
    }

    async fn open(&mut self, citizen: &str, request: OpenCaseRequest) -> Result<Case, Status> {
        let mut client = CaseServiceClient::new(channel(self.public).await);
        let answer = client.open_case(self.as_citizen(citizen, request)).await?;
        Ok(answer.into_inner().case.unwrap())
    }

    async fn get(&self, citizen: &str, name: &str) -> Result<Case, Status> {
        let mut client = CaseServiceClient::new(channel(self.public).await);
        let request = GetCaseRequest { name: name.to_owned(), ..Default::default() };
        Ok(client.get_case(self.as_citizen(citizen, request)).await?.into_inner())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_on_one_embedded_store_refuses_and_the_first_goes_on() {
    let counter = Counter::open(&["--no-sample"]).await;
    let said = refused(counter.folder(), &embedded(counter.folder()));
    assert!(said.contains("in use by another process") && said.contains("cases"), "{said}");
    let accepted = open_all(&counter, counter.public, requests(1)).await;
    settled(&counter, &accepted, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_whose_end_is_torn_is_cut_and_one_that_is_damaged_before_is_left_as_it_is() {
    let (data, citizen, request) = used(&[]).await;
    let (path, store) = (journal(data.path()), embedded(data.path()));
    let whole = std::fs::read(&path).unwrap();
    // Half of a group that was being written when the machine lost power.
    std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(&whole[whole.len() - 40..][..25])
        .unwrap();
    let mut client = alone(data.path(), &store, "").await;
    let again = client.open(&citizen, request).await.unwrap();
    assert_eq!(again.state(), proto::loket::portal::v1::case::State::Completed);
    drop(client);

    let mut damaged = std::fs::read(&path).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x40;
    std::fs::write(&path, &damaged).unwrap();
    let said = refused(data.path(), &store);
    assert!(said.contains("unreadable at byte") && said.contains("Nothing was changed"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_loses_nothing_that_was_accepted() {
    let (data, ..) = used(&[]).await;
    let (path, store) = (journal(data.path()), embedded(data.path()));
    let blocks = std::fs::metadata(&path).unwrap().len() / 512 + 200;
    let mut full = alone(data.path(), &store, &format!("trap '' XFSZ; ulimit -f {blocks};")).await;
    let mut accepted = Vec::new();
    let refusal = loop {
        let (citizen, request) = requests(500).swap_remove(1 + accepted.len());
        match full.open(&citizen, request.clone()).await {
            Ok(case) => accepted.push((citizen, case.name, request)),
            Err(refusal) => break refusal,
        }
        assert!(accepted.len() < 400, "the disk does not become full");
    };
    assert_eq!(refusal.code(), Code::Unavailable, "{refusal}");
    assert!(refusal.message().contains("nothing was recorded"), "{refusal}");
    assert!(accepted.len() > 3, "only {} were accepted", accepted.len());
    drop(full);
    let mut client = alone(data.path(), &store, "").await;
    for (citizen, name, request) in accepted {
        assert_eq!(client.open(&citizen, request).await.unwrap().name, name, "an accepted case is gone");
        client.get(&citizen, &name).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_was_closed_opens_again_with_all_it_had() {
    let (data, citizen, request) = used(&[]).await;
    let counter =
        Counter::set_up(Setup { arguments: &["--no-sample"], data: Some(data), ..Setup::default() }).await;
    let mut client = counter.cases(&citizen).await;
    let again = client.open_case(request).await.unwrap().into_inner();
    assert!(again.replayed);
    let other = open_all(&counter, counter.public, requests(2).split_off(1)).await;
    settled(&counter, &other, 1).await;
    all_completed(&counter, &other).await;
}
