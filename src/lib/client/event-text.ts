/** One event as it came over the wire. */
export interface WireEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) out of text that comes in
 * pieces. Lines end with LF or CRLF: the daemon never sends a bare CR.
 */
export class EventText {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;
  #lastEventId: string | undefined;

  /** The id that was sent last, with an event or by itself: what Last-Event-ID says on the next connection. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** The events that `text` completes. */
  *push(text: string): Generator<WireEvent, void> {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#read(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event) yield event;
    }
  }

  #read(line: string): WireEvent | undefined {
    if (line === "") return this.#complete();
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id") this.#id = value;
    return undefined;
  }

  /** A block without data is no event, but its id counts. */
  #complete(): WireEvent | undefined {
    const [event, data] = [this.#event || "message", this.#data];
    this.#lastEventId = this.#id ?? this.#lastEventId;
    [this.#event, this.#data, this.#id] = ["", [], undefined];
    return data.length > 0 ? { event, data: data.join("\n") } : undefined;
  }
}
