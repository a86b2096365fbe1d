/** Signs by which words of personal data are found; what is taken out is named in its place. */
const MAIL = /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
/** Of two letters, two digits, and as many letters and digits as its country has; looked at more closely. */
const IBAN = /(?<![\p{L}\p{N}])([a-z]{2})\d{2}(?:[ -]?[a-z0-9]){11,31}/giu;
/** Seven digits or more with what people put between them. */
const DIGITS = /(?<!\p{Nd})(?:\+|\(\+?)?\p{Nd}(?:[\s()./\u2010-\u2015-]{0,3}\p{Nd}){6,}/gu;
const DATE = /^(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?:\s\d{1,2})?$/;
const LETTER = /\p{L}/u;

/** ISO 13616: characters of an IBAN by its country. */
const IBAN_LENGTHS = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 " +
    "FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 " +
    "LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 " +
    "RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
);

/** Past the longest phone number (E.164). */
const PHONE_DIGITS = 15;
const CARD_DIGITS = { least: 13, most: 19 } as const;
/** A name with digits behind it (AB1234567) is an order, a part, a flight; with so many it is an account. */
const DIGITS_BEHIND_LETTERS = 10;

/**
 * Takes mail addresses, IBANs (by their checksum), card numbers (by Luhn's) and phone numbers out of a text: whatever has
 * seven digits or more and is no date. A help for those who keep texts, and no promise: names, addresses and what is
 * written in words stay. In time that is linear in the text; masked texts stay as they are.
 */
export function masked(text: string): string {
  const withoutMail = text.includes("@") ? text.replaceAll(MAIL, "[email]") : text;
  if (!/\p{Nd}/u.test(withoutMail)) return withoutMail;
  return withoutMail.replaceAll(IBAN, maskedIban).replaceAll(DIGITS, maskedDigits);
}

/** What is found may run on into the next word: as many characters count as the country's have. */
function maskedIban(found: string, country: string): string {
  const length = IBAN_LENGTHS.get(country.toUpperCase());
  if (length === undefined) return found;
  let end = 0;
  let plain = "";
  while (plain.length < length && end < found.length) {
    const sign = found[end++] ?? "";
    if (sign !== " " && sign !== "-") plain += sign;
  }
  if (plain.length < length || !isIban(plain.toUpperCase())) return found;
  return `[iban]${found.slice(end)}`;
}

/** ISO 7064, mod 97-10. */
function isIban(plain: string): boolean {
  let rest = 0;
  for (const sign of plain.slice(4) + plain.slice(0, 4)) {
    const value = parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

function maskedDigits(found: string, at: number, whole: string): string {
  const count = found.match(/\p{Nd}/gu)?.length ?? 0;
  if (DATE.test(found)) return found;
  if (LETTER.test(whole[at - 1] ?? "") && count < DIGITS_BEHIND_LETTERS) return found;
  if (hasCard(found)) return "[card]";
  return count > PHONE_DIGITS ? "[number]" : "[phone]";
}

/** Also where something else stands beside it, such as the month until which it is good. */
function hasCard(found: string): boolean {
  const groups = found.match(/\d+/g) ?? [];
  return groups.some((_, first) => {
    let digits = "";
    for (const group of groups.slice(first)) {
      digits += group;
      if (digits.length > CARD_DIGITS.most) return false;
      if (digits.length >= CARD_DIGITS.least && passesLuhn(digits)) return true;
    }
    return false;
  });
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
