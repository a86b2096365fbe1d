import { expect, test } from "vitest";
import { renderDoctor } from "../../../src/lib/render/doctor.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";

const SOCKETS = { name: "sockets", status: "ok", found: "/run/combot/combot.sock 0660, /run/combot/control.sock 0660" };
const CLOCK = { name: "clock", status: "warn", found: "not synchronised", command: "sudo timedatectl set-ntp true" };
const RESULTS = [SOCKETS, { ...CLOCK, details: ["no time service runs on this machine"] }] as Parameters<
  typeof renderDoctor
>[0];

test("breaks between words where the terminal is narrow, beside the names; a command stays whole", () => {
  expect(`\n${renderDoctor(RESULTS, PLAIN, 40)}\n`).toBe(`
ok   sockets /run/combot/combot.sock
             0660,
             /run/combot/control.sock
             0660
warn clock   not synchronised
             no time service runs on
             this machine
             → sudo timedatectl set-ntp true
`);
});

test("breaks nothing in a file", () => {
  expect(renderDoctor(RESULTS, PLAIN).split("\n")[0]).toBe(`ok   sockets ${SOCKETS.found}`);
});
