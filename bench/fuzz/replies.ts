const MARK = Buffer.from("HTTP/1.1 ");
const LAST = MARK.length + "200".length;
/** Of a head, and of a head and a problem. */
const HEAD_BYTES = 512;
const TOLD_BYTES = 2048;
const IS_LAST = /^connection: close/imu;
/** The end of a problem, here or in another server's protocol, of a health report, or of a head with a word or nothing. */
const IS_TOLD = /"code":"\w+"|"status":"unhealthy"|"error":"|"ready":false|\r\n\r\n\w*$/u;

/** A reply of 500 and above. */
export interface Fault {
  readonly status: number;
  /** What the head and the body begin with. */
  readonly told: string;
}

/**
 * Reads the statuses of replies off a connection, and what those of 500 and above say. Bodies are not parsed: nothing
 * that is ever sent or told has a version and a number behind it.
 */
export class ReplyReader {
  /** Final ones. */
  count = 0;
  readonly #statuses: Map<number, number>;
  readonly #faults: Fault[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #status = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param statuses where each is counted. */
  constructor(statuses: Map<number, number>) {
    this.#statuses = statuses;
  }

  /** The last reply says that no other one follows. */
  get isLast(): boolean {
    return IS_LAST.test(this.#text);
  }

  /** What the last reply says of a fault has come whole. */
  get isTold(): boolean {
    return this.#status < 500 || IS_TOLD.test(this.#text);
  }

  add(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let from = 0;
    for (;;) {
      const at = data.indexOf(MARK, from);
      if (at < 0 || at + LAST > data.length) {
        const end = at < 0 ? Math.max(from, data.length - MARK.length + 1) : at;
        this.#tell(data.subarray(from, end));
        this.#rest = data.subarray(end);
        return;
      }
      const status = Number(data.toString("latin1", at + MARK.length, at + LAST));
      // A problem may name the version too.
      const isStatus = status >= 100;
      this.#tell(data.subarray(from, isStatus ? at : at + LAST));
      if (isStatus) this.#begin(status);
      from = at + LAST;
    }
  }

  /** Those so far; to be called when no more is waited for. */
  takeFaults(): Fault[] {
    this.#endFault();
    return this.#faults.splice(0);
  }

  get #text(): string {
    return Buffer.concat([...this.#parts, this.#rest]).toString("latin1");
  }

  #begin(status: number): void {
    this.#endFault();
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (status < 200) return;
    this.count += 1;
    this.#status = status;
    this.#parts = [];
    this.#bytes = 0;
  }

  #tell(data: Buffer): void {
    const room = (this.#status >= 500 ? TOLD_BYTES : HEAD_BYTES) - this.#bytes;
    if (data.length === 0 || room <= 0) return;
    this.#parts.push(Buffer.from(data.subarray(0, room)));
    this.#bytes += Math.min(room, data.length);
  }

  #endFault(): void {
    if (this.#status >= 500) this.#faults.push({ status: this.#status, told: this.#text });
    this.#status = 0;
  }
}
