//! The country of the benchmark: its life events and its ministries, as files and registrations.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gateway::registry::{Registry, Snapshot};
use proto::loket::desk::v1 as desk;
use proto::loket::v1::Text;

/// What its operators publish: path and content.
pub(super) const FILES: [(&str, &str); 3] = [
    ("dictionary/bench.yaml", include_str!("../../bench/dictionary.yaml")),
    ("life-events/arrival.yaml", include_str!("../../bench/arrival.yaml")),
    ("life-events/stay.yaml", include_str!("../../bench/stay.yaml")),
];

/// How long the first plans may take to publish themselves.
const PLANS: Duration = Duration::from_secs(20);

struct Ministry {
    name: &'static str,
    descriptors: &'static [u8],
    /// Concept, service that may have it, for what purpose.
    gives: &'static [(&'static str, &'static str, &'static str)],
}

macro_rules! ministry {
    ($name:literal, $gives:expr) => {
        Ministry {
            name: $name,
            descriptors: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".fds")),
            gives: &$gives,
        }
    };
}

const MINISTRIES: [Ministry; 7] = [
    ministry!(
        "registry",
        [
            ("arrival.record", "bench-tax/assign", "assign"),
            ("arrival.record", "bench-health/insure", "insure"),
            ("arrival.record", "bench-council/settle", "settle"),
        ]
    ),
    ministry!("tax", [("arrival.tax_id", "bench-benefit/grant", "grant")]),
    ministry!("health", []),
    ministry!("council", []),
    ministry!("benefit", [("arrival.benefit", "bench-post/notify", "notify")]),
    ministry!("post", []),
    ministry!("office", []),
];

/// How the ministries register, each by itself, with its descriptors and its consents.
pub(super) fn registrations(endpoint: &str) -> Vec<desk::RegisterAgencyRequest> {
    let consent = |(concept, to, purpose): &(&str, &str, &str)| desk::Grant {
        concept: (*concept).to_owned(),
        to: (*to).to_owned(),
        purpose: (*purpose).to_owned(),
        legal_basis: "Bench Act, article 2".to_owned(),
    };
    let registration = |ministry: &Ministry| desk::RegisterAgencyRequest {
        agency: format!("bench-{}", ministry.name),
        titles: vec![Text { language: "en".to_owned(), value: format!("The benchmark's {}", ministry.name) }],
        endpoints: vec![endpoint.to_owned()],
        lease: Some(prost_types::Duration { seconds: 3_600, nanos: 0 }),
        descriptor_set: ministry.descriptors.to_vec(),
        grants: ministry.gives.iter().map(consent).collect(),
        ..desk::RegisterAgencyRequest::default()
    };
    MINISTRIES.iter().map(registration).collect()
}

/// The country in a registry, once its plans are published.
pub(crate) async fn published(registry: &Registry) -> anyhow::Result<Arc<Snapshot>> {
    let files = FILES.map(|(path, content)| (path.to_owned(), content.to_owned()));
    registry.publish_files(files.to_vec(), "bench").await?;
    for registration in registrations("http://127.0.0.1:1") {
        registry.register(registration).await.context("a ministry is not registered")?;
    }
    let begun = Instant::now();
    let arrival = "arrival".parse()?;
    loop {
        let snapshot = registry.snapshot();
        if snapshot.published(&arrival, None).is_some() {
            return Ok(snapshot);
        }
        if begun.elapsed() > PLANS {
            bail!("no plan of the arrival is published");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
