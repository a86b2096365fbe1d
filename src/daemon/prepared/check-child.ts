import { writeSync } from "node:fs";
import { checkNewest } from "./newest.ts";

/** Reads what was prepared last, in a process of its own: see EarlyCheck. One document, or nothing. */
const STDOUT = 1;

const found = await checkNewest(process.argv[2] ?? "");
if (found) writeSync(STDOUT, JSON.stringify(found));
