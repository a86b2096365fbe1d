import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file as npm packed it. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

const MUST_HAVE = [
  "package.json",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  "node.sha256",
  "oclif.manifest.json",
  "bin/run.js",
  "bin/combot",
  "bin/cli.js",
  "bin/daemon.js",
  "bin/alone.js",
  "dist/daemon/main.js",
  "dist/daemon/workers/child.js",
  "dist/daemon/LICENSES.txt",
  "dist/lib/client.js",
  "dist/lib/client/combot-client.js",
  "dist/lib/client/combot-client.d.ts",
  "templates/perf-report/page.eta",
  "models/shop-intents/config.json",
  "clients/python/pyproject.toml",
  "clients/python/combot/__init__.py",
  "clients/python/combot/py.typed",
];
/** Where a file of the package may lie. */
const PLACES =
  /^(?:bin|deploy|dist|models|templates|docs|man|clients\/python)\/|^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|node\.sha256|oclif\.manifest\.json)$/;
/** What no folder of it may hold. */
const STRANGERS = /(?:^|\/)(?:\.env|\.git|node_modules|test|coverage)(?:\/|$)|\.(?:ts|tsbuildinfo|map|log|db|pem|key)$/;
/** Types, and examples that pages show. */
const TYPES = /\.d\.ts$|^docs\/examples\//;
/** The CPU's onnxruntime, which the build puts there and which looks for itself in such a folder. */
const RUNTIME = /^dist\/node_modules\/onnxruntime-node\//;
const LARGEST_BYTES = 64 * 2 ** 20;
const LAUNCHERS = ["bin/run.js", "bin/combot"];
const TEXT = /\.(?:js|json|md|eta|css|svg|yml|txt)$/;

/**
 * What is missing from the package, or should not be in it.
 *
 * @param folder of the project, built.
 */
export function packageFaults(files: readonly PackedFile[], folder: string, version: string): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const commands = [...paths].filter((path) => /^dist\/commands\/.*\.js$/.test(path));
  const manifest = JSON.parse(readFileSync(join(folder, "oclif.manifest.json"), "utf8")) as {
    version: string;
    commands: Readonly<Record<string, unknown>>;
  };
  return [
    ...MUST_HAVE.filter((path) => !paths.has(path)).map((path) => `${path} is not in the package`),
    ...[...paths].filter((path) => !PLACES.test(path)).map((path) => `${path} has no business in the package`),
    ...[...paths]
      .filter((path) => STRANGERS.test(path.replace(RUNTIME, "")) && !TYPES.test(path))
      .map((path) => `${path} has no business in the package`),
    ...files.filter(({ size }) => size > LARGEST_BYTES).map(({ path, size }) => `${path} has ${size} bytes`),
    ...files
      .filter(({ path, mode }) => LAUNCHERS.includes(path) && (mode & 0o111) === 0)
      .map(({ path }) => `${path} can't be run`),
    ...commands
      .filter((path) => !existsSync(sourceOf(folder, path)))
      .map((path) => `${path} has no source: npm run build`),
    ...Object.keys(manifest.commands)
      .map((id) => `dist/commands/${id.replaceAll(":", "/")}`)
      .filter((path) => !paths.has(`${path}.js`) && !paths.has(`${path}/index.js`))
      .map((path) => `${path}.js, a command of the manifest, is not in the package`),
    ...(manifest.version === version ? [] : [`oclif.manifest.json is ${manifest.version}'s: npm run build`]),
    ...files.filter(({ path }) => TEXT.test(path)).flatMap(({ path }) => placeFaults(folder, path)),
  ];
}

function sourceOf(folder: string, path: string): string {
  return join(folder, path.replace(/^dist/, "src").replace(/\.js$/, ".ts"));
}

/** Where it was built is nobody's business, and nowhere else's path. */
function placeFaults(folder: string, path: string): string[] {
  const file = join(folder, path);
  return existsSync(file) && readFileSync(file, "utf8").includes(folder) ? [`${path} names ${folder}`] : [];
}
