//! The reasons that the tax office gives.

use agency_kit::ReasonTexts;

/// Code, English, Dutch, article.
pub const REASONS: ReasonTexts = &[
    (
        "no-known-parent",
        "The tax office keeps no books of any parent given.",
        "Geen van de opgegeven ouders is bij de belastingdienst bekend.",
        "eli/xz/act/2005/344/art-16",
    ),
    (
        "income-too-high",
        "The income is above the limit.",
        "Het inkomen is hoger dan de grens.",
        "eli/xz/act/2005/344/art-17",
    ),
    (
        "income-reduced",
        "The amount is reduced because of the income.",
        "Het bedrag is lager vanwege het inkomen.",
        "eli/xz/act/2005/344/art-17-2",
    ),
    (
        "single-parent",
        "A parent who gets it alone gets more.",
        "Een alleenstaande ouder krijgt meer.",
        "eli/xz/act/2005/344/art-16-6",
    ),
    (
        "already-granted",
        "Child budget is paid for this child already; that decision stands.",
        "Voor dit kind wordt al kindgebonden budget betaald; dat besluit blijft staan.",
        "eli/xz/act/2005/344/art-16",
    ),
    ("nothing-granted", "Nothing had been granted.", "Er was niets toegekend.", "eli/xz/act/2005/344/art-21"),
    (
        "apply-yourself",
        "You apply for this yourself, within three months after the childcare began.",
        "U vraagt dit zelf aan, binnen drie maanden na het begin van de opvang.",
        "eli/xz/act/2004/455/art-1-5",
    ),
    (
        "file-yourself",
        "The heirs file this return themselves, within eight months after the death.",
        "De erfgenamen doen deze aangifte zelf, binnen acht maanden na het overlijden.",
        "eli/xz/act/1956/362/art-45",
    ),
    (
        "no-books",
        "The tax office keeps no books of this person.",
        "Deze persoon is bij de belastingdienst niet bekend.",
        "eli/xz/act/1959/301/art-2",
    ),
    (
        "no-rent-allowance",
        "There is no rent allowance, and the income is above the limit for one.",
        "Er is geen huurtoeslag en het inkomen is er te hoog voor.",
        "eli/xz/act/1997/213/art-14",
    ),
    ("no-application", "There was no application.", "Er was geen aanvraag.", "eli/xz/act/1997/213/art-16"),
    (
        "no-allowances",
        "The person gets no allowances.",
        "Deze persoon krijgt geen toeslagen.",
        "eli/xz/act/2005/344/art-9",
    ),
    (
        "recalculated",
        "The allowances are calculated anew, without the income of those who left.",
        "De toeslagen zijn opnieuw berekend, zonder het inkomen van wie vertrok.",
        "eli/xz/act/2005/344/art-9",
    ),
    (
        "partner-ended",
        "The joint entitlement with the partner ends.",
        "Het gezamenlijke recht met de partner eindigt.",
        "eli/xz/act/2005/344/art-3",
    ),
    (
        "overpaid",
        "Allowances were paid for days after the last month of entitlement; the estate pays them back.",
        "Er zijn toeslagen betaald voor dagen na de laatste maand; de nalatenschap betaalt die terug.",
        "eli/xz/act/2005/344/art-26",
    ),
    (
        "not-stopped",
        "The allowances had not stopped.",
        "De toeslagen waren niet gestopt.",
        "eli/xz/act/2005/344/art-23",
    ),
];
