import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * What llhttp takes, from the callback at the end of a head, as: stop here. The rest of what was read comes back with the
 * error HPE_PAUSED.
 */
const PAUSE = 21;

type Incoming = IncomingMessage & { readonly upgrade?: boolean };

/** As far as Node's parser is needed here; it is not documented, and test/integration/http/pipeline.test.ts watches it. */
interface Parser {
  onIncoming: (request: Incoming, keepAlive: boolean) => number;
  resume(): void;
}

interface Held {
  readonly request: Incoming;
  readonly keepAlive: boolean;
  /** What was read behind its head; undefined until the parser has given it back. */
  rest?: Buffer;
}

/** Empty, and yet at an address: from none the parser would conclude that the connection has ended. */
const NOTHING = Buffer.alloc(1).subarray(1);

/**
 * Begins a request of a pipeline when the reply before it has left, and reads nothing meanwhile.
 *
 * Node begins all that one read brought, and looks only then whether their replies are taken: 64 KiB hold 1,700 requests,
 * and ten connections that read nothing cost 2 GB. Who sends one request at a time, as nearly everybody does, is read by
 * the parser as ever, with not a line of JavaScript more.
 */
export class Pipeline {
  readonly #socket: Socket;
  readonly #parser: Parser | undefined;
  readonly #isBusy: () => boolean;
  readonly #begin: Parser["onIncoming"];
  #held: Held | undefined;
  #isStopped = false;
  #isResting = false;

  constructor(socket: Socket, isBusy: () => boolean) {
    this.#socket = socket;
    this.#isBusy = isBusy;
    this.#parser = (socket as { parser?: Parser }).parser;
    this.#begin = this.#parser?.onIncoming ?? (() => 0);
    if (this.#parser) this.#parser.onIncoming = (request, keepAlive) => this.#come(request, keepAlive);
    // Node resumes a socket whenever a body has been read, whoever paused it.
    socket.on("resume", () => {
      if (this.#isStopped || this.#isResting) stopReading(socket);
    });
  }

  /** A request waits for a reply that is due before its own. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Reads nothing until `next` finds no reply due. */
  stop(): void {
    this.#isStopped = true;
    this.#socket.pause();
  }

  /** Holds nothing any more, and lets be read: what comes is for somebody else. */
  leave(): void {
    this.#held = undefined;
    this.#isStopped = false;
    this.#isResting = false;
  }

  /** Reads nothing until `wake`. */
  rest(): void {
    this.#isResting = true;
    this.#socket.pause();
  }

  wake(): void {
    this.#isResting = false;
    if (!this.#isStopped) this.#socket.resume();
  }

  /**
   * What the parser gives back when it is told to stop, or has stopped before.
   *
   * @param packet what was read.
   * @param bytesParsed of it; without a meaning where the parser stood still already: then it is none.
   */
  keep(packet: Buffer, bytesParsed: number): void {
    if (!this.#held) return;
    const { rest } = this.#held;
    this.#held.rest = rest ? Buffer.concat([rest, packet]) : packet.subarray(bytesParsed);
    this.stop();
  }

  /** To be called when a reply has left. What waits begins in a turn of its own: others are to have theirs between. */
  next(): void {
    if (this.#isStopped) setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    const { writable } = this.#socket;
    if (!this.#isStopped || !writable || this.#isBusy()) return;
    const held = this.#held;
    this.#held = undefined;
    this.#isStopped = false;
    if (held) this.#release(held);
    if (!this.#isStopped && !this.#isResting) this.#socket.resume();
  }

  /** An `Upgrade`, which none of ours heeds, and a CONNECT end what the parser makes of a read, so they can't be held. */
  #come(request: Incoming, keepAlive: boolean): number {
    if (!this.#isBusy()) return this.#begin(request, keepAlive);
    if (!request.upgrade) {
      this.#held = { request, keepAlive };
      return PAUSE;
    }
    this.stop();
    return this.#begin(request, keepAlive);
  }

  #release({ request, keepAlive, rest = NOTHING }: Held): void {
    this.#parser?.resume();
    this.#begin(request, keepAlive);
    // To the listener by which Node parses what it does not read by itself.
    this.#socket.emit("data", rest.length > 0 ? rest : NOTHING);
  }
}

/**
 * Node's listeners for `resume` and `pause` start and stop what the kernel gives, and the first has just started it. A
 * stream that was paused between `resume()` and that event is not paused again by `pause()`, nor says so.
 */
function stopReading(socket: Socket): void {
  if (socket.isPaused()) socket.emit("pause");
  else socket.pause();
}
