import { Help } from "@oclif/core/help";
import { signed } from "../terminal-text.ts";

/** oclif's help, whose headings are bold on a terminal: its words are all our own. */
export default class OwnHelp extends Help {
  protected override log(...lines: string[]): void {
    super.log(...lines.map(signed));
  }
}
