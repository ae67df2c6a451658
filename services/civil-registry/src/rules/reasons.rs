//! The reasons that the registry gives, for people to read.

use agency_kit::ReasonTexts;

/// The reasons that the registry gives.
pub const REASONS: ReasonTexts = &[
    (
        "certificate-unreadable",
        "The certificate of the marriage cannot be read. Send a scan of the whole document.",
        "De huwelijksakte is niet leesbaar. Stuur een scan van het hele document.",
        "eli/xz/act/2011/272/art-31",
    ),
    (
        "date-impossible",
        "The marriage cannot have been concluded on the date that was given.",
        "Het huwelijk kan niet op de opgegeven datum zijn gesloten.",
        "eli/xz/act/2011/272/art-31",
    ),
    (
        "concluded-here",
        "The marriage was concluded in the Republic: its own register decides.",
        "Het huwelijk is in de Republiek gesloten: het eigen register beslist.",
        "eli/xz/act/2011/272/art-30",
    ),
    (
        "married-to-mother",
        "The second parent is married to the mother or is her registered partner.",
        "De tweede ouder is met de moeder gehuwd of is haar geregistreerde partner.",
        "eli/xz/act/1992/101/art-199",
    ),
    (
        "acknowledged",
        "The second parent has acknowledged the child.",
        "De tweede ouder heeft het kind erkend.",
        "eli/xz/act/1992/101/art-203",
    ),
    (
        "not-acknowledged",
        "The second parent is not married to the mother and has not acknowledged the child. That can still be done.",
        "De tweede ouder is niet met de moeder gehuwd en heeft het kind niet erkend. Dat kan nog steeds.",
        "eli/xz/act/1992/101/art-203",
    ),
    (
        "unidentified",
        "It is not known who the second parent is: a number, or a family name with a date of birth, is needed.",
        "Het is niet bekend wie de tweede ouder is: een nummer, of een achternaam met geboortedatum, is nodig.",
        "eli/xz/act/1992/101/art-203",
    ),
    (
        "date-in-future",
        "The date lies in the future.",
        "De datum ligt in de toekomst.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "date-incomplete",
        "The day of birth is needed for a record.",
        "De dag van geboorte is nodig voor een akte.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "dates-contradict",
        "The child's own date of birth does not fit the date of the birth.",
        "De eigen geboortedatum van het kind past niet bij de datum van de geboorte.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "already-registered",
        "There is a valid record of this already.",
        "Hiervan is er al een geldige akte.",
        "eli/xz/act/1992/101/art-20",
    ),
    (
        "other-names",
        "The record has other names. Report the names that it has, or have it corrected.",
        "De akte noemt andere namen. Meld de namen die erin staan, of laat de akte verbeteren.",
        "eli/xz/act/1992/101/art-20",
    ),
    (
        "other-parents",
        "The record has other parents. Report the parents that it has, or have it corrected.",
        "De akte noemt andere ouders. Meld de ouders die erin staan, of laat de akte verbeteren.",
        "eli/xz/act/1992/101/art-20",
    ),
    (
        "record-differs",
        "The record says otherwise when, where or how it happened. Report what it says, or have it corrected.",
        "De akte zegt iets anders over wanneer, waar of hoe het gebeurde. Meld wat erin staat, of laat de akte verbeteren.",
        "eli/xz/act/1992/101/art-20",
    ),
    (
        "name-not-in-record",
        "The record has no given names. Those that were reported now are added by a correction.",
        "De akte heeft geen voornamen. De namen die nu zijn gemeld worden met een verbetering toegevoegd.",
        "eli/xz/act/1992/101/art-4",
    ),
    (
        "notice-invalid",
        "The birth notice is none of a hospital or midwife.",
        "Het geboortebericht is niet van een ziekenhuis of verloskundige.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "name-pending",
        "No name was given yet. It has to be given within three months after the birth.",
        "Er is nog geen naam gegeven. Dat moet binnen drie maanden na de geboorte.",
        "eli/xz/act/1992/101/art-4",
    ),
    (
        "name-refused",
        "The given names cannot be recorded: they contain a digit or are too long.",
        "De voornamen kunnen niet worden opgenomen: ze bevatten een cijfer of zijn te lang.",
        "eli/xz/act/1992/101/art-4",
    ),
    (
        "late-report",
        "The report came after the legal term.",
        "De aangifte kwam na de wettelijke termijn.",
        "eli/xz/act/1992/101/art-19e",
    ),
    (
        "one-parent",
        "The record names the mother alone.",
        "De akte noemt alleen de moeder.",
        "eli/xz/act/1992/101/art-198",
    ),
    (
        "no-valid-record",
        "There is no valid record to correct.",
        "Er is geen geldige akte om te verbeteren.",
        "eli/xz/act/1992/101/art-24",
    ),
    (
        "mother-died-before",
        "According to the register of deaths the mother died before the child was born.",
        "Volgens het overlijdensregister is de moeder overleden voordat het kind werd geboren.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "before-birth",
        "The date of death lies before the date of birth.",
        "De datum van overlijden ligt voor de geboortedatum.",
        "eli/xz/act/1992/101/art-19g",
    ),
    (
        "certificate-invalid",
        "The certificate of the doctor is none.",
        "De verklaring van de arts is niet geldig.",
        "eli/xz/act/1991/133/art-7",
    ),
    (
        "prosecutor-consents-first",
        "The public prosecutor was informed and has to consent before the burial.",
        "De officier van justitie is ingelicht en moet instemmen voor de uitvaart.",
        "eli/xz/act/1991/133/art-10",
    ),
    (
        "court-order-needed",
        "It happened more than two years ago: the court has to order the record.",
        "Het is meer dan twee jaar geleden: de rechter moet de akte gelasten.",
        "eli/xz/act/1992/101/art-26",
    ),
    (
        "mother-implausible",
        "The mother's date of birth does not fit the date of this birth.",
        "De geboortedatum van de moeder past niet bij de datum van deze geboorte.",
        "eli/xz/act/1992/101/art-19",
    ),
    (
        "parents-identical",
        "The mother and the second parent are the same person.",
        "De moeder en de tweede ouder zijn dezelfde persoon.",
        "eli/xz/act/1992/101/art-198",
    ),
    (
        "guardian-needed",
        "The mother is a minor: the guardianship court decides who has authority over the child.",
        "De moeder is minderjarig: de kantonrechter beslist wie het gezag over het kind heeft.",
        "eli/xz/act/1992/101/art-246",
    ),
    (
        "widowed-of-parent",
        "The second parent was married to the mother and died less than 307 days before.",
        "De tweede ouder was met de moeder gehuwd en is minder dan 307 dagen geleden overleden.",
        "eli/xz/act/1992/101/art-199",
    ),
    (
        "two-parents-already",
        "The child has two parents already: the mother and the one she is married to.",
        "Het kind heeft al twee ouders: de moeder en met wie zij gehuwd is.",
        "eli/xz/act/1992/101/art-204",
    ),
    (
        "too-young-to-acknowledge",
        "Somebody under sixteen cannot acknowledge a child.",
        "Wie jonger is dan zestien kan geen kind erkennen.",
        "eli/xz/act/1992/101/art-204",
    ),
];
