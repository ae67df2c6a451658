//! The table itself.

use std::time::Duration;

use tonic::Code;

/// Declares the reasons: the doc comment is what people read about it, then gRPC code, HTTP status and title.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal => $code:ident, $http:literal, $title:literal;)+) => {
        /// Why a call is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The reason in `google.rpc.ErrorInfo` and in a problem: `CASE_NOT_FOUND`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its gRPC code.
            #[must_use]
            pub fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code,)+ }
            }

            /// Its HTTP status.
            #[must_use]
            pub fn http(self) -> u16 {
                match self { $(Self::$variant => $http,)+ }
            }

            /// What it is, in a few words; the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What it means and what to do.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

reasons! {
    /// The request is not of the form that the contract asks for. `errors` names each field, what it is and what it must be.
    InvalidRequest "INVALID_REQUEST" => InvalidArgument, 400, "The request is not valid";
    /// The body is not JSON, or nested too deep. The detail names line and column.
    MalformedBody "MALFORMED_BODY" => InvalidArgument, 400, "The body cannot be read";
    /// A fact has a value of another type than the dictionary says. `errors` names each.
    WrongFactType "WRONG_FACT_TYPE" => InvalidArgument, 400, "A fact has the wrong type";
    /// The dictionary has no such fact, or the life event no such role. `errors` names each.
    UnknownFact "UNKNOWN_FACT" => InvalidArgument, 400, "A fact is not known";
    /// The report lacks what identifies the happening or what must be known to open a case. `errors` names each fact.
    FactsMissing "FACTS_MISSING" => InvalidArgument, 400, "Facts are missing";
    /// A fact was sent that the plan asks nobody for. Leave it out.
    FactNotAsked "FACT_NOT_ASKED" => InvalidArgument, 400, "A fact was not asked for";
    /// A page token that was not given by this call. Begin without one.
    InvalidPageToken "INVALID_PAGE_TOKEN" => InvalidArgument, 400, "The page token is not valid";
    /// A registration that does not compile, or breaks a rule of the contract. The detail says what to fix.
    InvalidRegistration "INVALID_REGISTRATION" => InvalidArgument, 400, "The registration is not valid";
    /// Dictionary or life-event files that cannot be read. The detail names file and place.
    InvalidFiles "INVALID_FILES" => InvalidArgument, 400, "The files are not valid";

    /// The call needs a bearer token and none came.
    Unauthenticated "UNAUTHENTICATED" => Unauthenticated, 401, "A token is needed";
    /// The token is malformed, expired, of an unknown issuer, or not meant for here.
    InvalidToken "INVALID_TOKEN" => Unauthenticated, 401, "The token is not valid";
    /// The caller is known and may not do this. The detail says who may.
    PermissionDenied "PERMISSION_DENIED" => PermissionDenied, 403, "Not allowed";
    /// The token's level of assurance is too low for what is asked. Log in with a stronger means.
    AssuranceTooLow "ASSURANCE_TOO_LOW" => PermissionDenied, 403, "A stronger login is needed";
    /// The gateway was not started as a sandbox.
    NotASandbox "NOT_A_SANDBOX" => PermissionDenied, 403, "Only in a sandbox";

    /// There is nothing of that name here, or not for this caller.
    NotFound "NOT_FOUND" => NotFound, 404, "Not found";
    /// There is no such case, or none that the caller is a party of.
    CaseNotFound "CASE_NOT_FOUND" => NotFound, 404, "There is no such case";
    /// There is no such draft, or it is not the caller's, or it was deleted.
    DraftNotFound "DRAFT_NOT_FOUND" => NotFound, 404, "There is no such draft";
    /// There is no such life event. `GET /v1/lifeEvents` lists them.
    LifeEventNotFound "LIFE_EVENT_NOT_FOUND" => NotFound, 404, "There is no such life event";
    /// The case has no such step, offer or member.
    StepNotFound "STEP_NOT_FOUND" => NotFound, 404, "There is no such step";
    /// No such agency is registered, or the endpoint has no lease: register (again).
    AgencyNotFound "AGENCY_NOT_FOUND" => NotFound, 404, "There is no such agency";
    /// There is no such plan.
    PlanNotFound "PLAN_NOT_FOUND" => NotFound, 404, "There is no such plan";
    /// There is no such grant.
    GrantNotFound "GRANT_NOT_FOUND" => NotFound, 404, "There is no such grant";
    /// No resource has this path. `/openapi.json` lists them.
    NoSuchPath "NO_SUCH_PATH" => Unimplemented, 404, "There is nothing at this path";
    /// The path exists, not with this method. The header `Allow` lists those it has.
    MethodNotAllowed "METHOD_NOT_ALLOWED" => Unimplemented, 405, "The method is not allowed here";
    /// The answer cannot be given in a form that the header `Accept` takes.
    NotAcceptable "NOT_ACCEPTABLE" => InvalidArgument, 406, "No acceptable form of the answer";

    /// The request id was used before with other content. `metadata.case` names the case of the first.
    RequestConflict "REQUEST_CONFLICT" => AlreadyExists, 409, "The request id was used with other content";
    /// Somebody changed it in the meantime. Read it and try again.
    EtagMismatch "ETAG_MISMATCH" => Aborted, 409, "It was changed in the meantime";
    /// The case was moved on by others too often while this was decided. Try again.
    CaseBusy "CASE_BUSY" => Aborted, 409, "The case is busy";
    /// The fact is known already; dispute it if it is not right.
    FactKnown "FACT_KNOWN" => FailedPrecondition, 409, "The fact is known already";
    /// The step or offer is not in a state in which this can be done.
    NotNow "NOT_NOW" => FailedPrecondition, 409, "Not possible now";
    /// The case has ended.
    CaseEnded "CASE_ENDED" => FailedPrecondition, 409, "The case has ended";
    /// Nothing of the case can be withdrawn (any more). The detail says why.
    CannotWithdraw "CANNOT_WITHDRAW" => FailedPrecondition, 409, "It cannot be withdrawn";
    /// No plan is published for the life event, or no registered service can bring about one of its outcomes.
    LifeEventNotOpen "LIFE_EVENT_NOT_OPEN" => FailedPrecondition, 409, "The life event cannot be reported now";
    /// The candidate plan is not the one that was reviewed, or does not compile.
    PlanNotPublishable "PLAN_NOT_PUBLISHABLE" => FailedPrecondition, 409, "The plan cannot be published";
    /// The registration contradicts that of another agency: both are competent for the same, or they offer one service under different contracts. The detail names it.
    RegistrationConflict "REGISTRATION_CONFLICT" => FailedPrecondition, 409, "It contradicts another registration";
    /// The agency's descriptors could not be learnt: no server reflection at its endpoint. Send them along.
    DescriptorsUnavailable "DESCRIPTORS_UNAVAILABLE" => FailedPrecondition, 409, "The descriptors could not be learnt";
    /// A limit of the case was reached. The detail names it.
    CaseLimit "CASE_LIMIT" => FailedPrecondition, 409, "A limit of the case is reached";

    /// The message is larger than the gateway takes. The detail says how large it may be.
    BodyTooLarge "BODY_TOO_LARGE" => OutOfRange, 413, "The message is too large";
    /// The headers of the request are larger than the gateway takes, or too many. Send fewer or shorter ones.
    HeadersTooLarge "HEADERS_TOO_LARGE" => OutOfRange, 431, "The headers are too large";
    /// The path and query are longer than the gateway takes. Send what is long in the body.
    PathTooLong "PATH_TOO_LONG" => OutOfRange, 414, "The path is too long";
    /// The body stopped coming, or came too slowly. Nothing was done; send it whole, without pauses.
    BodyTooSlow "BODY_TOO_SLOW" => Cancelled, 408, "The body did not come in time";
    /// The body is of a type that is not read here. Send `application/json`.
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" => InvalidArgument, 415, "The type of the body is not supported";
    /// The request names a host that this gateway is not. Use the address that it listens on.
    ForeignHost "FOREIGN_HOST" => PermissionDenied, 421, "The request is for another host";
    /// The caller sends more than is allowed. Wait as long as `Retry-After` says.
    TooManyRequests "TOO_MANY_REQUESTS" => ResourceExhausted, 429, "Too many requests";

    /// The gateway failed at this. It is logged under the trace of the call; nothing that was accepted is lost.
    Internal "INTERNAL" => Internal, 500, "The gateway failed";
    /// The case's log holds something that this version cannot read. It stands still until a person has looked.
    CaseQuarantined "CASE_QUARANTINED" => DataLoss, 500, "The case cannot be read";
    /// The call is known and cannot be done here.
    Unimplemented "UNIMPLEMENTED" => Unimplemented, 501, "Not available here";
    /// More is under way than the gateway takes. Nothing was stored. Wait as long as `Retry-After` says.
    Overloaded "OVERLOADED" => Unavailable, 503, "The gateway is busy";
    /// The gateway is going down. Nothing was stored. Try again: another one answers.
    ShuttingDown "SHUTTING_DOWN" => Unavailable, 503, "The gateway is going down";
    /// The store cannot be reached. Whether the request was recorded is not known: send it again with the same request id.
    StoreUnavailable "STORE_UNAVAILABLE" => Unavailable, 503, "The case store is not available";
    /// The registry's version could not be confirmed within two seconds. Try again.
    RegistryStale "REGISTRY_STALE" => Unavailable, 503, "The registry is not confirmed";
    /// The call took longer than it may. Whether it was recorded is not known: send it again with the same request id.
    TimedOut "TIMED_OUT" => DeadlineExceeded, 504, "The call took too long";
    /// The caller went away before the answer.
    Cancelled "CANCELLED" => Cancelled, 499, "The caller went away";
}

impl Reason {
    /// The reason of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }

    /// The reason whose problem type ends so: `case-not-found`.
    #[must_use]
    pub fn by_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.slug() == slug)
    }

    /// The name as it stands in a problem type: `case-not-found`.
    #[must_use]
    pub fn slug(self) -> String {
        self.name().to_ascii_lowercase().replace('_', "-")
    }

    /// The problem type: `/problems/case-not-found`.
    #[must_use]
    pub fn problem_type(self) -> String {
        format!("{}{}", super::PROBLEMS, self.slug())
    }

    /// How long to wait before the same call again, where that helps.
    #[must_use]
    pub fn retry(self) -> Option<Duration> {
        match self {
            Self::CaseBusy => Some(Duration::from_millis(200)),
            Self::TooManyRequests | Self::Overloaded | Self::StoreUnavailable | Self::RegistryStale => {
                Some(Duration::from_secs(1))
            }
            Self::ShuttingDown => Some(Duration::from_secs(2)),
            _ => None,
        }
    }

    /// The general reason of a code, for a status that carries no reason of ours.
    #[must_use]
    pub fn of_code(code: Code) -> Self {
        match code {
            Code::InvalidArgument => Self::InvalidRequest,
            Code::NotFound => Self::NotFound,
            Code::AlreadyExists => Self::RequestConflict,
            Code::PermissionDenied => Self::PermissionDenied,
            Code::Unauthenticated => Self::Unauthenticated,
            Code::ResourceExhausted => Self::TooManyRequests,
            Code::FailedPrecondition => Self::NotNow,
            Code::Aborted => Self::CaseBusy,
            Code::OutOfRange => Self::BodyTooLarge,
            Code::Unimplemented => Self::Unimplemented,
            Code::Unavailable => Self::Overloaded,
            Code::DeadlineExceeded => Self::TimedOut,
            Code::Cancelled => Self::Cancelled,
            Code::DataLoss => Self::CaseQuarantined,
            Code::Ok | Code::Unknown | Code::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_are_their_slugs() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::by_name(reason.name()), Some(*reason));
            assert_eq!(Reason::by_slug(&reason.slug()), Some(*reason));
            assert_eq!(reason.slug().replace('-', "_").to_uppercase(), reason.name());
        }
    }

    #[test]
    fn every_reason_has_a_meaning_and_a_status_that_agrees_with_its_code() {
        for reason in Reason::ALL {
            assert!(reason.meaning().ends_with('.'), "{reason:?}: {}", reason.meaning());
            let faults_of_the_server = matches!(
                reason.code(),
                Code::Internal | Code::DataLoss | Code::Unavailable | Code::DeadlineExceeded | Code::Unknown
            );
            let not_here = *reason == Reason::Unimplemented;
            assert_eq!(reason.http() >= 500, faults_of_the_server || not_here, "{reason:?}");
            let waits = matches!(reason.http(), 429 | 503);
            assert!(!waits || reason.retry().is_some(), "{reason:?} says no Retry-After");
        }
    }
}
