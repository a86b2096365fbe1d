import { collectorUrl, hostList, listenAddress, socketPath } from "../address-types.ts";
import { COMPAT_PROTOCOLS } from "../../compat-protocols.ts";
import { TOKEN_MIN_BYTES } from "../../token-scopes.ts";
import type { Setting } from "../setting.ts";
import { tokenLines } from "../tokens-file.ts";
import { absolutePath, bearerToken, durationMs, listOf, oneOf, onOff, wholeNumber } from "../value-types.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Where the daemon listens, what it serves and where it keeps things. */
export const DAEMON_SETTINGS = {
  COMBOT_SOCKET: {
    type: socketPath(),
    unset: "chosen at start",
    flag: "--socket",
    doc: "The user socket; the control socket, control.sock, lies beside it.",
  },
  COMBOT_LISTEN: { type: listenAddress(), default: "off", doc: "Address of the optional TCP listener." },
  COMBOT_TOKEN: {
    type: bearerToken(TOKEN_MIN_BYTES),
    unset: "none",
    secret: "whole",
    file: "only",
    doc: "File with the token that opens what the user socket offers over TCP.",
  },
  COMBOT_ADMIN_TOKEN: {
    type: bearerToken(TOKEN_MIN_BYTES),
    unset: "none",
    secret: "whole",
    file: "only",
    doc: "File with the token that opens everything over TCP.",
  },
  COMBOT_TOKENS: {
    type: tokenLines(),
    unset: "none",
    secret: "whole",
    file: "only",
    live: true,
    doc: "File with named tokens for TCP, a line each: name, scope (classify, read, control), sha256:HASH or the token, and, where wanted, requests a minute and batch. Beside the two above.",
  },
  COMBOT_HOSTS: {
    type: hostList(),
    unset: "localhost and the host of COMBOT_LISTEN",
    doc: "Host names the TCP listener answers to.",
  },
  COMBOT_COMPAT: {
    type: listOf(COMPAT_PROTOCOLS),
    unset: "none",
    doc: "Other servers' protocols that are spoken as well: hf (Hugging Face), tei (text-embeddings-inference), oip (Open Inference Protocol v2).",
  },
  COMBOT_LISTEN_MAX_PER_PEER: {
    type: wholeNumber({ min: 1, max: 4096 }),
    default: "256",
    unit: "connections",
    doc: "TCP connections one address (of IPv6, one /64) may have open; a proxy in front is one peer.",
  },
  COMBOT_MODEL_DIR: {
    type: absolutePath(),
    unset: "the bundled model",
    doc: "Folder with config.json, tokenizer.json and model.onnx or another form of it (model_quantized.onnx …), there or in onnx/; or the path of one of these model files. It is served from a copy in COMBOT_STATE_DIR.",
  },
  COMBOT_MODELS_DIR: {
    type: absolutePath(),
    unset: "the default model alone",
    doc: "Folder with a folder for each model that is served beside the default one, under the folder's name. Changes in it take effect by combot model rescan or a reload.",
  },
  COMBOT_STATE_DIR: {
    type: absolutePath(),
    unset: "$XDG_STATE_HOME/combot, or ~/.local/state/combot",
    doc: "Folder of the journal, copies of models and their prepared weights, runtime state and backups.",
  },
  DRAIN_DELAY: {
    type: durationMs("seconds", { min: 0, max: 300 }),
    default: "0",
    unit: "seconds",
    live: true,
    doc: "From SIGTERM, when /readyz turns 503, until the listeners close: longer than a balancer takes to notice.",
  },
  ACCESS_LOG: {
    type: onOff(),
    default: "off",
    live: true,
    doc: "on: one line a call in the log, with its X-Request-Id, status and times; never a text, a user or a token.",
  },
  OTLP_ENDPOINT: {
    type: collectorUrl(),
    default: "off",
    doc: "URL of an OpenTelemetry collector (OTLP/HTTP, such as http://127.0.0.1:4318) that gets the spans of calls whose caller records their trace; off: none.",
  },
  LOG_LEVEL: { type: oneOf(LOG_LEVELS), default: "info", live: true, doc: "The least severe log lines written." },
} as const satisfies Record<string, Setting>;
