import type { Line } from "../../record.ts";

export function line(what: string, measured: Line["measured"], target: string, pass: boolean): Line {
  return { what, measured, target, pass };
}

export function record(what: string, measured: Line["measured"]): Line {
  return { what, measured, target: "for the record", pass: true };
}
