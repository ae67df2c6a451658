//! Examples of what is sent and answered. A test reads each as a request would be read.

use serde_json::{Value, json};

/// An example of this message; none where nobody wrote one.
pub(super) fn of(message: &str) -> Option<Value> {
    Some(match message {
        "loket.portal.v1.OpenCaseRequest" => json!({
            "requestId": "7f0c6f0e-birth-1",
            "lifeEvent": "birth",
            "facts": birth()
        }),
        "loket.portal.v1.PreviewLifeEventRequest" => json!({"lifeEvent": "birth", "facts": birth()}),
        "loket.portal.v1.AnswerQuestionsRequest" => json!({
            "answers": [{"fact": "child.given_names", "member": "m1", "value": "Lotte"}]
        }),
        "loket.portal.v1.AnswerOfferRequest" => {
            json!({"service": "youth-health/first-visit", "member": "m1", "accepted": true})
        }
        "loket.portal.v1.CorrectFactsRequest" => json!({
            "facts": [{"fact": "child.given_names", "member": "m1", "value": "Lotte Maria"}],
            "reason": "The second name was left out"
        }),
        "loket.portal.v1.DisputeFactRequest" => json!({
            "fact": "mother.address",
            "proposed": {"regionCode": "NL", "postalCode": "1011AB", "addressLines": ["Dam 1"]},
            "reason": "We moved in May"
        }),
        "loket.portal.v1.WithdrawCaseRequest" => json!({"reason": "Reported by mistake"}),
        "loket.portal.v1.SubmitDraftRequest" => json!({}),
        "loket.portal.v1.Draft" => json!({"lifeEvent": "lifeEvents/birth", "report": {"facts": birth()}}),
        "loket.operations.v1.SteerStepRequest" => json!({
            "service": "tax/child-budget", "member": "m1", "act": "RETRY", "reason": "The agency is back"
        }),
        "loket.operations.v1.PublishPlanRequest" => json!({
            "candidate": "3f9a…", "openCases": "FINISH", "reason": "Reviewed by the legal desk"
        }),
        "loket.operations.v1.Grant" => json!({
            "from": "population-register", "concept": "person.number", "to": "tax/child-budget",
            "purpose": "allowances", "legalBasis": "Wbrp art. 3.5"
        }),
        "loket.operations.v1.DecideMemberRequest" => json!({"role": "child", "mention": 2, "nobody": true}),
        "loket.operations.v1.DecideClaimRequest" => {
            json!({"receipt": 2, "upheld": true, "reason": "The certificate of acknowledgement was shown"})
        }
        "loket.operations.v1.DecideSamenessRequest" => json!({"reason": "Two births, a year apart"}),
        "loket.operations.v1.SetClockRequest" => json!({"offsetSeconds": 86_400}),
        _ => return None,
    })
}

fn birth() -> Value {
    json!({
        "mother": {"number": "999990019"},
        "birth": {"date": "2026-11-23"},
        "child": [{"birth_order": 1, "given_names": "Lotte", "family_name": {"unknown": true}}]
    })
}
