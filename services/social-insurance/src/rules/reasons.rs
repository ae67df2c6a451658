//! The reasons that social insurance gives.

use agency_kit::ReasonTexts;

/// Code, English, Dutch, article.
pub const REASONS: ReasonTexts = &[
    (
        "not-insured",
        "None of the parents is insured.",
        "Geen van de ouders is verzekerd.",
        "eli/xz/act/1962/160/art-6",
    ),
    ("account-invalid", "The account is no IBAN.", "De rekening is geen IBAN.", "eli/xz/act/1962/160/art-19"),
    (
        "retroactive-limit",
        "Child benefit is paid back to one year before the application at most.",
        "Kinderbijslag wordt hoogstens tot een jaar voor de aanvraag nabetaald.",
        "eli/xz/act/1962/160/art-14-3",
    ),
    (
        "second-child-or-later",
        "From the second child on the amount is higher.",
        "Vanaf het tweede kind is het bedrag hoger.",
        "eli/xz/act/1962/160/art-12",
    ),
    (
        "already-granted",
        "Child benefit is paid for this child already; that decision stands.",
        "Voor dit kind wordt al kinderbijslag betaald; dat besluit blijft staan.",
        "eli/xz/act/1962/160/art-7",
    ),
    ("nothing-granted", "Nothing had been granted.", "Er was niets toegekend.", "eli/xz/act/1962/160/art-15"),
    (
        "no-file",
        "There is no file of this person.",
        "Er is geen dossier van deze persoon.",
        "eli/xz/act/1998/77/art-9",
    ),
    (
        "no-pension",
        "The person got no state pension.",
        "Deze persoon kreeg geen staatspensioen.",
        "eli/xz/act/1956/281/art-18",
    ),
    (
        "overpaid",
        "Pension was paid for days after the death; the estate pays it back.",
        "Er is pensioen betaald voor dagen na het overlijden; de nalatenschap betaalt dat terug.",
        "eli/xz/act/1956/281/art-24",
    ),
    (
        "not-stopped",
        "The pension had not stopped.",
        "Het pensioen was niet gestopt.",
        "eli/xz/act/1956/281/art-19",
    ),
    (
        "deceased-not-insured",
        "The person who died was not insured on the day of death.",
        "De overledene was op de dag van overlijden niet verzekerd.",
        "eli/xz/act/1996/255/art-13",
    ),
    (
        "pension-age",
        "You have reached pension age and get the state pension instead.",
        "U hebt de pensioenleeftijd en krijgt staatspensioen.",
        "eli/xz/act/1996/255/art-16",
    ),
    (
        "no-ground",
        "There is no child under 18, no incapacity for work and no date of birth before 1950.",
        "Er is geen kind onder 18, geen arbeidsongeschiktheid en geen geboortedatum voor 1950.",
        "eli/xz/act/1996/255/art-14",
    ),
    (
        "income-reduced",
        "Two thirds of the income from work above 1,000 euros a month are deducted.",
        "Twee derde van het inkomen uit werk boven 1.000 euro per maand wordt afgetrokken.",
        "eli/xz/act/1996/255/art-18",
    ),
    (
        "income-too-high",
        "The income from work leaves nothing of the benefit.",
        "Door het inkomen uit werk blijft er niets van de uitkering over.",
        "eli/xz/act/1996/255/art-18",
    ),
];
