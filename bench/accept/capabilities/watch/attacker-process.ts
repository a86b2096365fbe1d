import { connect } from "node:net";
import type { Socket } from "node:net";
import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

// One who means harm, on loopback: `node attacker-process.ts KIND PORT TOKEN`. It runs until it is killed, at the lowest
// priority: another machine's attacker takes no time of our processors.

const PER_ADDRESS = 250;
const SECOND_MS = 1000;
const BLOCK = Buffer.alloc(65_536, 32);
const GIGABYTE = 2 ** 30;

const [kind = "", port = "", token = ""] = process.argv.slice(2);
const HEAD = `POST /api/classify/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;

/** A peer is an address: 250 connections from each stay below what one may have. */
function open(index: number): Socket {
  const localAddress = `127.0.${1 + Math.floor(index / PER_ADDRESS / 250)}.${1 + (Math.floor(index / PER_ADDRESS) % 250)}`;
  return connect({ port: Number(port), host: "127.0.0.1", localAddress }).on("error", () => undefined);
}

async function leaveOpen(): Promise<void> {
  for (let index = 0; index < 10_000; index++) {
    open(index);
    if (index % 200 === 199) await delay(20);
  }
}

/** A byte a second, for ever; a connection that is closed is opened again. */
async function dawdle(index: number, first: string, drop: string): Promise<void> {
  for (;;) {
    const socket = open(index);
    socket.write(first);
    while (!socket.destroyed) {
      await delay(SECOND_MS);
      if (!socket.destroyed) socket.write(drop);
    }
  }
}

/** As fast as it is taken. */
async function pour(index: number): Promise<void> {
  for (;;) {
    const socket = open(index);
    socket.write(`${HEAD}Content-Length: ${GIGABYTE}\r\n\r\n`);
    while (!socket.destroyed) {
      if (socket.write(BLOCK)) continue;
      await Promise.race([
        new Promise((resolve) => socket.once("drain", resolve).once("close", resolve)),
        delay(SECOND_MS),
      ]);
    }
    await delay(100);
  }
}

const each = (count: number, attack: (index: number) => Promise<void>): void => {
  for (let index = 0; index < count; index++) void attack(index);
};

setPriority(19);
if (kind === "idle") void leaveOpen();
else if (kind === "headers") each(1000, (index) => dawdle(index, "GET /api/health/ HTTP/1.1\r\nX-A: ", "a"));
else if (kind === "bodies") each(1000, (index) => dawdle(index, `${HEAD}Content-Length: 1000000\r\n\r\n`, " "));
else if (kind === "gigabytes") each(16, pour);
setInterval(() => undefined, SECOND_MS);
