/**
 * Colours that are ours are told from those that a name brings by four parameters of this process's own in front of the
 * others: nobody outside can guess them. Four digits each, as the libraries that measure coloured text expect.
 */
const SIGN = Array.from(crypto.getRandomValues(new Uint16Array(4)), (number) => 1000 + (number % 9000)).join(";");

const ESCAPE = String.raw`\u001B\[`;
const COLOUR = new RegExp(String.raw`${ESCAPE}([\d;]*)m`, "g");
/** A colour of ours, one of another's, or what a terminal obeys. */
const OBEYED = new RegExp(
  String.raw`${ESCAPE}${SIGN};([\d;]*m)|${ESCAPE}[\d;]*m|[\p{Cc}\u202A-\u202E\u2066-\u2069]`,
  "gu",
);

/** Colours that `shown` lets pass. @param text nothing of which comes from outside. */
export function signed(text: string): string {
  return text.replaceAll(COLOUR, `\u001B[${SIGN};$1m`);
}

/** A text of any number of lines as a terminal may have it: with colours of ours, and nothing else that it would obey. */
export function shown(text: string): string {
  return text.replaceAll(OBEYED, (found, own?: string) => {
    if (own !== undefined) return `\u001B[${own}`;
    return found === "\n" || found === "\t" ? found : harmlessPart(found);
  });
}

/** A part of one line, which may have colours of ours; they stay signed. */
export function onOneLine(text: string): string {
  return text.replaceAll(OBEYED, (found, own?: string) => (own === undefined ? harmlessPart(found) : found));
}

/** Another's colour is a library's, as a rule: what is left of it would be in the way. */
function harmlessPart(found: string): string {
  return found.length > 1 ? "" : "?";
}
