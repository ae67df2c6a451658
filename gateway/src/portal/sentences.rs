//! Loket's own sentences to citizens, each in every language that it speaks. All of them are here.
//!
//! `{…}` is filled in. A sentence says what happens, who is waited for and what the reader can do; never a status code.

use super::language::Tongue;

/// Declares the sentences: name, English, Dutch.
macro_rules! sentences {
    ($($name:ident: $en:literal, $nl:literal;)+) => {
        /// A sentence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is its own text, below")]
        pub enum Sentence { $($name,)+ }

        impl Sentence {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The sentence with its gaps.
            #[must_use]
            pub fn template(self, tongue: Tongue) -> &'static str {
                match (self, tongue) {
                    $((Self::$name, Tongue::En) => $en, (Self::$name, Tongue::Nl) => $nl,)+
                }
            }
        }
    };
}

sentences! {
    // Steps.
    Later: "Comes later.", "Komt later.";
    After: "Comes after {steps}.", "Komt na {steps}.";
    YouMustAnswer: "Waits for your answer to: {questions}.", "Wacht op uw antwoord op: {questions}.";
    YouMustAct: "Waits for you.", "Wacht op u.";
    YouMayAccept: "It is offered to you: you can accept or decline.", "Het wordt u aangeboden: u kunt het aannemen of afwijzen.";
    WaitsForParty: "Waits for another person: {party}.", "Wacht op iemand anders: {party}.";
    WaitsForAgency: "Waits for {agency}.", "Wacht op {agency}.";
    WaitsForOperators: "Somebody of the counter has to look at this.", "Iemand van het loket moet hiernaar kijken.";
    WaitsForOfficer: "Somebody of {agency} has to look at this.", "Iemand van {agency} moet hiernaar kijken.";
    Unavailable: "{agency} cannot be reached at the moment. It is tried again by itself.", "{agency} is nu niet bereikbaar. Het wordt vanzelf opnieuw geprobeerd.";
    Overloaded: "{agency} is busy at the moment. It is tried again by itself.", "{agency} heeft het nu druk. Het wordt vanzelf opnieuw geprobeerd.";
    NotConnected: "{agency} is not connected at the moment. It is asked as soon as it is.", "{agency} is nu niet aangesloten. Het wordt gevraagd zodra dat weer zo is.";
    OutOfDate: "What {agency} was told is out of date. The source is asked again.", "Wat {agency} kreeg is verouderd. De bron wordt opnieuw gevraagd.";
    NoAgency: "No agency is known that may do this. The operators can see this.", "Er is geen instantie bekend die dit mag doen. De beheerders kunnen dit zien.";
    SeveralAgencies: "Several agencies say that this is theirs: {agencies}. They have to agree.", "Meer dan één instantie zegt dat dit van haar is: {agencies}. Zij moeten het eens worden.";
    ContractChanged: "{agency} has changed its service. The operators can see this.", "{agency} heeft haar dienst veranderd. De beheerders kunnen dit zien.";
    ServiceWithdrawn: "{agency} does not offer this any more. The operators can see this.", "{agency} biedt dit niet meer aan. De beheerders kunnen dit zien.";
    PlanRevoked: "The rules for this were revoked. It goes on once there are new ones.", "De regels hiervoor zijn ingetrokken. Het gaat verder zodra er nieuwe zijn.";
    NoGrant: "{from} does not let {to} have this: {fact}.", "{from} laat {to} dit niet krijgen: {fact}.";
    WaitsForOptional: "Waits a while for: {facts}.", "Wacht een poosje op: {facts}.";
    WaitsForFact: "Waits for: {fact}.", "Wacht op: {fact}.";
    BeingAsked: "{agency} is being asked.", "{agency} wordt gevraagd.";
    InProgress: "{agency} is working on it.", "{agency} is ermee bezig.";
    InDoubt: "It is not sure whether {agency} has done it. It is being found out.", "Het is niet zeker of {agency} het heeft gedaan. Dat wordt uitgezocht.";
    Done: "Done.", "Gedaan.";
    Granted: "{agency} has granted it.", "{agency} heeft het toegekend.";
    PartlyGranted: "{agency} has granted it in part.", "{agency} heeft het deels toegekend.";
    LawDoesNotApply: "{agency} finds that the law does not apply here.", "{agency} vindt dat de wet hier niet geldt.";
    Refused: "{agency} has refused it.", "{agency} heeft het geweigerd.";
    RefusedBecause: "{agency} has refused it: {reasons}", "{agency} heeft het geweigerd: {reasons}";
    DoesNotApply: "Does not apply.", "Is niet van toepassing.";
    DoesNotApplyBecause: "Does not apply, because of: {facts}.", "Is niet van toepassing, vanwege: {facts}.";
    Lacks: "Cannot be done without: {fact}.", "Kan niet zonder: {fact}.";
    NobodyOf: "There is nobody or nothing it would be for: {role}.", "Er is niemand of niets waarvoor het zou zijn: {role}.";
    GivenAlready: "Not needed: {service} has settled it.", "Niet nodig: {service} heeft het geregeld.";
    Declined: "The offer was declined.", "Het aanbod is afgewezen.";
    Lapsed: "The offer was not answered in time.", "Het aanbod is niet op tijd beantwoord.";
    Informed: "For your information: this exists, and you can use it.", "Ter informatie: dit bestaat, en u kunt er gebruik van maken.";
    NotBegun: "The case was withdrawn before this began.", "De zaak is ingetrokken voordat dit begon.";
    PersonDecided: "A person decided that this is not done: {reason}", "Een mens heeft besloten dat dit niet gebeurt: {reason}";
    BeingUndone: "Is being undone.", "Wordt ongedaan gemaakt.";
    Undone: "Undone.", "Ongedaan gemaakt.";
    Withdrawn: "Withdrawn.", "Ingetrokken.";
    Corrected: "Undone: the register was corrected.", "Ongedaan gemaakt: het register is verbeterd.";
    Revoked: "Undone: the decision was revoked.", "Ongedaan gemaakt: het besluit is ingetrokken.";
    StandsDuty: "Stays as it is: what has been reported stays reported.", "Blijft staan: wat gemeld is, blijft gemeld.";
    StandsNoReversal: "Stays as it is: it cannot be undone here.", "Blijft staan: dit kan hier niet ongedaan worden gemaakt.";
    StandsRefused: "Stays as it is: {agency} has refused to undo it.", "Blijft staan: {agency} heeft geweigerd het ongedaan te maken.";
    StandsInDoubt: "Stays as it is for now: somebody finds out whether it was done.", "Blijft voorlopig staan: iemand zoekt uit of het is gedaan.";
    // Questions.
    SaidUnknown: "You said that you do not know. Perhaps you do now.", "U gaf aan het niet te weten. Misschien weet u het nu wel.";
    YoursIsDisputed: "Something else was said of it too. Say what is right.", "Er is ook iets anders over gezegd. Zeg wat klopt.";
    GiverSaysAbsent: "{agency} has nothing about this.", "{agency} weet hier niets over.";
    GiverGone: "It does not come from {agency}, as it usually does.", "Het komt niet van {agency}, zoals gewoonlijk.";
    // Who is waited for.
    You: "you", "u";
    AnotherParty: "another party", "een andere betrokkene";
    TheOperators: "the operators", "de beheerders";
    // The case as a whole.
    CaseCompleted: "Everything is settled.", "Alles is geregeld.";
    CaseCompletedWithRefusals: "Everything is decided. Not everything was granted: see the steps.", "Over alles is besloten. Niet alles is toegekend: zie de stappen.";
    CaseWithdrawing: "The case is being withdrawn. {done} of {all} steps are undone or stand.", "De zaak wordt ingetrokken. {done} van {all} stappen zijn ongedaan gemaakt of blijven staan.";
    CaseWithdrawn: "The case was withdrawn.", "De zaak is ingetrokken.";
    CaseWithdrawnWithRest: "The case was withdrawn. Some steps stand: see what you can do about them.", "De zaak is ingetrokken. Sommige stappen blijven staan: zie wat u eraan kunt doen.";
    CaseNeedsPerson: "Somebody of the counter has to look at this case.", "Iemand van het loket moet naar deze zaak kijken.";
    CaseOpen: "{done} of {all} steps are settled.", "{done} van {all} stappen zijn afgerond.";
    CaseReported: "Your report was received and joined a case that there was already. You see more of it once somebody in it, or a register, names you.", "Uw melding is ontvangen en hoort bij een zaak die er al was. U ziet er meer van zodra iemand in die zaak, of een register, u noemt.";
    CaseAsksYou: "You are asked something: {questions}.", "U wordt iets gevraagd: {questions}.";
    CaseJoined: "This is the same as case {other}, which goes on with what was reported here.", "Dit is dezelfde zaak als {other}, die verdergaat met wat hier gemeld is.";
    CaseOffersYou: "You are offered: {services}.", "U wordt aangeboden: {services}.";
    CaseWaitsFor: "Waits for {who} since {since}: {service}.", "Wacht op {who} sinds {since}: {service}.";
    CaseWaitsPlain: "Waits for {who}: {service}.", "Wacht op {who}: {service}.";
    DisputeWaits: "This is said not to be right: {fact}. Whoever said it has to say what holds.", "Dit zou niet kloppen: {fact}. Wie het zei moet zeggen wat geldt.";
    DisputeWaitsPlain: "Something in this case is said not to be right. Whoever said it has to say what holds.", "Iets in deze zaak zou niet kloppen. Wie het zei moet zeggen wat geldt.";
    MemberWaits: "Somebody of the counter has to say who is meant: {role}.", "Iemand van het loket moet zeggen wie bedoeld is: {role}.";
    ClaimWaits: "Receipt {receipt}: somebody says that they are {role}, and nobody bears it out. Somebody of the counter has to say whether it is so.", "Ontvangstbewijs {receipt}: iemand zegt {role} te zijn, en niemand bevestigt het. Iemand van het loket moet zeggen of het zo is.";
    SamenessWaits: "Somebody of the counter has to say whether this is the same as another case.", "Iemand van het loket moet zeggen of dit dezelfde zaak is als een andere.";
    // Previews.
    Applies: "Applies.", "Is van toepassing.";
    AppliesBecause: "Applies, because of: {facts}.", "Is van toepassing, vanwege: {facts}.";
    Depends: "Depends on: {facts}.", "Hangt af van: {facts}.";
    NeedsWhatDoesNotCome: "Does not apply, because this does not come: {fact}.", "Is niet van toepassing, omdat dit er niet komt: {fact}.";
    // What happened.
    ChangeOpened: "The case was opened.", "De zaak is geopend.";
    ChangeReported: "Your report was received.", "Uw melding is ontvangen.";
    ChangeReportedByOther: "Somebody else reported the same.", "Iemand anders heeft hetzelfde gemeld.";
    ChangeMember: "{role} was mentioned.", "{role} is genoemd.";
    ChangeMemberUnmatched: "It is not sure who is meant: {role}. A person decides.", "Het is niet zeker wie bedoeld is: {role}. Een mens beslist.";
    ChangeMemberMatched: "A person decided who was meant: {role}.", "Een mens heeft besloten wie bedoeld is: {role}.";
    ChangeGroupClosed: "All are known: {role}.", "Iedereen is bekend: {role}.";
    ChangeLearnt: "Learnt: {fact}, from {source}.", "Bekend geworden: {fact}, van {source}.";
    ChangeRetracted: "No longer holds: {fact}.", "Geldt niet meer: {fact}.";
    ChangeDisputed: "Said not to be right: {fact}.", "Zou niet kloppen: {fact}.";
    ChangeDisputeSettled: "Its source says that it is right: {fact}.", "De bron zegt dat het klopt: {fact}.";
    ChangePlanMoved: "The case goes on under new rules.", "De zaak gaat verder onder nieuwe regels.";
    ChangePerhapsSame: "This may be the same as another case. A person decides.", "Dit is misschien dezelfde als een andere zaak. Een mens beslist.";
    ChangePartClaimed: "Somebody reported this as well, in the part of: {role}. Nobody names them for it, so they see nothing of the case.", "Iemand heeft dit ook gemeld, in de rol van: {role}. Niemand noemt die persoon daarvoor, dus die ziet niets van de zaak.";
    ChangeClaimDismissed: "It was decided that a reporter does not play the part that they claimed.", "Er is besloten dat een melder niet de rol heeft die die zei te hebben.";
    ChangeClaimUpheld: "Whoever reported this as well was named for their part, and plays it from now on.", "Wie dit ook meldde is voor die rol genoemd, en heeft die vanaf nu.";
    ChangeResembledBy: "Case {other}, opened later, may be the same. A person decides there.", "Zaak {other}, later geopend, is misschien dezelfde. Een mens beslist daar.";
    ChangeFoundSame: "A person decided that this is the same as case {other}, which is given what was reported here.", "Een mens heeft besloten dat dit dezelfde zaak is als {other}, die krijgt wat hier gemeld is.";
    ChangeNotJoined: "The other case cannot take what was reported here: {reason}. A person decides anew.", "De andere zaak kan niet overnemen wat hier gemeld is: {reason}. Een mens beslist opnieuw.";
    ChangeTookUp: "Case {other} was found to be the same: what was reported there follows.", "Zaak {other} bleek dezelfde: wat daar gemeld is volgt.";
    ChangeNotTheSame: "A person decided that this is a case of its own.", "Een mens heeft besloten dat dit een eigen zaak is.";
    ChangeReached: "Reached: {outcome}.", "Bereikt: {outcome}.";
    ChangeNotReached: "Decided otherwise: {outcome}.", "Anders besloten: {outcome}.";
    ChangeWithdrawalAsked: "Withdrawal was asked for.", "Er is om intrekking gevraagd.";
    ChangeReopened: "Looked at again, because something it depends on changed.", "Wordt opnieuw bekeken, omdat er iets is veranderd waar het van afhangt.";
    ChangeTerm: "Has to be decided by {date}.", "Moet besloten zijn op {date}.";
    ChangeAgencyChosen: "{agency} is the agency for this.", "{agency} is de instantie hiervoor.";
    ChangeNotCompetent: "{agency} says that this is not its own.", "{agency} zegt dat dit niet van haar is.";
    ChangeCalled: "{agency} was asked, and was told: {facts}.", "{agency} is gevraagd, en kreeg: {facts}.";
    ChangeCalledPlain: "{agency} was asked.", "{agency} is gevraagd.";
    ChangeAccepted: "The offer was accepted.", "Het aanbod is aangenomen.";
    ChangeResumed: "Goes on.", "Gaat verder.";
    ChangeFoundNotDone: "It was found out that nothing had been done.", "Er is uitgezocht dat er niets was gedaan.";
}

impl Sentence {
    /// The sentence with its gaps filled in.
    #[must_use]
    pub fn say(self, tongue: Tongue, gaps: &[(&str, &str)]) -> String {
        let template = self.template(tongue);
        let mut said = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            let Some((name, after)) = after.split_once('}') else { break };
            said.push_str(gaps.iter().find(|(gap, _)| *gap == name).map_or("", |(_, text)| text));
            rest = after;
        }
        said.push_str(rest);
        said
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn gaps(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|piece| piece.split('}').next()).collect()
    }

    #[test]
    fn every_sentence_has_the_same_gaps_in_every_language() {
        for sentence in Sentence::ALL {
            let (en, nl) = (sentence.template(Tongue::En), sentence.template(Tongue::Nl));
            assert_eq!(gaps(en), gaps(nl), "{sentence:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_as_a_gap() {
        let said = Sentence::CaseWaitsFor
            .say(Tongue::En, &[("who", "{since}"), ("since", "today"), ("service", "x")]);
        assert_eq!(said, "Waits for {since} since today: x.");
    }
}
