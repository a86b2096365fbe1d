/** What a terminal obeys and no name needs: control characters (C0, DEL, C1) and turns of direction. */
const OBEYED = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/** What came from outside, in any script and on one line, without what a terminal would obey. Its length stays. */
export function harmless(text: string): string {
  return text.replaceAll(OBEYED, "?");
}

/** What JSON.stringify leaves as it is. */
const UNESCAPED = /[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** A JSON text with the same meaning, in which nothing stands that a terminal would obey. */
export function harmlessJson(json: string): string {
  return json.replaceAll(UNESCAPED, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON for whoever reads our output: a program, or a terminal. */
export function jsonText(value: unknown, indent?: number): string {
  return harmlessJson(JSON.stringify(value, null, indent));
}
