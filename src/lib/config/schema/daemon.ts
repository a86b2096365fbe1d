import { hostList, listenAddress, socketPath } from "../address-types.ts";
import type { Setting } from "../setting.ts";
import { webhookUrl } from "../store-types.ts";
import { absolutePath, bearerToken, oneOf, ratio, wholeNumber } from "../value-types.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export const WEBHOOK_FORMATS = ["json", "slack"] as const;
const TOKEN_MIN_BYTES = 32;

/** Where the daemon listens, what it serves, where it keeps things and whom it tells. */
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
  COMBOT_HOSTS: {
    type: hostList(),
    unset: "localhost and the host of COMBOT_LISTEN",
    doc: "Host names the TCP listener answers to.",
  },
  COMBOT_LISTEN_MAX_PER_PEER: {
    type: wholeNumber({ min: 1, max: 1024 }),
    default: "256",
    unit: "connections",
    doc: "TCP connections one address (of IPv6, one /64) may have open; a proxy in front is one peer.",
  },
  COMBOT_MODEL_DIR: {
    type: absolutePath(),
    unset: "the bundled model",
    doc: "Folder with config.json, tokenizer.json and model.onnx (or onnx/model.onnx).",
  },
  COMBOT_STATE_DIR: {
    type: absolutePath(),
    unset: "$XDG_STATE_HOME/combot, or ~/.local/state/combot",
    doc: "Folder of the journal, prepared models, runtime state and backups.",
  },
  ALERT_WEBHOOK_URL: {
    type: webhookUrl(),
    unset: "none",
    secret: "webhook",
    file: "only",
    live: true,
    doc: "File with the URL that alerts are posted to.",
  },
  ALERT_WEBHOOK_FORMAT: {
    type: oneOf(WEBHOOK_FORMATS),
    default: "json",
    doc: "What is posted: an object of the alert's fields, or a text as Slack takes it.",
  },
  ALERT_ERROR_RATE: {
    type: ratio(),
    default: "0.05",
    unit: "ratio",
    doc: "Failed share of the calls of 5 minutes, from 50 calls on, at which the alert fires.",
  },
  ALERT_CRASHES: {
    type: wholeNumber({ min: 1, max: 1000 }),
    default: "3",
    doc: "Workers that crash or hang in 10 minutes before the alert fires.",
  },
  ALERT_DISK_FREE: {
    type: ratio(),
    default: "0.10",
    unit: "ratio",
    doc: "Free share of the disk that holds COMBOT_STATE_DIR below which the alert fires.",
  },
  LOG_LEVEL: { type: oneOf(LOG_LEVELS), default: "info", live: true, doc: "The least severe log lines written." },
} as const satisfies Record<string, Setting>;
