/**
 * The one table of failures a user can act on. `http` is the status of the problem+json reply,
 * `exit` the status the CLI ends with. docs/errors.md is generated from it, and a test keeps them equal.
 */
export const ERRORS = {
  INTERNAL: { http: 500, exit: 1, title: "A defect in combot", help: "Report it with the log lines around it." },
  REPLY_INVALID: {
    http: 502,
    exit: 1,
    title: "The reply does not fit the schema",
    help: "Run the same version of combot as the daemon: combot --version, combot status.",
  },
  INVALID_JSON: { http: 400, exit: 2, title: "The body is not JSON", help: "Send one JSON document in UTF-8." },
  INVALID_REQUEST: {
    http: 400,
    exit: 2,
    title: "The request does not fit the schema",
    help: "The detail names the field; GET /api/openapi.json has the schema.",
  },
  INVALID_TEXT: {
    http: 400,
    exit: 2,
    title: "A text that can't be classified",
    help: "Send text with at least one visible character, without NUL, in well-formed Unicode.",
  },
  NOT_FOUND: { http: 404, exit: 2, title: "No such path", help: "GET /api/openapi.json lists the paths." },
  KEY_UNKNOWN: {
    http: 404,
    exit: 4,
    title: "Nothing under this key",
    help: "It was not written, has expired, or Redis has dropped it for want of room.",
  },
  SLOT_UNKNOWN: { http: 404, exit: 2, title: "No such worker slot", help: "combot status lists the slots." },
  CONTROL_ONLY: {
    http: 403,
    exit: 2,
    title: "Only the control socket takes this call",
    help: "Use control.sock, beside the user socket; over TCP, the admin token or one of scope control.",
  },
  TOKEN_SCOPE: {
    http: 403,
    exit: 2,
    title: "The token's scope does not cover this call",
    help: "Use another token, or give its line in COMBOT_TOKENS_FILE a wider scope, and reload.",
  },
  RATE_LIMITED: {
    http: 429,
    exit: 4,
    title: "Too many requests with this token",
    help: "Try again after Retry-After seconds, or raise the number in its line of COMBOT_TOKENS_FILE, and reload.",
  },
  UNAUTHORIZED: {
    http: 401,
    exit: 2,
    title: "The call takes a token",
    help: "Send Authorization: Bearer with a token of COMBOT_TOKEN_FILE, COMBOT_ADMIN_TOKEN_FILE or COMBOT_TOKENS_FILE; the CLI with --token-file.",
  },
  HOST_REFUSED: {
    http: 403,
    exit: 2,
    title: "Not a host name of this daemon",
    help: "COMBOT_HOSTS lists the names that it answers to over TCP.",
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    exit: 2,
    title: "This path does not take that method",
    help: "The Allow header names the methods it takes.",
  },
  BODY_TOO_LARGE: {
    http: 413,
    exit: 2,
    title: "The call is too large",
    help: "At most 256 texts and 1 MiB a call, 256 KiB a value.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    http: 415,
    exit: 2,
    title: "The body is not application/json",
    help: "Send Content-Type: application/json.",
  },
  POISON_TEXT: {
    http: 422,
    exit: 4,
    title: "A text that ends its worker",
    help: "Leave this text out; the journal names it by its digest.",
  },
  INFERENCE_FAILED: {
    http: 500,
    exit: 4,
    title: "The model failed on a text",
    help: "The detail has the runtime's message; combot model check DIR tries the model.",
  },
  MODEL_INVALID: {
    http: 422,
    exit: 4,
    title: "The model can't be served",
    help: "The detail names what is wrong; combot model check tells more.",
  },
  NO_ROOM: {
    http: 507,
    exit: 4,
    title: "The state folder can't take it",
    help: "The detail names the place and the bytes: make room there, or name another COMBOT_STATE_DIR.",
  },
  ZERO_SHOT_UNSUPPORTED: {
    http: 422,
    exit: 4,
    title: "The model takes no labels of a call",
    help: "Serve one whose labels are entailment, neutral and contradiction: combot model use DIR.",
  },
  MODEL_UNKNOWN: {
    http: 404,
    exit: 2,
    title: "There is no model of that name",
    help: "The detail names those that there are; combot model rescan looks at COMBOT_MODELS_DIR again.",
  },
  MODEL_DOES_NOT_FIT: {
    http: 503,
    exit: 4,
    title: "The model does not fit in memory",
    help: "The detail has the arithmetic: unpin or unload another one; for model use, --in-turn unloads the old one first.",
  },
  SHADOW_RUNNING: {
    http: 409,
    exit: 4,
    title: "Another candidate runs behind live traffic",
    help: "combot model shadow tells how it does; combot model shadow --stop ends it.",
  },
  SWITCH_RUNNING: {
    http: 409,
    exit: 4,
    title: "Another model switch is running",
    help: "Try again when it is done; combot status shows it.",
  },
  MODEL_UNAVAILABLE: {
    http: 503,
    exit: 4,
    title: "No worker can serve the model",
    help: "combot status tells why, and when it is tried again; combot model load tries at once.",
  },
  MODEL_UNLOADED: {
    http: 409,
    exit: 4,
    title: "Somebody unloaded the model before it served",
    help: "combot decisions tells who; load it again, or ask it: the next text loads it.",
  },
  NO_PROCESS: {
    http: 503,
    exit: 4,
    title: "A process that it takes was refused or killed",
    help: "The detail names the limit, or what ended it; nothing else is at fault: try again when that is over.",
  },
  MEMORY_EMERGENCY: {
    http: 503,
    exit: 4,
    title: "Out of memory: only cached answers are given",
    help: "Try again after Retry-After seconds; combot decisions tells what was done.",
  },
  MEMORY_UNMEASURED: {
    http: 503,
    exit: 4,
    title: "Memory can't be measured",
    help: "The detail says why. Until it can be, no memory is given back by itself, and nothing is unloaded for want of it.",
  },
  JOURNAL_OFF: {
    http: 409,
    exit: 4,
    title: "There is no journal",
    help: "Set DATABASE_URL; without it the journal is an SQLite file in the state folder.",
  },
  JOURNAL_UNAVAILABLE: {
    http: 503,
    exit: 4,
    title: "The journal can't be read",
    help: "The detail tells why, and combot status; it is tried again by itself.",
  },
  BACKUP_UNKNOWN: { http: 404, exit: 4, title: "No such backup", help: "combot backup --list shows those there are." },
  BACKUP_RUNNING: {
    http: 409,
    exit: 4,
    title: "A backup or a restore is under way",
    help: "Try again when it is done.",
  },
  BACKUP_DAMAGED: {
    http: 422,
    exit: 4,
    title: "The backup is not what was written",
    help: "Nothing was changed; take another one: combot backup --list.",
  },
  BACKUP_FAILED: {
    http: 500,
    exit: 4,
    title: "The backup or restore failed",
    help: "The detail tells why.",
  },
  CACHE_UNAVAILABLE: {
    http: 503,
    exit: 4,
    title: "Redis can't be used now",
    help: "Try again after Retry-After seconds; GET /api/redis/status/ tells what is wrong with it.",
  },
  VALUE_INVALID: {
    http: 502,
    exit: 4,
    title: "The value in Redis is not JSON",
    help: "Another client of Redis wrote it; PUT or DELETE it.",
  },
  QUEUE_FULL: { http: 503, exit: 4, title: "The queue is full", help: "Try again after Retry-After seconds." },
  WARMING_RUNS: {
    http: 409,
    exit: 4,
    title: "Another warming is under way",
    help: "Try again when it is done; with CACHE_WARM=on it may be the daemon's own.",
  },
  TOO_MANY_LISTENERS: {
    http: 503,
    exit: 4,
    title: "Too many listen to the events",
    help: "At most 16 at once: end a combot monitor or a combot decisions --follow.",
  },
  SHUTTING_DOWN: { http: 503, exit: 4, title: "The daemon is stopping", help: "Try again in a moment." },
  UNHEALTHY: { http: 503, exit: 4, title: "The daemon is not healthy", help: "combot status tells why." },
  CLIENT_GONE: {
    http: 499,
    exit: 4,
    title: "The client has gone",
    help: "Nothing is wrong with the daemon: the connection was closed before its answer; the log and a counter tell.",
  },
  DEADLINE_EXCEEDED: {
    http: 504,
    exit: 5,
    title: "Out of time",
    help: "Raise the limit that ran out (--timeout of the command, REQUEST_TIMEOUT of the daemon), or ask for less at once.",
  },
  CONFIG_INVALID: { http: 400, exit: 2, title: "Bad configuration", help: "combot config --check FILE checks a file." },
  FILE_REFUSED: {
    http: 500,
    exit: 2,
    title: "The system refused a file",
    help: "The detail has its word: make room there, or name a file that may be read or written.",
  },
  USAGE: { http: 400, exit: 2, title: "Wrong usage", help: "--help has examples." },
  SOCKET_UNSAFE: {
    http: 500,
    exit: 2,
    title: "The socket's folder is not safe to use",
    help: "Name another socket with --socket or COMBOT_SOCKET.",
  },
  SOCKET_UNAVAILABLE: { http: 500, exit: 2, title: "The socket can't be made", help: "Name another: COMBOT_SOCKET." },
  TOO_MANY_FILES: { http: 503, exit: 4, title: "Too many open files", help: "Raise ulimit -n (LimitNOFILE=)." },
  ADDRESS_UNAVAILABLE: {
    http: 500,
    exit: 4,
    title: "The TCP address can't be listened on",
    help: "The detail says why; COMBOT_LISTEN names another one.",
  },
  INSTANCE_RUNNING: {
    http: 409,
    exit: 4,
    title: "Another combot holds the socket or the state folder",
    help: "Stop it, or name others: --socket and --state-dir.",
  },
  PREFLIGHT_FAILED: {
    http: 409,
    exit: 4,
    title: "The machine is not ready for a deploy",
    help: "Each line ends with the command that mends it. Nothing was changed.",
  },
  DEPLOY_FAILED: {
    http: 500,
    exit: 4,
    title: "The deploy failed",
    help: "The detail names the step; combot deploy --dry-run --diff shows what it would do.",
  },
  DEPLOY_RUNNING: {
    http: 409,
    exit: 4,
    title: "Another deploy is running",
    help: "Try again when it is done.",
  },
  DAEMON_UNREACHABLE: {
    http: 503,
    exit: 3,
    title: "The daemon can't be reached",
    help: "Start it: systemctl start combot-enhanced, or combot daemon.",
  },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly http: number;
  readonly exit: number;
  readonly title: string;
  readonly help: string;
}

export type ErrorCode = keyof typeof ERRORS;
