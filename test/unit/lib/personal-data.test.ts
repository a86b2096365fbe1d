import fc from "fast-check";
import { expect, test } from "vitest";
import { masked } from "../../../src/lib/personal-data.ts";

// Card numbers are the test numbers of the card companies, IBANs the examples of the registry (ISO 13616), numbers of
// phones those that regulators keep for films.
test.each([
  ["write to jane.doe+shop@example.co.uk please", "write to [email] please"],
  ["JANE_DOE@EXAMPLE.COM", "[email]"],
  ["müller@bücher.example, thanks", "[email], thanks"],
  ["my card 4111 1111 1111 1111 was declined", "my card [card] was declined"],
  ["5555555555554444", "[card]"],
  ["3782-822463-10005", "[card]"],
  ["card 4111 1111 1111 1111 12/27", "card [card]"],
  ["iban DE89 3704 0044 0532 0130 00 please", "iban [iban] please"],
  ["gb29nwbk60161331926819", "[iban]"],
  ["send it to NL91ABNA0417164300, today", "send it to [iban], today"],
  ["call 07700 900123", "call [phone]"],
  ["call +44 (0)20 7946 0018 after six", "call [phone] after six"],
  ["(212) 555-0123", "[phone]"],
  ["my number is 5550123", "my number is [phone]"],
  ["tel:030/23125000", "tel:[phone]"],
  ["it is 4111 1111 1111 1112", "it is [number]"],
  ["DE89370400440532013001", "DE[number]"],
  ["a@example.org and b@example.org, 0171 1234567", "[email] and [email], [phone]"],
])("%s", (text, kept) => {
  expect(masked(text)).toBe(kept);
  expect(masked(kept)).toBe(kept);
});

test.each([
  "where is my parcel??",
  "order AB123456 of 2024-11-30",
  "it came on 30.11.2024 at 10:30",
  "since 3/12/24 14 days",
  "room 404, 3 x 12.50 eur, 100 000",
  "me @ home, foo@bar",
  "a phone with 256 GB and 5000 mAh",
  "",
])("%j stays as it is", (text) => {
  expect(masked(text)).toBe(text);
});

test("no mail address and no long number is left, whatever stands around it", () => {
  const around = fc.string({ maxLength: 30 });
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(around, word, word, fc.stringMatching(/^[1-9]\d{9,14}$/), (text, name, host, digits) => {
      const kept = masked(`${text} ${name}@${host}.example ${text} ${digits} ${text}`);
      expect(kept).not.toContain(`${name}@${host}.example`);
      expect(kept).not.toContain(digits);
      expect(masked(kept)).toBe(kept);
    }),
  );
});
