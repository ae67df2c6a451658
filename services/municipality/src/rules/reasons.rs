//! The reasons that the municipalities give, for people to read.

use agency_kit::ReasonTexts;

/// The reasons that the municipalities give.
pub const REASONS: ReasonTexts = &[
    (
        "already-given",
        "The child was given its gift before.",
        "Het kind heeft zijn geschenk al gekregen.",
        "eli/xz/municipalities/welcome",
    ),
    (
        "register-within-a-year",
        "A newborn is welcomed within a year after the birth.",
        "Een pasgeborene wordt binnen een jaar na de geboorte welkom geheten.",
        "eli/xz/municipalities/welcome",
    ),
    (
        "twins-only",
        "The municipality gives something from the second child of a birth on.",
        "De gemeente geeft iets vanaf het tweede kind van een geboorte.",
        "eli/xz/municipalities/welcome",
    ),
    (
        "habitable",
        "People can live at this address.",
        "Op dit adres kunnen mensen wonen.",
        "eli/xz/act/2008/39/art-9",
    ),
    (
        "no-dwelling",
        "There is no dwelling at this address in this municipality.",
        "Op dit adres is in deze gemeente geen woning.",
        "eli/xz/act/2008/39/art-9",
    ),
    (
        "holiday-home",
        "A holiday home is not for living in all year.",
        "Een vakantiewoning is niet om het hele jaar in te wonen.",
        "eli/xz/act/2008/39/art-9",
    ),
    (
        "moved-within",
        "The person lived in the municipality already.",
        "De persoon woonde al in de gemeente.",
        "eli/xz/act/1992/96/art-2",
    ),
    (
        "address-protected",
        "The address is left out of every list that others see.",
        "Het adres staat in geen lijst die anderen zien.",
        "eli/xz/act/2013/315/art-59",
    ),
    (
        "parking-waiting-list",
        "There is a waiting list for parking permits at this address.",
        "Voor parkeervergunningen op dit adres is er een wachtlijst.",
        "eli/xz/act/1992/96/art-149",
    ),
    (
        "not-a-resident",
        "The municipality does nothing for this person.",
        "De gemeente doet niets voor deze persoon.",
        "eli/xz/act/1992/96/art-2",
    ),
    (
        "harbour-pass-returned",
        "The harbour pass ends as well.",
        "Ook de havenpas vervalt.",
        "eli/xz/act/1992/96/art-149",
    ),
    (
        "prosecutor-has-not-consented",
        "The public prosecutor has to consent first: the doctor is not convinced of a natural cause.",
        "De officier van justitie moet eerst instemmen: de arts is niet overtuigd van een natuurlijke oorzaak.",
        "eli/xz/act/1991/133/art-12",
    ),
    (
        "term-passed",
        "The legal term had passed at the report; two working days after it remain.",
        "De wettelijke termijn was bij de aangifte voorbij; er zijn nog twee werkdagen.",
        "eli/xz/act/1991/133/art-17",
    ),
    (
        "no-permit",
        "There is no unused permit.",
        "Er is geen ongebruikt verlof.",
        "eli/xz/act/1991/133/art-11a",
    ),
];
