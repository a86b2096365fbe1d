import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { wrapWords } from "../words.ts";

const HELP: readonly (readonly [string, string])[] = [
  ["q", "quit; Ctrl-C does too"],
  ["p", "pause: the screen stands still, and goes on with p"],
  ["up, down", "select the model or a process; enter: all about it, and back"],
  ["s", "sort workers: slot, memory, CPU, users, requests, uptime"],
  ["/", "filter processes, decisions and log; esc clears it"],
  ["l", "the log beside it, or below where the screen is narrow"],
  ["d", "all decisions about memory that are known here, and back"],
  ["r", "replace every worker, one after another; no request is lost"],
  ["u", "unload the model, or of several the selected one: every worker ends; the next text loads it again"],
  ["L, P", "of several models: load the selected one; pin it, or let it go again"],
  ["c", "force cleanup: empty the in-memory cache and end every worker in turn"],
  [
    "h",
    "back in time, and back to now: left and right a minute, < and > an hour, PgUp and PgDn a day, Home the first, End the last; n and N the next decision and the one before; g a time; + and - what the time line covers",
  ],
  ["", ""],
  ["memory", "what can't be given out, of the limit; the marks are the four levels' thresholds"],
  ["steal", "time that the hypervisor gave to others; from 5% on it makes everything late"],
  ["pressure", "share of the last 10 s in which some / all tasks waited"],
  ["p50, p99", "of all calls answered in the last 5 to 10 s, from cache or model"],
  ["hit", "of the texts looked up: those that a cache answered"],
  ["users", "distinct users that a worker has answered for, of those after which it is replaced"],
  ["next", "the limit that a worker reaches first if it goes on as since its start"],
  [
    "trends",
    "the last five minutes; each stroke is the highest figure of its stretch, and the highest is what it says",
  ],
];

const NAME_WIDTH = 10;

export function helpLines(width: number): Line[] {
  return HELP.flatMap(([name, words]) =>
    wrapWords(words, width - NAME_WIDTH).map((text, index) => [
      span((index === 0 ? name : "").padEnd(NAME_WIDTH), "strong"),
      span(text),
    ]),
  );
}
