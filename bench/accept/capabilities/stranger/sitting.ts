import type { Line } from "../../record.ts";
import { Keyboard } from "./keyboard.ts";
import type { Typed } from "./keyboard.ts";
import type { EmptyMachine } from "./machine.ts";
import type { Block } from "./pages.ts";
import { Transcript } from "./transcript.ts";
import { expectedOf } from "./typing.ts";

export type Say = (progress: string) => void;

const USER = "ops";

/** Somebody logged in on a machine, of whom a page is kept. */
export class Sitting {
  readonly machine: EmptyMachine;
  readonly transcript: Transcript;
  readonly #keyboard: Keyboard;
  readonly #say: Say;

  private constructor(machine: EmptyMachine, transcript: Transcript, keyboard: Keyboard, say: Say) {
    this.machine = machine;
    this.transcript = transcript;
    this.#keyboard = keyboard;
    this.#say = say;
  }

  static async begin(part: string, machine: EmptyMachine, say: Say): Promise<Sitting> {
    const transcript = await Transcript.begin(part, machine.vm);
    return new Sitting(machine, transcript, await Keyboard.login(machine.vm, USER), say);
  }

  type(command: string): Promise<Typed> {
    this.#say(command);
    return this.#keyboard.type(command, expectedOf(command));
  }

  async *typeBlock(block: Block): AsyncGenerator<Line> {
    for (const command of block.commands) yield this.transcript.add(block, await this.type(command));
  }

  async end(): Promise<void> {
    await this.#keyboard.logout();
    await this.machine.remove();
  }
}
