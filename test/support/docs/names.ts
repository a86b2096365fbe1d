import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "../../../src/lib/error-table.ts";
import { VARIABLES } from "../../../src/lib/config/schema.ts";
import { PATHS } from "../../../src/lib/deploy/paths.ts";
import { ALL_UNITS } from "../../../src/lib/unit-names.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";

/** Names of others': variables of the environment and of runtimes, constants, placeholders. */
const FOREIGN = new Set(
  [
    "NODE_EXTRA_CA_CERTS NO_COLOR FORCE_COLOR XDG_CACHE_HOME XDG_RUNTIME_DIR NODE_ENV NODE_COMPILE_CACHE MALLOC_ARENA_MAX CREDENTIALS_DIRECTORY",
    "MALLOC_TRIM_THRESHOLD_ ORT_DISABLE_TELEMETRY SYSTEMD_LOG_LEVEL LISTEN_FDS NOTIFY_SOCKET UV_THREADPOOL_SIZE TERM NAME",
    "ABRT KILL SIGKILL READY STATUS STOPPING RELOADING COMMIT PAGE SECTION LESS PAGER PATH HOME TMPDIR FILE LABEL_0 NAME_FILE",
    "EXTEND_TIMEOUT_USEC WATCHDOG_USEC ONNXRUNTIME_NODE_INSTALL FUZZ_SEED CAMPAIGN_SEED FUZZ_REQUESTS CAMPAIGN_MINUTES TRAINER_DATA OOM_SCORE POST DELETE",
    "INSTALLED_APPS COMBOT TOKEN_FILE RESTART_WAIT POOL_SIZE",
    "IMAGE_CACHE COMBOT_PORT",
  ].flatMap((names) => names.split(" ")),
);

/** What commands take from the environment and a daemon does not. */
const OF_COMMANDS = ["COMBOT_URL", "COMBOT_SSH_CONFIG"];

/** What whoever builds the image may name. */
const OF_IMAGE = [...readFileSync(join(PACKAGE_FOLDER, "Containerfile"), "utf8").matchAll(/^ARG (\w+)/gm)].map(
  ([, name = ""]) => name,
);

const KNOWN = new Set([...VARIABLES, ...Object.keys(ERRORS), ...FOREIGN, ...OF_COMMANDS, ...OF_IMAGE]);

/** Capitals with a low line in them, or the name before a `=`. */
export function faultsOfCapitals(code: string): string[] {
  const found = code.matchAll(/(?<![\w$./%-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+_?|[A-Z]{4,}(?==))(?![\w/(])/g);
  const whole = /^[A-Z]{4,}$/.test(code) ? [code] : [];
  return [...new Set([...[...found].map(([, name = ""]) => name), ...whole])]
    .filter((name) => !KNOWN.has(name))
    .map((name) => `${name} is neither a setting nor a code`);
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const API = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "dist/openapi.json"), "utf8")) as OpenApi;
const ROUTES = Object.entries(API.paths).map(([path, methods]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+").replace(/\/$/, "/?")}$`),
  methods: Object.keys(methods).map((method) => method.toUpperCase()),
}));
/** Outside of what the document describes. */
const UNDESCRIBED = ["/api/openapi.json"];

export function faultsOfPaths(text: string): string[] {
  const found = text.matchAll(/(?:\b(GET|POST|PUT|DELETE)\s+)?(?<![\w.])(\/api\/[^\s"'`,;)|]*)/g);
  return [...found].flatMap(([, method, raw = ""]) => {
    const path = raw.replace(/[.:?].*$/, (rest) =>
      rest.startsWith(".json") ? ".json" : rest.startsWith(":") ? rest : "",
    );
    if (UNDESCRIBED.includes(path) || /[…*^(]|\/api\/$/.test(path)) return [];
    const routes = ROUTES.filter(({ pattern }) => pattern.test(path));
    if (routes.length === 0) return [`${path} is no path of the API`];
    const takes = method === undefined || routes.some(({ methods }) => methods.includes(method));
    return takes ? [] : [`${path} does not take ${method}`];
  });
}

const UNIT_NAMES = [...ALL_UNITS, "combot.service"];
const STEMS = UNIT_NAMES.map((unit) => unit.replace(/\.\w+$/, ""));

/** Units by their whole name, and what systemctl and journalctl are asked of. */
export function faultsOfUnits(code: string): string[] {
  const whole = [...code.matchAll(/(?<![\w./-])(?:[\w./]*\/)?(combot[\w-]*\.(?:service|socket|timer|target))\b/g)].map(
    ([, name = ""]) => name,
  );
  const asked = [...code.matchAll(/(?:systemctl (?:[a-z-]+ )+|journalctl .*?-u ?)(combot[\w.-]*)/g)].map(
    ([, name = ""]) => name.replace(/\.$/, ""),
  );
  return [...whole, ...asked]
    .filter((name) => !UNIT_NAMES.includes(name) && !STEMS.includes(name))
    .map((name) => `${name} is no unit of combot's`);
}

const OWN_FOLDERS = [PATHS.program, PATHS.state, PATHS.run, PATHS.redisRun, PATHS.settings];
const SETTINGS_FILES: readonly string[] = [
  PATHS.env,
  PATHS.redisConf,
  PATHS.redisAcl,
  PATHS.settings,
  PATHS.credentials,
];
/** Made by hand, as a page tells it. */
const OWN_SETTINGS_FILES: readonly string[] = [`${PATHS.settings}/webhook`, `${PATHS.settings}/tokens`];
const RUN_FILES = ["combot.sock", "control.sock", "redis.sock", ""].map((name) => `${PATHS.run}/${name}`);
/** Of programs beside combot, whose folders they are. */
const OTHERS = /^\/(etc\/(nginx|haproxy|prometheus|fish)|usr\/local)\//;

/** Places on a deployed machine. */
export function faultsOfPlaces(code: string): string[] {
  const found = code.matchAll(
    /(?<![\w/.~>}-])(\/(?:etc|opt|run|var|usr)\/(?:\{[^}\s]*\}|[^\s"'`,;:)])*combot(?:\{[^}\s]*\}|[^\s"'`,;:)])*)/g,
  );
  return [...found].flatMap(([, path = ""]) =>
    expanded(path.replace(/[.…]+$/, ""))
      .filter((one) => !OTHERS.test(one) && !isPlace(one))
      .map((one) => `${one} is no place of combot's`),
  );
}

function isPlace(path: string): boolean {
  const name = path.replace(/\/$/, "");
  if (name.startsWith(`${PATHS.units}/`))
    return UNIT_NAMES.includes(name.slice(PATHS.units.length + 1).split(/\.d\/|\.d$/)[0]!);
  if (name.startsWith(PATHS.settings))
    return [...SETTINGS_FILES, ...OWN_SETTINGS_FILES].includes(name) || name.startsWith(`${PATHS.credentials}/`);
  // A folder of another daemon's.
  if (name.startsWith("/run/") && !name.startsWith(PATHS.run)) return true;
  if (name.startsWith(`${PATHS.run}/`)) return RUN_FILES.includes(name);
  return (
    [PATHS.sysusers, PATHS.tmpfiles].some((one) => one === name) || OWN_FOLDERS.some((one) => name.startsWith(one))
  );
}

/** `a.{b,c}` is `a.b` and `a.c`. */
export function expanded(path: string): string[] {
  const [whole, before = "", inside = "", after = ""] = /^(.*?)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  return whole === undefined ? [path] : inside.split(",").flatMap((one) => expanded(`${before}${one}${after}`));
}

const FOLDERS = "src|docs|test|scripts|bench|templates|models|bin|dist|\\.ci";

/** Files of this tree, wherever they are named. */
export function faultsOfFiles(text: string): string[] {
  const found = text.matchAll(new RegExp(`(?<![\\w/.:@~>}-])((?:${FOLDERS})/[\\w./*{},-]*[\\w/*}])`, "g"));
  return [...found].flatMap(([, path = ""]) =>
    expanded(path)
      // Where npm pack puts what comes with the package; gone when it is done.
      .filter((one) => !one.startsWith("dist/node_modules/"))
      .filter((one) => globSync(one.replace(/[.,]$/, ""), { cwd: PACKAGE_FOLDER }).length === 0)
      .map((one) => `there is no ${one}`),
  );
}

const SCRIPTS = (JSON.parse(readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8")) as { scripts: object }).scripts;

export function faultsOfScripts(text: string): string[] {
  const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)]
    .filter(([, name = ""]) => !(name in SCRIPTS))
    .map(([, name]) => `npm run ${name} is no script of package.json`);
  const capabilities = [...text.matchAll(/npm run accept -- ([a-z]+)/g)]
    .filter(([, name]) => globSync(`bench/accept/capabilities/${name}*`, { cwd: PACKAGE_FOLDER }).length === 0)
    .map(([, name]) => `npm run accept knows no ${name}`);
  return [...scripts, ...capabilities];
}
