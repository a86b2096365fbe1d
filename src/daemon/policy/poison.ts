/** What a text has been through. */
export interface TextHistory {
  /** It ran by itself in the worker that died. */
  readonly alone: boolean;
  /** Workers that something outside combot killed while this text ran by itself. */
  readonly killedAlone: number;
}

/**
 * How a batch came to nothing: its worker died, something outside combot killed it, the model failed on it, or its
 * worker ended while it had another batch before it.
 */
export type BatchFate = "died" | "killed" | "failed" | "untouched";

/** A worker killed from outside says little of the text it ran, but a killer may be watching what the text does. */
const KILLS_BEFORE_POISON = 3;

/**
 * What becomes of a text whose batch came to nothing: run again by itself, or refused. A text that was alone when its
 * worker died has shown what it does; one kill from outside has not.
 */
export function judgeText(history: TextHistory, fate: BatchFate): "again" | "refuse" {
  if (!history.alone || fate === "untouched") return "again";
  if (fate !== "killed") return "refuse";
  return history.killedAlone + 1 >= KILLS_BEFORE_POISON ? "refuse" : "again";
}
