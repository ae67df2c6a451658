//! The reasons that the register gives, for people to read.

use agency_kit::ReasonTexts;

/// The reasons that the register gives.
pub const REASONS: ReasonTexts = &[
    (
        "not-resident",
        "The mother does not live in a municipality of the Republic, so the child is not registered as a resident.",
        "De moeder woont niet in een gemeente van de Republiek, dus het kind wordt niet als inwoner ingeschreven.",
        "eli/xz/act/2013/315/art-8",
    ),
    (
        "registered-with-mother",
        "The child is registered at the mother's address.",
        "Het kind is ingeschreven op het adres van de moeder.",
        "eli/xz/act/2013/315/art-8",
    ),
    (
        "already-numbered",
        "The child has its number already; what the register holds of it stays as it is.",
        "Het kind heeft zijn nummer al; wat het register ervan heeft blijft zoals het is.",
        "eli/xz/act/2013/315/art-8",
    ),
    (
        "number-kept",
        "The entry is made anew with what is known now; the number stays the same.",
        "De inschrijving wordt opnieuw gedaan met wat nu bekend is; het nummer blijft hetzelfde.",
        "eli/xz/act/2013/315/art-32",
    ),
    (
        "unknown-person",
        "The register does not know this person as a living resident.",
        "Het register kent deze persoon niet als levende inwoner.",
        "eli/xz/act/2013/315/art-21",
    ),
    (
        "moves-blocked",
        "This person has asked that nobody else may report a move for them.",
        "Deze persoon heeft gevraagd dat niemand anders een verhuizing mag melden.",
        "eli/xz/act/2013/315/art-26",
    ),
    (
        "before-birth",
        "The day of the move lies before this person was born.",
        "De dag van de verhuizing ligt voor de geboorte van deze persoon.",
        "eli/xz/act/2013/315/art-21",
    ),
    (
        "no-mandate",
        "The one who reports may not report a move for this person.",
        "Wie het meldt mag geen verhuizing melden voor deze persoon.",
        "eli/xz/act/2013/315/art-26",
    ),
    (
        "too-early",
        "A move can be reported from four weeks before.",
        "Een verhuizing kan vanaf vier weken van tevoren worden gemeld.",
        "eli/xz/act/2013/315/art-21-2",
    ),
    (
        "address-unknown",
        "The register of addresses does not have this dwelling, and no officer has confirmed it.",
        "Het adressenregister heeft deze woning niet, en geen ambtenaar heeft haar bevestigd.",
        "eli/xz/act/2008/39/art-9",
    ),
    (
        "no-consent",
        "The main occupant has not agreed, and no document shows a right to live there.",
        "De hoofdbewoner heeft niet ingestemd, en geen stuk toont een recht om er te wonen.",
        "eli/xz/act/2013/315/art-24",
    ),
    (
        "already-registered",
        "This move is registered already; the entry stays as it is.",
        "Deze verhuizing is al ingeschreven; de inschrijving blijft zoals ze is.",
        "eli/xz/act/2013/315/art-21",
    ),
    (
        "already-there",
        "This person is registered at this address already.",
        "Deze persoon staat al op dit adres ingeschreven.",
        "eli/xz/act/2013/315/art-21",
    ),
    (
        "late-report",
        "The move was reported more than five days after it: the day of receipt counts.",
        "De verhuizing is meer dan vijf dagen erna gemeld: de dag van ontvangst telt.",
        "eli/xz/act/2013/315/art-21-2",
    ),
    (
        "protection-kept",
        "The address stays secret.",
        "Het adres blijft geheim.",
        "eli/xz/act/2013/315/art-59",
    ),
    (
        "no-valid-entry",
        "There is no valid entry to correct.",
        "Er is geen geldige inschrijving om te verbeteren.",
        "eli/xz/act/2013/315/art-32",
    ),
    (
        "already-entered",
        "The death is entered already.",
        "Het overlijden is al ingeschreven.",
        "eli/xz/act/2013/315/art-14",
    ),
];
